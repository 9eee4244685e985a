#!/usr/bin/env python3
"""Writes cases.txt: what PyTorch answers, for the test `more` to compare with.

    pip install torch==2.15.0 numpy
    python make.py > cases.txt

A line `input;NAME;TENSOR` names a tensor, written `dtype:shape:values`. A line `OPERATION;ARGUMENTS;NAMES;RESULTS` has results that
are written so, too. A line `grad OPERATION;…` has the gradients of the sum of all floating-point results, each element times
sin(0.7·i) + 0.3, by each floating-point input. What PyTorch refuses is left out.
"""
import math

import torch
import torch.nn.functional as F

torch.set_num_threads(1)
NAMES = {torch.float32: "f32", torch.float64: "f64", torch.int64: "i64", torch.int32: "i32", torch.uint8: "u8", torch.bool: "bool"}
DTYPES = {name: dtype for dtype, name in NAMES.items()}
INPUTS = {}
inf, nan = math.inf, math.nan


def number(value, dtype):
    if dtype == torch.float32 and math.isfinite(value):
        return f"{value:.9g}".replace("e+", "e")
    return repr(int(value) if isinstance(value, bool) else value)


def written(x):
    x = x.detach()
    if x.dtype not in NAMES:
        raise TypeError(x.dtype)
    flat = x.contiguous().reshape(-1).tolist()
    return f"{NAMES[x.dtype]}:{'x'.join(map(str, x.shape))}:{' '.join(number(v, x.dtype) for v in flat)}"


def give(name, values, *dtypes, shape=None):
    for dtype in dtypes:
        x = torch.tensor(values, dtype=DTYPES[dtype])
        x = x if shape is None else x.reshape(shape)
        INPUTS[f"{name}.{dtype}"] = x
        print(f"input;{name}.{dtype};{written(x)}")


def listed(results):
    return [results] if isinstance(results, torch.Tensor) else list(results)


def case(op, call, names, *args, grad=None):
    inputs = [INPUTS[name] for name in names]
    written_args = " ".join(",".join(map(str, a)) if isinstance(a, (list, tuple)) else str(a) for a in args)
    try:
        results = listed(call(*[x.clone() for x in inputs]))
        line = "|".join(map(written, results))
    except (RuntimeError, IndexError, ValueError, TypeError, NotImplementedError, ZeroDivisionError):
        return
    print(f"{op};{written_args};{' '.join(names)};{line}")
    if grad is None:
        return
    leaves = [x.clone().requires_grad_(True) if x.is_floating_point() else x for x in inputs]
    results = [r for r in listed(call(*leaves)) if r.requires_grad]
    loss = sum((r * (torch.sin(torch.arange(r.numel(), dtype=torch.float64) * 0.7) + 0.3).reshape(r.shape).to(r.dtype)).sum() for r in results)
    loss.backward()
    # A gradient of zeros may have no memory: the sum has.
    gradients = [torch.zeros_like(x) if x.grad is None else torch.zeros_like(x) + x.grad for x in leaves if x.is_floating_point()]
    print(f"grad {op};{written_args};{' '.join(names)};{'|'.join(map(written, gradients))}")


def method(name, *args, **kwargs):
    return lambda x, *rest: getattr(x, name)(*rest, *args, **kwargs)


FLOATS = ("f32", "f64")
give("edges", [0.0, -0.0, inf, -inf, nan, 1, -1, 0.5, -0.5, 2, -2, 3, -3, 6, 1e-40, 1e-10, -1e-10, 0.25, -1.5, -2.5, 20, 21, -20, 100, -100, 1e30, -1e30], *FLOATS)
give("plain", [0.1, -0.3, 0.7, 1.2, -1.7, 2.6, -3.4, 4.3, 0.01, -0.9, 7.7, -12.3], *FLOATS)
give("between", [0.1, 0.3, 0.7, 0.95, 0.5, 0.001, 0.9999], *FLOATS)
give("above", [1.1, 1.5, 2.5, 7.0, 30.0, 1.0001], *FLOATS)
give("counts", [0, 1, 2, 3, -4, 5, -7, 10], "i64", "i32")
give("bytes", [0, 1, 2, 3, 200, 255], "u8")
give("truths", [True, False, True], "bool")

# Functions of one tensor.
UNARY = "acosh asinh atanh erf erfc erfinv lgamma digamma i0 sinc frac deg2rad rad2deg logit angle nan_to_num absolute sgn negative arccos arccosh arcsin arcsinh arctan arctanh fix signbit isposinf isneginf isreal positive bitwise_not".split()
SMOOTH = {"acosh": "above", "arccosh": "above", "atanh": "between", "arctanh": "between", "erfinv": "between", "logit": "between", "arccos": "between", "arcsin": "between"}
for name in UNARY:
    call = getattr(torch, name)
    for given in ("edges.f32", "edges.f64", "plain.f32", "counts.i64", "truths.bool", "bytes.u8"):
        case(name, call, [given])
    if name not in ("signbit", "isposinf", "isneginf", "isreal", "bitwise_not"):
        case(name, call, [f"{SMOOTH.get(name, 'plain')}.f64"], grad=True)
ACTIVATIONS = {
    "relu6": F.relu6, "hardtanh": F.hardtanh, "hardsigmoid": F.hardsigmoid, "hardswish": F.hardswish, "leaky_relu": F.leaky_relu, "rrelu": F.rrelu,
    "elu": F.elu, "selu": F.selu, "celu": F.celu, "mish": F.mish, "logsigmoid": F.logsigmoid, "softsign": F.softsign, "tanhshrink": F.tanhshrink,
    "softshrink": F.softshrink, "hardshrink": F.hardshrink, "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
}
give("kinks", [-3.0, 3.0, 0.0, 6.0, 0.5, -0.5, 1.0, -1.0, 10.0, 2.9, -2.9], "f64")
for name, call in ACTIVATIONS.items():
    case(name, call, ["edges.f32"])
    case(name, call, ["edges.f64"])
    case(name, call, ["plain.f64"], grad=True)
    case(name, call, ["kinks.f64"], grad=True)
for name, call, args in [
    ("leaky_relu_slope", lambda x: F.leaky_relu(x, 0.2), [0.2]), ("elu_alpha", lambda x: F.elu(x, 0.7), [0.7]), ("celu_alpha", lambda x: F.celu(x, 0.7), [0.7]),
    ("softplus_beta", lambda x: F.softplus(x, 2.0, 5.0), [2.0, 5.0]), ("softshrink_lambda", lambda x: F.softshrink(x, 1.0), [1.0]),
    ("hardshrink_lambda", lambda x: F.hardshrink(x, 1.0), [1.0]), ("threshold", lambda x: F.threshold(x, 0.5, -2.0), [0.5, -2.0]),
    ("hardtanh_between", lambda x: F.hardtanh(x, -2.0, 3.0), [-2.0, 3.0]), ("logit_eps", lambda x: torch.logit(x, 0.1), [0.1]),
    ("nan_to_num_with", lambda x: torch.nan_to_num(x, 1.5, 9.0, -9.0), [1.5, 9.0, -9.0]),
]:
    for given in ("edges.f32", "edges.f64"):
        case(name, call, [given], *args)
    case(name, call, ["between.f64" if name == "logit_eps" else "plain.f64"], *args, grad=True)
    case(name, call, ["kinks.f64"], *args, grad=True)
for n in range(4):
    case("polygamma", lambda x: torch.polygamma(n, x), ["above.f64"], n, grad=True)
    case("polygamma", lambda x: torch.polygamma(n, x), ["between.f32"], n)
give("poles", [0.0, -0.0, inf, -inf, nan, 1, 0.5, 2.5, 0.25, -1.5, -2.5, 20, 1e30], "f64")
for n in (0, 1):
    case("polygamma", lambda x: torch.polygamma(n, x), ["poles.f64"], n)
for p in (1, 2, 3):
    case("mvlgamma", lambda x: torch.mvlgamma(x, p), ["above.f64"], p, grad=True)
case("glu", lambda x: F.glu(x, 0), ["plain.f64"], 0, grad=True)

# Functions of two tensors.
PAIRS = [0.0, -0.0, inf, -inf, nan, 1.0, -1.0, 2.5, -2.5, 1e-3, 1e30]
give("left", [a for a in PAIRS for _ in PAIRS], *FLOATS)
give("right", [b for _ in PAIRS for b in PAIRS], *FLOATS)
give("a", [0.7, -1.2, 2.5, 3.1, -0.4, 1.9], *FLOATS, shape=[2, 3])
give("b", [1.3, 0.6, -2.2], *FLOATS)
give("p", [0.7, 1.2, 2.5, 3.1, 0.4, 1.9], *FLOATS, shape=[2, 3])
give("q", [1.3, 0.6, 2.2], *FLOATS)
give("m", [6, -4, 0, 9, 12, -15], "i64", "i32", shape=[2, 3])
give("n", [4, 6, 3], "i64", "i32", "u8")
give("shifts", [0, 1, 5, 63, 64, -1, 31, 32], "i64", "i32")
give("numbers", [1, -1, 7, -8, 3, 5, 1000, -1000], "i64", "i32")
give("t", [True, False, True], "bool")
BINARY = "atan2 arctan2 hypot copysign nextafter logaddexp logaddexp2 xlogy fmod fmax fmin heaviside ldexp float_power subtract multiply divide true_divide not_equal less less_equal greater greater_equal bitwise_and bitwise_or bitwise_xor gcd lcm clamp_min clamp_max".split()
for name in BINARY:
    call = (lambda name: lambda x, y: getattr(torch, name)(x, y))(name)
    for pair in (["left.f32", "right.f32"], ["left.f64", "right.f64"], ["a.f32", "b.f64"], ["a.f32", "n.i64"], ["m.i64", "n.i64"], ["m.i64", "n.i32"], ["m.i32", "n.u8"], ["t.bool", "t.bool"], ["m.i64", "b.f32"]):
        case(name, call, pair)
    if name.split("_")[0] in ("nextafter", "heaviside", "bitwise", "gcd", "lcm", "not", "less", "greater"):
        continue
    pair = ["p.f64", "q.f64"] if name in ("xlogy", "float_power") else ["a.f64", "b.f64"]
    case(name, call, pair, grad=True)
give("zeros", [0.0, 0.0, 1.0, nan, 2.0, 2.0], "f64")
give("others", [0.0, 2.0, 0.0, 1.0, nan, 2.0], "f64")
for name in ("copysign", "hypot", "xlogy", "fmax", "fmin", "logaddexp", "fmod"):
    case(name, getattr(torch, name), ["zeros.f64", "others.f64"], grad=True)
for name in ("bitwise_left_shift", "bitwise_right_shift"):
    for dtype in ("i64", "i32"):
        case(name, getattr(torch, name), [f"numbers.{dtype}", f"shifts.{dtype}"])
give("w0", [0.3], "f64", shape=[])
give("w1", [0.8], "f64", shape=[])
give("w", [0.1, 0.5, 0.9], *FLOATS)
for weight in ("w0.f64", "w1.f64", "w.f64"):
    case("lerp", torch.lerp, ["a.f64", "b.f64", weight], grad=True)
case("lerp", torch.lerp, ["left.f32", "right.f32", "right.f32"])
case("addcmul", torch.addcmul, ["a.f64", "b.f64", "p.f64"], grad=True)
case("addcdiv", torch.addcdiv, ["a.f64", "b.f64", "p.f64"], grad=True)
case("addcmul_scaled", lambda x, y, z: torch.addcmul(x, y, z, value=0.5), ["a.f64", "b.f64", "p.f64"], 0.5, grad=True)
case("addcdiv_scaled", lambda x, y, z: torch.addcdiv(x, y, z, value=0.5), ["a.f64", "b.f64", "p.f64"], 0.5, grad=True)
case("addcmul", torch.addcmul, ["m.i64", "n.i64", "m.i64"])
case("frexp", torch.frexp, ["edges.f32"])
case("frexp", torch.frexp, ["edges.f64"])
case("frexp", torch.frexp, ["plain.f64"], grad=True)
give("weight1", [0.25], "f64")
give("weight3", [0.25, -0.5, 0.1], "f64")
give("channels", [0.5, -1.0, 0.0, -0.0, 2.0, -3.0, inf, 1.0, -2.0, 4.0, -0.1, 0.3], "f64", shape=[2, 3, 2])
for weight in ("weight1.f64", "weight3.f64"):
    case("prelu", F.prelu, ["channels.f64", weight], grad=True)

# Shapes.
give("cube", [0.3, 1.1, -2.0, 4.5, 0.9, -1.3, 2.2, 5.1, -0.7, 3.3, 1.8, -4.2, 0.4, 2.9, -1.1, 0.8, 1.6, -3.7], "f64", shape=[2, 3, 3])
give("square", [1.5, -2.0, 0.5, 3.0, 4.0, -1.0, 2.5, 0.25, 6.0], "f64", shape=[3, 3])
give("wide", list(range(12)), "i64", shape=[3, 4])
for args in ([0, 0, 1], [1, 0, 1], [-1, 0, 1], [1, 1, 2], [0, 2, 0], [5, 0, 1], [-2, -1, -2]):
    case("diagonal_dims", lambda x: torch.diagonal(x, *args), ["cube.f64"], *args, grad=True)
case("diagonal", torch.diagonal, ["wide.i64"])
case("diagonal_offset", lambda x: torch.diagonal(x, 2), ["wide.i64"], 2)
for args in ([0, -2, -1], [1, -2, -1], [-2, 0, 1], [1, 0, -1]):
    case("diag_embed_dims", lambda x: torch.diag_embed(x, *args), ["square.f64"], *args, grad=True)
case("diag_embed", torch.diag_embed, ["wide.i64"])
case("diagflat", torch.diagflat, ["square.f64"], grad=True)
case("diagflat_offset", lambda x: torch.diagflat(x, -1), ["b.f64"], -1)
case("trace", torch.trace, ["square.f64"], grad=True)
case("trace", torch.trace, ["wide.i64"])
case("diagonal_scatter", torch.diagonal_scatter, ["square.f64", "b.f64"], grad=True)
give("two", [7.0, 8.0], "f64")
case("diagonal_scatter_dims", lambda x, y: torch.diagonal_scatter(x, y, 1), ["square.f64", "two.f64"], 1, 0, 1, grad=True)
case("select_scatter", lambda x, y: torch.select_scatter(x, y, 1, -1), ["square.f64", "b.f64"], 1, -1, grad=True)
give("pair", [7.0, 8.0, 9.0, 1.0, 2.0, 3.0], "f64", shape=[2, 3])
case("slice_scatter", lambda x, y: torch.slice_scatter(x, y, 0, 1, 3), ["square.f64", "pair.f64"], 0, 1, 3, 1, grad=True)
case("slice_scatter", lambda x, y: torch.slice_scatter(x, y, 0, 0, 3, 2), ["square.f64", "pair.f64"], 0, 0, 3, 2, grad=True)
for name, amounts in (("tril_diagonal", torch.tril), ("triu_diagonal", torch.triu)):
    for k in (-5, -1, 0, 1, 5):
        case(name, lambda x: amounts(x, k), ["cube.f64"], k, grad=True)
for shift in (0, 1, -1, 5, 100):
    case("roll", lambda x: torch.roll(x, shift), ["wide.i64"], shift)
case("roll_dim", lambda x: torch.roll(x, (1, -1), (0, 2)), ["cube.f64"], [1, -1], [0, 2], grad=True)
case("roll_dim", lambda x: torch.roll(x, (1, 1), (1, 1)), ["wide.i64"], [1, 1], [1, 1])
for k in (-1, 0, 1, 2, 3, 5):
    case("rot90_dims", lambda x: torch.rot90(x, k, (0, 1)), ["wide.i64"], k, 0, 1)
    case("rot90_dims", lambda x: torch.rot90(x, k, (2, 0)), ["cube.f64"], k, 2, 0, grad=True)
case("rot90", torch.rot90, ["wide.i64"])
case("fliplr", torch.fliplr, ["wide.i64"])
case("flipud", torch.flipud, ["b.f64"])
for parts in (1, 2, 3, 5):
    case("tensor_split_dim", lambda x: torch.tensor_split(x, parts, 1), ["wide.i64"], parts, 1)
for cuts in ([1], [1, 3], [0, 4], [2, 1], [-1], [1, 100]):
    case("tensor_split_list", lambda x: torch.tensor_split(x, cuts, 1), ["wide.i64"], cuts, 1)
case("hsplit", lambda x: torch.hsplit(x, 2), ["wide.i64"], 2)
case("vsplit", lambda x: torch.vsplit(x, 3), ["wide.i64"], 3)
case("dsplit", lambda x: torch.dsplit(x, 3), ["cube.f64"], 3, grad=True)
case("split_with_sizes_dim", lambda x: torch.split_with_sizes(x, [1, 3], 1), ["wide.i64"], [1, 3], 1)
give("times", [2, 0, 3], "i64")
case("repeat_interleave", lambda x: torch.repeat_interleave(x, 2), ["cube.f64"], 2, grad=True)
case("repeat_interleave_list", lambda x, r: torch.repeat_interleave(x, r, 0), ["wide.i64", "times.i64"], 0)
case("repeat_interleave_list", lambda x, r: torch.repeat_interleave(x, r, 1), ["cube.f64", "times.i64"], 1, grad=True)
give("nothing", [], "f64", shape=[0])

# Writing by position.
give("index", [[0, 1, 1], [2, 0, 2]], "i64")
give("index_few", [[0, 1], [2, 0]], "i64")
give("source", [[1.5, 2.0, -3.0], [0.0, 5.0, 0.5], [7.0, 8.0, 9.0]], "f64")
give("source.whole", [[1, 2, -3], [4, 5, 6]], "i64")
give("target.whole", [[7, 8, 9], [1, 2, 3], [4, 5, 6]], "i64")
for dim in (0, 1):
    case("scatter", lambda x, i, s: torch.scatter(x, dim, i, s), ["square.f64", "index_few.i64", "source.f64"], dim)
    case("scatter_add", lambda x, i, s: torch.scatter_add(x, dim, i, s), ["square.f64", "index.i64", "source.f64"], dim, grad=None)
    case("scatter_add", lambda x, i, s: torch.scatter_add(x, dim, i, s[:2]), ["square.f64", "index.i64", "source.f64"], dim, grad=True)
    case("scatter_add", lambda x, i, s: torch.scatter_add(x, dim, i, s), ["target.whole.i64", "index.i64", "source.whole.i64"], dim)
    for reduce in ("sum", "prod", "mean", "amax", "amin"):
        for included, name in ((True, "scatter_reduce"), (False, "scatter_reduce_alone")):
            call = lambda x, i, s: torch.scatter_reduce(x, dim, i, s[:2], reduce, include_self=included)
            case(name, call, ["square.f64", "index.i64", "source.f64"], dim, reduce, grad=True)
            case(name, call, ["target.whole.i64", "index.i64", "source.whole.i64"], dim, reduce)
give("scattered", [0.0, 2.0, 2.0], "f64")
give("ties", [2.0, 2.0, 0.0, 0.0, 5.0], "f64")
give("places", [1, 1, 0, 0, 2], "i64")
for reduce in ("prod", "mean", "amax", "amin"):
    for included, name in ((True, "scatter_reduce"), (False, "scatter_reduce_alone")):
        case(name, lambda x, i, s: torch.scatter_reduce(x, 0, i, s, reduce, include_self=included), ["scattered.f64", "places.i64", "ties.f64"], 0, reduce, grad=True)
case("scatter_value", lambda x, i: torch.scatter(x, 1, i, 1.5), ["square.f64", "index.i64"], 1, 1.5, grad=True)
give("rows", [2, 0, 2], "i64")
give("columns", [1, 0], "i64")
give("narrow", [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], "f64")
case("index_add", lambda x, i, s: torch.index_add(x, 0, i, s), ["square.f64", "rows.i64", "source.f64"], 0, grad=True)
case("index_add", lambda x, i, s: torch.index_add(x, 1, i, s), ["square.f64", "columns.i64", "narrow.f64"], 1, grad=True)
case("index_add", lambda x, i, s: torch.index_add(x.t(), 1, i, s), ["square.f64", "columns.i64", "narrow.f64"], 1, "turned", grad=True)
case("index_add_scaled", lambda x, i, s: torch.index_add(x, 0, i, s, alpha=-2), ["square.f64", "rows.i64", "source.f64"], 0, -2, grad=True)
for reduce in ("prod", "mean", "amax", "amin"):
    for included, name in ((True, "index_reduce"), (False, "index_reduce_alone")):
        case(name, lambda x, i, s: torch.index_reduce(x, 0, i, s, reduce, include_self=included), ["square.f64", "rows.i64", "source.f64"], 0, reduce, grad=True)
case("index_copy", lambda x, i, s: torch.index_copy(x, 1, i, s), ["square.f64", "columns.i64", "narrow.f64"], 1, grad=True)
give("value", [9.5], "f64", shape=[])
case("index_fill", lambda x, i, v: torch.index_fill(x, 1, i, v), ["square.f64", "columns.i64", "value.f64"], 1, grad=True)
case("index_put", lambda x, i, v: torch.index_put(x, (i,), v), ["square.f64", "columns.i64", "pair.f64"], grad=True)
case("index_put", lambda x, i, v: torch.index_put(x, (i,), v), ["square.f64", "columns.i64", "value.f64"], grad=True)
case("index_put_accumulate", lambda x, i, v: torch.index_put(x, (i,), v, accumulate=True), ["square.f64", "rows.i64", "source.f64"], grad=True)
case("index_put_accumulate", lambda x, i, v: torch.index_put(x, (i,), v, accumulate=True), ["square.f64", "rows.i64", "b.f64"], grad=True)
give("mask", [[True, False, True], [False, True, True], [False, False, False]], "bool")
give("mask_row", [True, False, True], "bool")
case("masked_scatter", torch.masked_scatter, ["square.f64", "mask.bool", "source.f64"], grad=True)
case("masked_scatter", torch.masked_scatter, ["square.f64", "mask_row.bool", "source.f64"], grad=True)
give("flat", [[8, 0], [4, -1]], "i64")
give("four", [[1.0, 2.0], [3.0, 4.0]], "f64")
case("put", lambda x, i, s: x.put(i, s), ["square.f64", "columns.i64", "two.f64"], grad=True)
case("put_accumulate", lambda x, i, s: x.put(i, s, accumulate=True), ["square.f64", "flat.i64", "four.f64"], grad=True)
case("take", torch.take, ["square.f64", "flat.i64"], grad=True)
give("along", [[2], [0], [1]], "i64")
case("take_along_dim", lambda x, i: torch.take_along_dim(x, i, 1), ["square.f64", "along.i64"], 1, grad=True)

# Reductions.
give("ranks", [[3.0, 1.0, 2.0, 5.0], [4.0, nan, 0.5, -1.0], [nan, nan, nan, nan], [-0.0, 7.0, inf, -inf]], *FLOATS)
give("distinct", [[3.0, 1.0, 2.0, 5.5], [4.0, 0.25, 0.5, -1.0]], "f64")
give("repeated", [[3, 1, 3, 1, 2], [2, 2, 2, 1, 1], [5, 4, 3, 2, 1]], "i64", "i32")
give("equal", [2.0, 1.0, 2.0, 3.0, 2.0], "f64")
for given in ("ranks.f32", "ranks.f64", "distinct.f64", "repeated.i64", "equal.f64"):
    gradient = True if given in ("distinct.f64", "equal.f64") else None
    for name in ("median", "nanmedian"):
        case(name, getattr(torch, name), [given], grad=gradient)
    for name in ("nansum", "nanmean"):
        case(name, getattr(torch, name), [given], grad=gradient)
    case("aminmax", torch.aminmax, [given], grad=gradient)
    if given != "equal.f64":
        for dim in (0, 1):
            for name in ("median", "nanmedian"):
                case(f"{name}_dim", lambda x: getattr(torch, name)(x, dim)[0], [given], dim, grad=True if given == "distinct.f64" else None)
            case("kthvalue_dim", lambda x: torch.kthvalue(x, 2, dim)[0], [given], 2, dim, grad=True if given == "distinct.f64" else None)
            if given.startswith(("repeated", "distinct")):
                case("mode_dim", lambda x: torch.mode(x, dim), [given], dim, grad=True if given == "distinct.f64" else None)
            for name in ("nansum", "nanmean"):
                case(f"{name}_dim", lambda x: getattr(torch, name)(x, dim), [given], dim, grad=gradient)
            case("aminmax_dim", lambda x: torch.aminmax(x, dim=dim), [given], dim, grad=gradient)
            for name in ("cummax", "cummin"):
                case(name, lambda x: getattr(torch, name)(x, dim), [given], dim, grad=gradient)
            case("logcumsumexp", lambda x: torch.logcumsumexp(x, dim), [given], dim, grad=gradient)
            case("diff_dim", lambda x: torch.diff(x, dim=dim), [given], dim, grad=gradient)
            case("msort", torch.msort, [given])
case("logcumsumexp", lambda x: torch.logcumsumexp(x, 0), ["edges.f64"], 0)
case("logcumsumexp", lambda x: torch.logcumsumexp(x, 0), ["cube.f64"], 0, grad=True)
case("cummax", lambda x: torch.cummax(x, 0), ["equal.f64"], 0, grad=True)
case("cummin", lambda x: torch.cummin(x, 0), ["truths.bool"], 0)
case("diff", torch.diff, ["truths.bool"])
case("diff_n", lambda x: torch.diff(x, 2, 1), ["repeated.i64"], 2, 1)
case("median", torch.median, ["nothing.f64"])
give("shares", [0.0, 0.1, 0.5, 0.75, 1.0], *FLOATS)
give("half", [0.5], *FLOATS, shape=[])
for name in ("quantile", "nanquantile"):
    for dtype in FLOATS:
        case(name, getattr(torch, name), [f"ranks.{dtype}", f"shares.{dtype}"])
        case(name, getattr(torch, name), [f"distinct.f64", f"half.f64"])
        for dim in (0, 1):
            case(f"{name}_dim", lambda x, q: getattr(torch, name)(x, q, dim), [f"ranks.{dtype}", f"shares.{dtype}"], dim)
            case(f"{name}_keepdim", lambda x, q: getattr(torch, name)(x, q, dim, True), [f"ranks.{dtype}", f"shares.{dtype}"], dim)
            case(f"{name}_keepdim", lambda x, q: getattr(torch, name)(x, q, dim, True), [f"ranks.{dtype}", f"half.{dtype}"], dim)
    case(f"{name}_dim", lambda x, q: getattr(torch, name)(x, q, 1), ["distinct.f64", "half.f64"], 1, grad=True)
    case(f"{name}_dim", lambda x, q: getattr(torch, name)(x, q, -2), ["cube.f64", "shares.f64"], -2)
    for interpolation in ("linear", "lower", "higher", "nearest", "midpoint"):
        case(f"{name}_interpolated", lambda x, q: getattr(torch, name)(x, q, 1, interpolation=interpolation), ["ranks.f64", "shares.f64"], 1, interpolation)

# Counting.
give("grades", [0.0, 0.1, 0.5, 0.99, 1.0, 1.0, 2.5, 4.0, -1.0, 3.999], *FLOATS)
for dtype in FLOATS:
    case("histc", lambda x: torch.histc(x, 5), [f"grades.{dtype}"], 5)
    case("histc_between", lambda x: torch.histc(x, 4, 0, 4), [f"grades.{dtype}"], 4, 0, 4)
    case("histogram", lambda x: torch.histogram(x, 5), [f"grades.{dtype}"], 5)
    case("histogram_between", lambda x: torch.histogram(x, 4, range=(0.0, 4.0)), [f"grades.{dtype}"], 4, 0, 4)
    case("histogram_edges", lambda x, e: torch.histogram(x, e), [f"grades.{dtype}", f"shares.{dtype}"])
give("classes", [1, 3, 1, 0, 3, 3], "i64", "u8")
give("weights", [0.5, 1.0, 0.25, 2.0, 1.5, 0.1], *FLOATS)
case("bincount", torch.bincount, ["classes.i64"])
case("bincount", torch.bincount, ["classes.u8"])
case("bincount_minlength", lambda x: torch.bincount(x, minlength=6), ["classes.i64"], 6)
case("bincount_weights", torch.bincount, ["classes.i64", "weights.f32"])
case("bincount_weights", torch.bincount, ["classes.i64", "weights.f64"])
give("values", [[3, 1, 3], [1, 1, 2], [3, 1, 3]], "i64")
give("floats", [1.0, nan, -inf, 1.0, nan, 0.0, -0.0, inf], "f64")
every = dict(return_inverse=True, return_counts=True)
for given in ("values.i64", "truths.bool", "plain.f32", "classes.u8"):
    case("unique_all", lambda x: torch.unique(x, **every), [given])
    case("unique_consecutive_all", lambda x: torch.unique_consecutive(x, **every), [given])
case("unique", torch.unique, ["floats.f64"])
for dim in (0, 1):
    case("unique_all_dim", lambda x: torch.unique(x, dim=dim, **every), ["values.i64"], dim)
    case("unique_consecutive_all_dim", lambda x: torch.unique_consecutive(x, dim=dim, **every), ["values.i64"], dim)
give("sorted", [-inf, -1.0, 0.0, 0.0, 2.0, inf], *FLOATS)
give("sorted_rows", [[1, 3, 5], [2, 4, 6]], "i64")
give("sought", [[3, 6], [3, 1]], "i64")
for right, suffix in ((False, ""), (True, "_right")):
    case(f"searchsorted{suffix}", lambda s, v: torch.searchsorted(s, v, right=right), ["sorted.f32", "edges.f32"])
    case(f"searchsorted{suffix}", lambda s, v: torch.searchsorted(s, v, right=right), ["sorted_rows.i64", "sought.i64"])
    case(f"bucketize{suffix}", lambda v, s: torch.bucketize(v, s, right=right), ["edges.f64", "sorted.f64"])

# Products and distances.
give("left3", [0.5, -1.0, 2.0, 1.5, 0.25, -0.75, 1.0, 3.0, -2.0, 0.1, 0.2, 0.3], "f64", shape=[2, 2, 3])
give("right3", [1.0, 2.0, -1.0, 0.5, 0.25, 4.0, -0.5, 1.5, 2.5, -1.5, 0.75, 1.25], "f64", shape=[2, 3, 2])
give("mat", [0.5, -1.0, 2.0, 1.5, 0.25, -0.75], "f64", shape=[2, 3])
give("tam", [1.0, 2.0, -1.0, 0.5, 0.25, 4.0], "f64", shape=[3, 2])
give("added", [10.0, 20.0], "f64")
give("nans", [nan, nan], "f64")
for suffix, factors in (("", {}), ("_scaled", {"beta": 0.5, "alpha": 2.0}), ("_scaled", {"beta": 0, "alpha": 1})):
    args = list(factors.values())
    for name, inputs in (("addmm", ["added.f64", "mat.f64", "tam.f64"]), ("addmv", ["added.f64", "mat.f64", "b.f64"]), ("addr", ["b.f64", "two.f64", "b.f64"]), ("addbmm", ["added.f64", "left3.f64", "right3.f64"]), ("baddbmm", ["added.f64", "left3.f64", "right3.f64"])):
        call = (lambda name: lambda *x: getattr(torch, name)(*x, **factors))(name)
        case(f"{name}{suffix}", call, inputs, *args, grad=True)
case("addmm_scaled", lambda *x: torch.addmm(*x, beta=0), ["nans.f64", "mat.f64", "tam.f64"], 0, 1)
case("addmm", torch.addmm, ["m.i64", "m.i64", "wide.i64"])
case("inner", torch.inner, ["mat.f64", "cube.f64"], grad=True)
case("inner", torch.inner, ["m.i64", "m.i64"])
case("inner", torch.inner, ["b.f64", "b.f64"])
case("vdot", torch.vdot, ["b.f64", "b.f64"], grad=True)
case("ger", torch.ger, ["b.f64", "two.f64"], grad=True)
case("kron", torch.kron, ["mat.f64", "tam.f64"], grad=True)
case("kron", torch.kron, ["b.f64", "tam.f64"], grad=True)
case("kron", torch.kron, ["m.i64", "b.f32"])
case("cross", torch.cross, ["mat.f64", "b.f64"], grad=True)
case("cross_dim", lambda x, y: torch.cross(x, y, dim=1), ["cube.f64", "square.f64"], 1, grad=True)
case("tensordot", lambda x, y: torch.tensordot(x, y, 2), ["cube.f64", "square.f64"], 2, grad=True)
case("tensordot", lambda x, y: torch.tensordot(x, y, 0), ["b.f64", "two.f64"], 0)
case("tensordot_dims", lambda x, y: torch.tensordot(x, y, ([0, 2], [0, 1])), ["cube.f64", "mat.f64"], [0, 2], [0, 1], grad=True)
case("block_diag", torch.block_diag, ["mat.f64", "b.f64", "value.f64"], grad=True)
case("chain_matmul", lambda *x: torch.linalg.multi_dot(x), ["mat.f64", "tam.f64", "mat.f64", "square.f64"], grad=True)
for p in (0.0, 1.0, 2.0, 3.0, inf):
    case("cdist_p", lambda x, y: torch.cdist(x, y, p), ["mat.f64", "square.f64"], p, grad=None if p == 0 else True)
case("cdist", torch.cdist, ["cube.f64", "square.f64"], grad=True)
case("cdist", torch.cdist, ["square.f64", "square.f64"], grad=True)
for p in (1.0, 2.0, 3.0, inf):
    case("dist_p", lambda x, y: torch.dist(x, y, p), ["a.f64", "b.f64"], p, grad=True)
    case("renorm", lambda x: torch.renorm(x, p, 0, 3.0), ["cube.f64"], p, 0, 3.0, grad=True)
    case("normalize_p", lambda x: F.normalize(x, p, 1), ["cube.f64"], p, 1, grad=True)
    case("pairwise_distance_p", lambda x, y: F.pairwise_distance(x, y, p), ["square.f64", "source.f64"], p, grad=True)
case("dist", torch.dist, ["a.f64", "b.f64"])
case("renorm", lambda x: torch.renorm(x, 2.0, -1, 3.0), ["square.f64"], 2.0, -1, 3.0, grad=True)
case("cosine_similarity", lambda x, y: F.cosine_similarity(x, y, 1), ["cube.f64", "square.f64"], 1, grad=True)
give("nil", [0.0, 0.0, 0.0], "f64")
case("cosine_similarity", lambda x, y: F.cosine_similarity(x, y, 0), ["nil.f64", "b.f64"], 0)
case("normalize_p", lambda x: F.normalize(x, 2.0, 0), ["nil.f64"], 2, 0)
case("cov", torch.cov, ["mat.f64"], grad=True)
case("cov", torch.cov, ["m.i64"])
case("cov", torch.cov, ["b.f32"])
case("cov_correction", lambda x: torch.cov(x, correction=0), ["mat.f64"], 0, grad=True)
case("corrcoef", torch.corrcoef, ["mat.f64"], grad=True)
case("corrcoef", torch.corrcoef, ["b.f64"])

# New tensors.
for rows, columns, offset in ((3, 3, 0), (2, 4, 1), (4, 2, -1), (3, 3, 5), (0, 3, 0)):
    case("triu_indices_offset", lambda: torch.triu_indices(rows, columns, offset), [], rows, columns, offset)
    case("tril_indices_offset", lambda: torch.tril_indices(rows, columns, offset), [], rows, columns, offset)
case("logspace", lambda: torch.logspace(-1, 2, 7), [], -1, 2, 7)
case("logspace_base", lambda: torch.logspace(0, 3, 5, base=2), [], 0, 3, 5, 2)
case("meshgrid", lambda *x: torch.meshgrid(*x, indexing="ij"), ["b.f64", "two.f64"], grad=True)
case("meshgrid_xy", lambda *x: torch.meshgrid(*x, indexing="xy"), ["b.f64", "two.f64"], grad=True)
case("cartesian_prod", torch.cartesian_prod, ["b.f64", "two.f64"], grad=True)
case("combinations", lambda x: torch.combinations(x, 2), ["b.f64"], 2, grad=True)
case("combinations_with_replacement", lambda x: torch.combinations(x, 3, True), ["b.f64"], 3)
case("combinations", lambda x: torch.combinations(x, 5), ["b.f64"], 5)
