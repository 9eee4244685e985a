"""Kinds of values, by name: what is worth trying with every function."""
import math

import numpy

INF, NAN = math.inf, math.nan
PI = math.pi
F32 = numpy.finfo(numpy.float32)
F64 = numpy.finfo(numpy.float64)

# Values of floating-point numbers by kind; what f32 alone cannot hold is in WIDER.
FLOATS = {
    "plain": [0.1, -0.3, 0.7, 1.0, -1.5, 2.5, -3.7, 4.2, 0.01, -0.9, 11.0, -20.3],
    "edges": [0.0, -0.0, INF, -INF, NAN, 1.0, -1.0, 0.5, float(F32.smallest_subnormal), float(F32.tiny), float(-F32.tiny), float(F32.max), float(-F32.max)],
    "finite": [0.0, -0.0, 1.0, -1.0, 2.0, -2.0, float(F32.tiny), -1e-40, 1e30, -1e30, float(F32.max), 0.5, 3.0],
    "signs": [0.0, -0.0, -1.0, -0.0, 1.0, -0.0],
    "nans": [1.0, NAN, -2.0, 0.0, 3.0, NAN, INF, -0.0, 0.5],
    "infs": [1.0, INF, -2.0, 0.0, -INF, 3.0, -0.0],
    "floor": [-INF, -INF, 0.5, -INF, -3.0],
    "lowest": [-INF],
    "nothing": [NAN],
    "huge": [1e19, -1e19, 3e38, -3e38, 1.7e19, 2e20, -5e25, 1e30, 3.3e38],
    "tiny": [1e-30, -1e-30, 1.2e-38, -1e-40, 3e-45, 7e-23, 2e-19, 5e-39, -1e-44],
    "large": [9.7e18, 1.01e19, 1e19, 1.02e19, 9.9e18, 1.005e19],
    "small": [1e-30, 1.1e-30, 0.9e-30, 1.05e-30, 1.3e-30],
    "cancel": [1e8, 1.0, -1e8, 3.0, 1e7, -1e7, 0.125, 16777216.0, 1.5],
    "near": [1e7, 1e7 + 1.0, 1e7 + 3.0, 1e7 - 2.0],
    "rows": [5000.0, 5000.0, 4999.0, -INF, 5001.5],
    "constant": [0.1],
    "angles": [PI, 2 * PI, 3 * PI / 2, 10 * PI, 100 * PI, 355.0, -22.0, PI / 2, 710.0, 3000 * PI, 9999.0, 1e4, 10001.0, 1e5, 1e6, 1e7, -1e10, 1e15, 1e22, 1e30, -3e38, PI / 4, 1e-5],
    "near1": [1.0, 1.0 + float(F32.eps), 1.0 - float(F32.epsneg), 0.999, 1.001, 0.75, 1.25, -1.0, -0.999, 1.5, 0.70710678, 1.41421356],
    "exponents": [88.0, 88.7, 88.73, 89.0, 103.0, 104.5, -87.0, -87.4, -88.0, -95.0, -103.0, -103.9, -104.0, -105.0, 127.0, 128.0, -126.0, -127.5, -149.0, -150.5, 20.0, 20.001, 9.0, -9.0, 200.0, -200.0],
    "halves": [0.5, -0.5, 1.5, -1.5, 2.5, 3.5, 0.49999997, -0.49999997, 8388607.5, -8388607.5, 8388609.0, 4194304.5, 1e10, -0.1, 0.9],
    "whole": [0.0, 1.0, -1.0, 255.0, 256.0, 127.0, -128.0, 65536.0, 16777216.0, 16777217.0, 2147483520.0, -2147483648.0, 1.9, -1.9, 0.5],
    "long": [0.0, 2147483648.0, -2147483904.0, 4294967296.0, 1e15, 9.2e18, -9223372036854775808.0, 0.9, -0.9],
    "bytes": [0.0, 1.0, 255.0, 127.5, 128.0, 0.9, 3.999],
    "powers": [0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0, 0.5, -0.5, 1.5, INF, -INF, NAN, 0.3333333333333333, 100.0, -100.0, 16777217.0, 1e10],
    "bases": [0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, INF, -INF, NAN, 1e-40, -1e-40, 1e30, -1e30, 1.0000001, 3.7],
    "divisors": [1.0, -1.0, 2.0, -2.0, 0.1, 3.0, -0.3, 1e-30, 1e30, 7.5, -7.0],
}
WIDER = {
    "edges": [5e-324, float(F64.tiny), float(F64.max), float(-F64.max)],
    "finite": [1e300, -1e300, 1e-310],
    "huge": [1e300, -1e300, 1.7e308, 1e155, -1e200],
    "tiny": [1e-300, -1e-310, 5e-324, 1e-160],
    "cancel": [1e16, -1e16, 1e17],
    "angles": [1e300, 1.7e308, 5e5, 999999.0, 1000001.0, 2.0**52],
    "near1": [1.0 + float(F64.eps), 1.0 - float(F64.epsneg), 1.0000001, 0.9999999],
    "exponents": [709.0, 709.78, 709.79, 710.0, 710.5, -708.0, -708.5, -720.0, -744.0, -745.1, -745.2, -746.0, 1023.0, 1024.0, -1022.5, -1074.0, -1075.5, 700.0, 701.0],
    "halves": [4503599627370495.5, 2251799813685248.5, 0.49999999999999994, 4503599627370497.0, 1e300],
    "whole": [2147483647.0, 16777217.5, 2147483646.5],
    "long": [9007199254740993.0, 9223372036854774784.0],
    "powers": [9007199254740993.0, 1000.0, -1000.0],
    "bases": [1e-310, 1e300, 1.0000000000000002],
}
WHOLE = {
    "plain": [1, 2, 3, -4, 5, 7, -9, 10, 100],
    "edges": [0, 1, -1, 2, -2, "min", "max", "min+1", "max-1", 3, 100],
    "finite": [0, 1, -1, 7, -7, "max", 12, -5],
    "signs": [0, -1, 1],
    "divisors": [1, 2, 3, -3, 7, -7, 10, "max", 5],
    "powers": [0, 1, 2, 3, 5, 8, 31, 62],
    "bases": [0, 1, -1, 2, -2, 3, 10, "min", "max"],
    "cancel": ["max", "min", 1, -1],
    "whole": [0, 1, 255, 256, -1, -128, 65536, 16777217, "max", "min"],
    "constant": [3],
    "huge": ["max", "max-1", 1000000],
}
LIMITS = {"u8": (0, 255), "i32": (-2**31, 2**31 - 1), "i64": (-2**63, 2**63 - 1)}


def kind(name, dtype):
    """The name of a kind and its elements in a dtype."""
    if dtype == "bool":
        return name, [True, False, False]
    if dtype in LIMITS:
        low, high = LIMITS[dtype]
        named = {"min": low, "max": high, "min+1": low + 1, "max-1": high - 1}
        made = [named.get(value, value) for value in WHOLE.get(name, WHOLE["edges"])]
        return name, [value for value in made if low <= value <= high]
    return name, FLOATS[name] + (WIDER.get(name, []) if dtype == "f64" else [])
