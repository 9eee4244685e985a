#!/usr/bin/env python3
"""Writes values.txt: what PyTorch answers where values are special, for the test `golden` to compare with.

    pip install torch==2.15.0 numpy
    python values.py > values.txt               # the file that is kept
    python values.py 0 20000 > drawn.txt        # expressions number 0 to 20000
    VALUES=$PWD/drawn.txt cargo test -p tensorlib --test golden special

The first lines name kinds of values: `kind; name; dtype; elements`. Then come expressions as in cases.txt, each with the
number by which it can be drawn again. An input is `dtype:shape:view:seed:kind`, a result `dtype:shape:step:values` (every
step-th element is written), or `error` where PyTorch refuses. The file that is kept has, for each function, some of every
kind of value, and what is listed in KEPT: drawn expressions that failed once.
"""
import random
import sys
import warnings

import numpy
import torch

from inputs import DTYPES, NAMES, Source, results
from kinds import FLOATS, INF, LIMITS, NAN, WHOLE, kind

warnings.simplefilter("ignore")
torch.set_num_threads(1)


def number(value):
    if isinstance(value, (bool, numpy.bool_)):
        return "1" if value else "0"
    text = str(value).removesuffix(".0")
    return text


def written(x):
    flat = x.detach().contiguous().reshape(-1)
    step = max(1, -(-len(flat) // 170)) | 1
    elements = [number(value) for value in flat[::step].numpy()]
    return f"{NAMES[x.dtype]}:{'x'.join(map(str, x.shape))}:{step}:{' '.join(elements)}"


def is_undefined(name, tensors, args):
    """What C++ leaves open, what ends the process, and what PyTorch refuses where nothing is wrong with it."""
    if name in ("softplus", "gelu", "silu") and not tensors[0].is_floating_point():
        return True
    if name in ("sub", "floor", "ceil", "round", "trunc", "topk_values") and any(x.dtype == torch.bool for x in tensors):
        return True
    if name.startswith("logical") and any(x.dim() == 0 for x in tensors):
        return True  # A number is cut to the type of the tensor first, and may be zero then.
    whole = tensors[0].dtype == torch.uint8 and not any(isinstance(limit, float) for limit in args)
    if name == "clamp" and whole and any(limit is not None and limit < 0 for limit in args):
        return True
    if name == "to" and args[0] in LIMITS and tensors[0].is_floating_point():
        low, high = LIMITS[args[0]]
        x = tensors[0].double()
        return not bool(((x > float(low) - 1) & (x < float(high) + 1) & (x < 2.0**63) & (x >= -2.0**63)).all())
    if name.startswith(("floor_divide", "remainder", "rem_")):
        whole = [x for x in tensors if not x.is_floating_point() and x.dtype != torch.bool]
        return any((x == torch.iinfo(x.dtype).min).any() for x in whole)
    return False


def expression(at, name, sources, call, *args):
    """One line, or nothing."""
    tensors = [source.tensor for source in sources]
    if is_undefined(name, tensors, args):
        return None
    try:
        made = "|".join(written(x) for x in results(call(*[x.clone() if name.endswith("_") else x for x in tensors])))
    except (RuntimeError, IndexError, ZeroDivisionError, TypeError, NotImplementedError, OverflowError):
        made = "error"
    return f"{at};{name};{' '.join(str(arg) for arg in args)};{','.join(source.spec for source in sources)};{made}"


# Functions by family. Each family makes a call of a name and what it needs.
F = torch.nn.functional
CURVES = ["exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "rsqrt", "reciprocal", "sigmoid", "tanh", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "softplus", "gelu", "silu"]
ROUNDING = ["floor", "ceil", "round", "trunc"]
SIMPLE = ["neg", "abs", "sign", "square", "relu", "isnan", "isinf", "isfinite", "logical_not"]
ARITHMETIC = ["add", "sub", "mul", "div", "floor_divide", "remainder", "pow", "maximum", "minimum"]
COMPARISONS = ["eq", "ne", "lt", "le", "gt", "ge", "logical_and", "logical_or", "logical_xor"]
SUMS = ["sum", "prod", "mean", "var", "std", "norm", "any", "all", "count_nonzero"]
EXTREMES = ["max", "min", "argmax", "argmin"]
FLOATING = ["f32", "f64"]
INTEGERS = ["i64", "i32", "u8"]
ALL = FLOATING + INTEGERS + ["bool"]
NUMBERS = [0, 1, -1, 2, -3, 7, 0.5, -0.5, 2.5, 0.1, -0.3333333333333333, 1e10, 1e-10, INF, -INF, NAN, 3.0, 1e30, 1e-40, -0.0]
POWERS = [0, 1, 2, 3, -1, -2, 4, -3, 0.5, -0.5, 1.5, 0.0, 1.0, 2.0, -2.0, INF, -INF, NAN, 0.3333333333333333, 7, 31]
ORDERS = [0.0, 0.5, 1.0, 2.0, 3.0, 2.5, -1.0, -2.0, INF, -INF]


def quotient(n, x):
    """PyTorch's own `n / x` is a product with the reciprocal, which is rounded twice."""
    dtype = torch.result_type(x, n)
    return torch.div(torch.full(x.shape, n, dtype=dtype if dtype.is_floating_point else torch.float32), x)


REVERSED = {"radd": lambda n, x: n + x, "rsub": lambda n, x: n - x, "rmul": lambda n, x: n * x, "rdiv": quotient, "rem": lambda n, x: n % x}


def unary(name):
    if name in ("softplus", "gelu", "silu"):
        return getattr(F, name)
    return getattr(torch, name)


def binary(name):
    return getattr(torch, name)


def reduction(name, dim=None, keep=False):
    """`name` over all, or over a dimension, or several."""
    if name == "count_nonzero":
        return lambda x: torch.count_nonzero(x, dim=dim)
    if name == "norm":
        return lambda x: torch.linalg.vector_norm(x, 2, dim=dim, keepdim=keep)
    if dim is None:
        return lambda x: getattr(torch, name)(x)
    if name == "prod" and isinstance(dim, tuple):
        raise ValueError("PyTorch's prod takes one dimension")
    return lambda x: getattr(torch, name)(x, dim=dim, keepdim=keep)


SHAPES = [[], [0], [1], [7], [8], [9], [16], [31], [3, 5], [4, 9], [33, 3], [2, 0], [0, 3], [2, 3, 4], [1, 7], [200], [1000], [40, 40]]
KINDS = [name for name in FLOATS]


class Drawn:
    """The choices of one expression."""

    def __init__(self, at):
        self.random = random.Random(at)

    def pick(self, choices):
        return choices[self.random.randrange(len(choices))]

    def chance(self, of):
        return self.random.randrange(of) == 0

    def source(self, dtype, shape, kinds=KINDS, expanded=True):
        views = ["c"] * 3
        if shape and all(shape):
            views += ["s", "o"] + (["e"] if expanded else [])
            if len(shape) > 1:
                views += ["t", "t"]
        return Source(dtype, shape, self.pick(views), self.random.randrange(1, 1000), kind(self.pick(kinds), dtype))

    def shapes(self):
        """Two shapes that broadcast, often the same."""
        a = self.pick(SHAPES)
        b = list(a)
        how = self.random.randrange(6)
        if how == 0:
            b = [1 if self.chance(2) else length for length in a]
        elif how == 1:
            b = a[1:]
        elif how == 2:
            b = []
        return (b, a) if self.chance(4) else (a, b)

    def dim(self, shape):
        return self.random.randrange(-len(shape), len(shape)) if shape else self.pick([0, -1])


def draw(at):
    """Expression number `at`, or nothing when its values leave the result open."""
    d = Drawn(at)
    family = d.pick(FAMILIES)
    return family(d, at)


def draw_unary(d, at):
    name = d.pick(CURVES * 3 + ROUNDING + SIMPLE)
    dtype = d.pick(FLOATING * 6 + ALL)
    return expression(at, name, [d.source(dtype, d.pick(SHAPES))], unary(name))


def draw_unary_(d, at):
    name = d.pick(CURVES + ROUNDING + ["neg", "abs", "sign", "square"])
    x = d.source(d.pick(FLOATING), d.pick(SHAPES), expanded=False)
    if name in ("softplus", "gelu", "silu"):
        return expression(at, name, [x], unary(name))
    return expression(at, name + "_", [x], lambda x: getattr(x, name + "_")())


def draw_binary(d, at):
    name = d.pick(ARITHMETIC * 2 + COMPARISONS)
    a = d.pick(FLOATING * 3 + ALL)
    b = a if not d.chance(3) else d.pick(ALL)
    first, second = d.shapes()
    return expression(at, name, [d.source(a, first), d.source(b, second)], binary(name))


def draw_binary_(d, at):
    name = d.pick(ARITHMETIC[:7])
    a = d.pick(FLOATING * 2 + INTEGERS)
    shape = d.pick(SHAPES)
    b = shape if not d.chance(3) else shape[1:]
    x, y = d.source(a, shape, expanded=False), d.source(a, b)
    return expression(at, name + "_", [x, y], lambda x, y: getattr(x, name + "_")(y))


def draw_number(d, at):
    name = d.pick(ARITHMETIC[:7] + COMPARISONS[:6])
    n = d.pick(POWERS if name == "pow" else NUMBERS)
    x = d.source(d.pick(FLOATING * 3 + INTEGERS), d.pick(SHAPES))
    return expression(at, name + "_number", [x], lambda x: binary(name)(x, n), n)


def draw_reversed(d, at):
    name = d.pick(list(REVERSED))
    n = d.pick(NUMBERS)
    x = d.source(d.pick(FLOATING * 3 + INTEGERS), d.pick(SHAPES))
    return expression(at, name + "_number", [x], lambda x: REVERSED[name](n, x), n)


def draw_reduction(d, at):
    name = d.pick(SUMS + ["var", "std", "mean", "sum"])
    needs_float = name in ("mean", "var", "std", "norm")
    dtype = d.pick(FLOATING * 5 + ([] if needs_float else ALL))
    shape = d.pick(SHAPES)
    x = d.source(dtype, shape)
    form = d.random.randrange(4)
    if form == 0 and name not in ("prod", "count_nonzero", "any", "all") and len(shape) > 2:
        return expression(at, name + "_dims", [x], reduction(name, (0, 2)), 0, 2)
    if form == 1 and name != "count_nonzero":
        dim = d.dim(shape)
        return expression(at, name + "_keepdim", [x], reduction(name, dim, True), dim)
    if form < 3:
        dim = d.dim(shape)
        return expression(at, name + "_dim", [x], reduction(name, dim), dim)
    return expression(at, name, [x], reduction(name))


def draw_var(d, at):
    correction = d.pick([0.0, 1.0, 2.5, 100.0])
    shape = d.pick(SHAPES)
    dim = d.dim(shape)
    call = lambda x: torch.var(x, dim=dim, correction=correction)
    return expression(at, "var_correction", [d.source(d.pick(FLOATING), shape)], call, dim, correction)


def draw_extreme(d, at):
    name = d.pick(EXTREMES + ["amax", "amin"])
    shape = d.pick(SHAPES)
    x = d.source(d.pick(FLOATING * 3 + INTEGERS), shape)
    if d.chance(3) and name not in ("amax", "amin"):
        return expression(at, name, [x], reduction(name))
    dim = d.dim(shape)
    return expression(at, name + "_dim", [x], reduction(name, dim), dim)


def draw_norm(d, at):
    p, shape = d.pick(ORDERS), d.pick(SHAPES)
    dim = d.dim(shape)
    call = lambda x: torch.linalg.vector_norm(x, p, dim=dim)
    return expression(at, "norm_p", [d.source(d.pick(FLOATING), shape)], call, p, dim)


def draw_softmax(d, at):
    name, shape = d.pick(["softmax", "log_softmax", "logsumexp"]), d.pick(SHAPES)
    dim = d.dim(shape)
    return expression(at, name, [d.source(d.pick(FLOATING), shape)], lambda x: getattr(torch, name)(x, dim), dim)


def draw_running(d, at):
    name, shape = d.pick(["cumsum", "cumprod"]), d.pick(SHAPES)
    dim = d.dim(shape)
    return expression(at, name, [d.source(d.pick(FLOATING * 3 + ALL), shape)], lambda x: getattr(torch, name)(x, dim), dim)


def draw_order(d, at):
    shape = d.pick(SHAPES)
    dim, descending = d.dim(shape), d.chance(2)
    x = d.source(d.pick(FLOATING * 3 + ALL), shape)
    if d.chance(3):
        length = shape[dim] if shape else 1
        k = d.random.randrange(length + 2)
        return expression(at, "topk_values", [x], lambda x: torch.topk(x, k, dim, descending)[0], k, dim, int(descending))
    call = lambda x: torch.sort(x, dim=dim, descending=descending, stable=True)
    return expression(at, "sort", [x], call, dim, int(descending))


def draw_product(d, at):
    name = d.pick(["matmul", "mm", "bmm", "mv", "dot", "outer"])
    m, k, n = d.pick([0, 1, 2, 5, 17]), d.pick([0, 1, 3, 8, 33, 100]), d.pick([1, 2, 9])
    shapes = {"matmul": ([m, k], [k, n]), "mm": ([m, k], [k, n]), "bmm": ([2, m, k], [2, k, n]), "mv": ([m, k], [k]), "dot": ([k], [k]), "outer": ([m], [k])}
    dtype = d.pick(FLOATING * 4 + INTEGERS)
    a, b = (d.source(dtype, shape) for shape in shapes[name])
    return expression(at, name, [a, b], getattr(torch, name))


def draw_choice(d, at):
    a = d.pick(FLOATING * 2 + ALL)
    b = a if not d.chance(3) else d.pick(ALL)
    first, second = d.shapes()
    shape = max(first, second, key=len)
    return expression(at, "where", [d.source("bool", shape), d.source(a, first), d.source(b, second)], torch.where)


def draw_clamp(d, at):
    limits = [d.pick(NUMBERS), d.pick(NUMBERS)]
    if d.chance(3):
        limits[d.random.randrange(2)] = None
    x = d.source(d.pick(FLOATING * 3 + INTEGERS), d.pick(SHAPES))
    return expression(at, "clamp", [x], lambda x: torch.clamp(x, *limits), *limits)


def draw_cast(d, at):
    a, b = d.pick(ALL), d.pick(ALL)
    return expression(at, "to", [d.source(a, d.pick(SHAPES), KINDS + ["whole", "long", "bytes"] * 6)], lambda x: x.to(DTYPES[b]), b)


def draw_close(d, at):
    shape = d.pick(SHAPES)
    seed, name, dtype = d.random.randrange(1, 1000), d.pick(KINDS), d.pick(FLOATING + INTEGERS)
    a, b = (Source(dtype, shape, "c", seed + d.random.randrange(2), kind(name, dtype)) for _ in range(2))
    return expression(at, "allclose", [a, b], lambda x, y: torch.tensor(torch.allclose(x, y)))


FAMILIES = [draw_unary] * 8 + [draw_binary] * 7 + [draw_number] * 4 + [draw_reduction] * 5 + [draw_softmax] * 3 + [
    draw_unary_, draw_binary_, draw_reversed, draw_var, draw_extreme, draw_extreme, draw_norm, draw_running, draw_order,
    draw_product, draw_product, draw_choice, draw_clamp, draw_cast, draw_cast, draw_close]

# Drawn expressions that failed once, and the first few hundred of all.
KEPT = [
    *(1646, 1834, 2839, 3534, 3774, 4000, 5676, 5735, 8202, 8547, 9095, 9557, 9724, 9860, 10403, 10886, 12411, 12628),
    *(1716, 2096, 2421, 3511, 1434, 1742, 1847, 4445, 1105, 7437, 9487, 14862, 4119, 2717, 11777),
    *(1011, 6551, 9161, 12694, 13897, 4169, 6405, 7053, 542, 1512, 2455, 669, 699, 3989, 5681, 4276, 4512, 9540, 13627),
    *(2911, 3141, 3402, 16294, 2680, 4090, 32229, 33769, 64539, 75572, 124297),
    *range(500),
]


def systematic():
    """For each function some of every kind of value."""
    def all_of(dtype, name, row=None):
        made = kind(name, dtype)
        shape = [len(made[1])] if row is None else [len(made[1]), 1] if row else [1, len(made[1])]
        return Source(dtype, shape, "c", 0, made)

    for dtype in FLOATING:
        for name in CURVES:
            for values in ("edges", "tiny", "huge", "near1", "exponents", "angles", "plain"):
                if values == "angles" and name not in ("sin", "cos", "tan", "sinh", "atan"):
                    continue
                yield expression("-", name, [all_of(dtype, values)], unary(name))
        for name in ROUNDING + SIMPLE:
            for values in ("edges", "halves", "tiny"):
                yield expression("-", name, [all_of(dtype, values)], unary(name))
        for name in ARITHMETIC + COMPARISONS:
            pairs = {"pow": ("bases", "powers")}.get(name, ("edges", "edges"))
            yield expression("-", name, [all_of(dtype, pairs[0], True), all_of(dtype, pairs[1], False)], binary(name))
        for name in ("floor_divide", "remainder"):
            yield expression("-", name, [all_of(dtype, "cancel", True), all_of(dtype, "divisors", False)], binary(name))
        for p in POWERS:
            yield expression("-", "pow_number", [all_of(dtype, "bases")], lambda x: x.pow(p), p)
        for values in KINDS:
            for name in ("softmax", "log_softmax", "logsumexp"):
                yield expression("-", name, [all_of(dtype, values)], lambda x: getattr(torch, name)(x, 0), 0)
            for name in SUMS + EXTREMES:
                if name in ("sum", "prod") and values in ("huge", "edges", "finite"):
                    continue
                yield expression("-", name, [all_of(dtype, values)], reduction(name))
            for p in ORDERS:
                if values in ("plain", "edges", "huge", "tiny"):
                    yield expression("-", "norm_p", [all_of(dtype, values)], lambda x: torch.linalg.vector_norm(x, p, dim=0), p, 0)
        for values in ("edges", "nans", "signs"):
            for descending in (False, True):
                call = lambda x: torch.sort(x, dim=0, descending=descending, stable=True)
                yield expression("-", "sort", [all_of(dtype, values)], call, 0, int(descending))
        for name in SUMS + EXTREMES + ["softmax", "log_softmax", "logsumexp", "cumsum", "cumprod"]:
            empty = Source(dtype, [2, 0], "c", 1)
            if name in SUMS + EXTREMES:
                yield expression("-", name, [empty], reduction(name))
                yield expression("-", name + "_dim", [empty], reduction(name, 1), 1)
            else:
                yield expression("-", name, [empty], lambda x: getattr(torch, name)(x, 1), 1)
        for to in ALL:
            for values in ("bytes", "whole", "long", "signs"):
                yield expression("-", "to", [all_of(dtype, values)], lambda x: x.to(DTYPES[to]), to)
    for dtype in INTEGERS:
        for name in ARITHMETIC:
            values = "divisors" if name in ("floor_divide", "remainder") else "edges"
            pairs = ("bases", "powers") if name == "pow" else (values, values)
            yield expression("-", name, [all_of(dtype, pairs[0], True), all_of(dtype, pairs[1], False)], binary(name))
        for name in ("floor_divide", "remainder"):
            yield expression("-", name, [all_of(dtype, "plain"), Source(dtype, [1], "c", 0, kind("signs", dtype))], binary(name))
            yield expression("-", name + "_number", [all_of(dtype, "plain")], lambda x: binary(name)(x, 0), 0)
        for name in ("neg", "abs", "sign", "square", "sum", "prod", "max", "argmin"):
            call = reduction(name) if name in SUMS + EXTREMES else unary(name)
            yield expression("-", name, [all_of(dtype, "edges")], call)
        for to in ALL:
            yield expression("-", "to", [all_of(dtype, "whole")], lambda x: x.to(DTYPES[to]), to)


def main():
    for name in KINDS + [name for name in WHOLE if name not in FLOATS]:
        for dtype in ALL:
            print(f"kind;{name};{dtype};{' '.join(number(value) for value in kind(name, dtype)[1])}")
    if len(sys.argv) > 1:
        made = (draw(at) for at in range(int(sys.argv[1]), int(sys.argv[2])))
    else:
        made = [*systematic(), *(draw(at) for at in KEPT)]
    lines = 0
    for line in made:
        if line is not None:
            print(line)
            lines += 1
    print(lines, "expressions", file=sys.stderr)


main()
