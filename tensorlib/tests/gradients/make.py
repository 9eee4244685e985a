#!/usr/bin/env python3
"""Writes cases.txt: gradients as PyTorch computes them, for the test `gradients` to compare with.

    pip install torch==2.15.0 numpy
    python make.py > cases.txt

A line `kind; name; types; elements` names the elements that inputs are made of. Every other line is a case:
`form; operation; arguments; inputs; loss; gradients`, and for forms that end in 2 also `; second gradients`.

With the results `f` of an operation (see `operations.py`) the loss is the sum over `f * w`, where `w` has the type and shape
of `f` and elements of the kind `w`. In the forms `squared` it is that over `f * f * w`, which gives operations that are linear
a second derivative. In `turned` `f` has its first and last dimension swapped, so that its gradient lies differently in memory,
and in `summed` there is no `w`, so that it is one number for all elements.
The second gradients are those of the sum over `gradient * v` of all first gradients, with `v` made in the same way.

Inputs are not written out but made by the rule of the test `golden` (see `inputs.py` there): `dtype:shape:view:seed:kind`. Two
things may follow: `>` and letters, views that are taken after the input asked for its gradient; `!`, an input that
does not ask. Gradients are given for all others that are floating-point numbers, in their order: the elements alone, since
type and shape are the input's; no elements where PyTorch has no gradient.
"""
import itertools
import math
import pathlib
import sys
import warnings

import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "golden"))
from inputs import NAMES, Source, results  # noqa: E402
from operations import BINARY, EXPRESSIONS, INDEX, PARTS, UNARY, result  # noqa: E402

warnings.simplefilter("ignore")  # Of variances of one number.
INF, NAN = math.inf, math.nan
FLOATS = {
    # Neither whole numbers nor zero, where functions have steps and kinks.
    "plain": [(2 * k + 1) / 16 for k in range(-16, 16)],
    "positive": [0.25 + (2 * k + 1) / 16 for k in range(31)],
    "unit": [(2 * k + 1) / 32 for k in range(-15, 15)],
    # No two alike among the first 53.
    "distinct": [(k * 20 % 53 - 26) / 8 + 1 / 16 for k in range(53)],
    "ties": [1.0, 2.0, 2.0, -1.0, 1.0, 2.0, 0.0, -1.0],
    "same": [1.5],
    # A row of three or four, or all of twelve, with as many zeros as the name says.
    "one_zero": [1.5, -2.0, 0.0, 0.5] + [1.25, -0.5, 2.0, 3.0, -1.5, 0.75, -2.5, 1.0],
    "two_zeros": [0.0, 1.5, -2.0, 0.0] + [1.25, -0.5, 2.0, 3.0, -1.5, 0.75, -2.5, 1.0],
    "zeros": [0.0, -0.0, 2.0, -2.0, 0.0, 1.0],
    "nothing": [0.0],
    "whole": [1.0, -1.0, 2.0, 0.0, 3.0, -2.0, -3.0],
    "halves": [0.5, -0.5, 1.5, -1.5, 2.5, 0.0],
    "limits": [-1.0, 1.0, -1.5, 1.5, 0.0, 1.0, -1.0, 0.25],
    "large": [19.5, -19.5, 50.0, -50.0, 100.0, -100.0, 1000.0, -1000.0, 0.5],
    "edges": [0.0, -0.0, INF, -INF, NAN, 1.0, -1.0, 2.5],
    "masked": [-INF, 1.0, 0.5, -INF, 2.0, -0.5, -INF, -INF, -INF, 1.5, 3.0, -2.0],
    "infinite": [INF, 1.0, -0.5, 2.0, INF, INF],
    "unknown": [1.0, NAN, -2.0, 0.5],
    # In turn: every way in which three numbers can be smaller, equal or larger.
    "slow": [0.0] * 9 + [1.0] * 9 + [2.0] * 9,
    "medium": [0.0] * 3 + [1.0] * 3 + [2.0] * 3,
    "fast": [0.0, 1.0, 2.0],
    "w": [0.5, -1.25, 2.0, 0.75, -0.5, 1.5, -2.25],
    "v": [1.25, 0.75, -1.5, -0.25, 2.5],
}
WHOLE = {"below2": [1, 0], "below3": [0, 2, 1], "below4": [3, 1, 0, 2], "repeated": [0, 2, 0, 1, 2, 2], "numbers": [2, -1, 3, 0, 1]}
MASKS = {"mask": [True, False, False, True, True], "none": [False]}
KINDS = FLOATS | WHOLE | MASKS


class X:
    """An input without its type: a shape, a view, the kind of its elements, views that are part of the graph. Without a seed
    its place among the inputs is its seed; `distinct` and what has zeros takes elements in turn."""

    def __init__(self, *shape, view="c", kind="plain", seed=None, then="", dtype=None, constant=False):
        self.shape, self.view, self.kind, self.then = shape, view, kind, then
        self.dtype, self.constant, self.seed = dtype, constant, seed
        if seed is None and kind not in ("plain", "positive", "unit"):
            self.seed = 0

    def made(self, dtype, place):
        dtype = self.dtype or dtype
        kind = (self.kind, KINDS[self.kind])
        source = Source(dtype, self.shape, self.view, place if self.seed is None else self.seed, kind)
        spec = source.spec + (f">{self.then}" if self.then else "") + ("!" if self.constant else "")
        leaf = source.tensor
        asks = leaf.is_floating_point() and not self.constant
        return spec, leaf.requires_grad_(True) if asks else leaf


def viewed(x, letters):
    """Transposed, every second of the last dimension, without the first row, the first row three times."""
    for letter in letters:
        if letter == "t":
            x = x.transpose(-1, -2)
        elif letter == "s":
            x = x[..., ::2]
        elif letter == "o":
            x = x[1:]
        elif letter == "e":
            x = x.expand(3, *x.shape[1:])
    return x


def elements(x, kind, seed):
    """A constant with the type and shape of another tensor."""
    return Source(NAMES[x.dtype], list(x.shape), "c", seed, (kind, KINDS[kind])).tensor


def outputs_of(op, inputs, leaves, args):
    return results(result(op, [viewed(leaf, x.then) for x, leaf in zip(inputs, leaves)], list(args)))


def loss_of(form, op, inputs, leaves, args):
    outputs = outputs_of(op, inputs, leaves, args)
    if form == "summed":
        return sum(f.sum() for f in outputs)
    if form == "turned":
        outputs = [f.transpose(0, -1) for f in outputs]
    if form.startswith("squared"):
        outputs = [f * f for f in outputs]
    return sum((f * elements(f, "w", seed)).sum() for seed, f in enumerate(outputs))


def gradients(form, op, inputs, leaves, args):
    """The loss, first gradients, and second ones if the form has them; None where there is none."""
    asking = [leaf for leaf in leaves if leaf.requires_grad]
    loss = loss_of(form, op, inputs, leaves, args)
    first = torch.autograd.grad(loss, asking, allow_unused=True)
    if not form.endswith("2"):
        return loss.detach(), first, None
    again = torch.autograd.grad(loss_of(form, op, inputs, leaves, args), asking, create_graph=True, allow_unused=True)
    for a, b in zip(first, again):
        assert (a is None and b is None) or torch.allclose(a, b, rtol=1e-5, equal_nan=True), (op, args)
    total = sum((g * elements(g, "v", seed)).sum() for seed, g in enumerate(again) if g is not None)
    second = torch.autograd.grad(total, asking, allow_unused=True) if total.requires_grad else [None] * len(asking)
    return loss.detach(), first, second


def number(value):
    return "nan" if value != value else repr(value).removesuffix(".0")


def written(gradient):
    if gradient is None or gradient._is_zerotensor():
        return ""
    flat = gradient.detach().reshape(-1).tolist()
    if gradient.dtype == torch.float32:
        flat = [float(f"{v:.8g}") for v in flat]
    return " ".join(number(v) for v in flat)


COUNTS = dict.fromkeys(("plain", "plain2", "squared", "squared2", "turned", "summed"), 0)
# Operations, with their first argument, that have a case in the last two forms; what adds up to the same whatever it is
# made of has no gradient.
TURNED, CONSTANT_SUMS = set(), {"softmax", "softmax_by_hand", "masked_then_softmax", "standardized", "layer_norm"}
# The largest rounding error of PyTorch's own gradients in f32, and where.
WORST = (0.0, "")


def check_rounding(line, single, double):
    """Gradients in f32 are those in f64: a case whose rounding errors grow says nothing."""
    global WORST
    if single is None:
        return
    double = [None if g is None or g._is_zerotensor() else g for g in double]
    scale = max([1e-30] + [v for g in double if g is not None for v in g.abs().reshape(-1).tolist() if math.isfinite(v)])
    for a, b in zip(single, double):
        if a is None or b is None:
            continue
        for x, y in zip(a.double().reshape(-1).tolist(), b.reshape(-1).tolist()):
            if math.isfinite(x) and math.isfinite(y):
                WORST = max(WORST, (abs(x - y) / scale, line))
            elif ":large" not in line and not (x == y or (x != x and y != y)):
                print("differs between f32 and f64:", line, x, y, file=sys.stderr)


def case(op, inputs, *args, dtype="f64", form="plain"):
    made = [x.made(dtype, place) for place, x in enumerate(inputs, 1)]
    specs, leaves = [spec for spec, _ in made], [leaf for _, leaf in made]
    loss, first, second = gradients(form, op, inputs, leaves, list(args))
    text = [form, op, " ".join(str(a) for a in args), ",".join(specs), written(loss), "|".join(map(written, first))]
    line = ";".join(text[:4])
    if second is not None:
        text.append("|".join(map(written, second)))
    print(";".join(text))
    COUNTS[form] += 1
    if all(x.dtype is None for x in inputs):
        other = [x.made("f64" if dtype == "f32" else "f32", place)[1] for place, x in enumerate(inputs, 1)]
        for one, two in zip((first, second), gradients(form, op, inputs, other, list(args))[1:]):
            check_rounding(line, *((one, two) if dtype == "f32" else (two, one)))
    if (op, *args[:1]) not in TURNED:
        TURNED.add((op, *args[:1]))
        rank = max(f.ndim for f in outputs_of(op, inputs, leaves, args))
        if rank > 0 and not CONSTANT_SUMS & {op, *args[:1]}:
            case(op, inputs, *args, dtype=dtype, form="summed")
        if rank > 1:
            case(op, inputs, *args, dtype=dtype, form="turned")


def both(op, inputs, *args, form="plain"):
    """In f32 by itself, in f64 as the form says."""
    case(op, inputs, *args, dtype="f32", form=form.removesuffix("2"))
    case(op, inputs, *args, dtype="f64", form=form)


for kinds, types in ((FLOATS, "f32 f64"), (WHOLE, "i64"), (MASKS, "bool")):
    for name, values in kinds.items():
        print(f"kind;{name};{types};{' '.join(number(v) if types == 'f32 f64' else str(int(v)) for v in values)}")

# Functions of one number.
DOMAIN = {name: "positive" for name in ("log", "log2", "log10", "log1p", "sqrt", "rsqrt")} | {"asin": "unit", "acos": "unit"}
for name in UNARY:
    kind = DOMAIN.get(name, "plain")
    case(name, [X(2, 3, kind=kind)], dtype="f32")
    case(name, [X(3, 4, view="t", kind=kind)], form="plain2")
    case(name, [X(4, 3, kind=kind, then="t")], dtype="f32", form="plain2")
    case(name, [X(kind=kind)], form="plain2")
    case(name, [X(2, 0, 3, kind=kind)], dtype="f32", form="plain2")
    case(name, [X(2, 1, 2, 3, view="s", kind=kind)])
    case(name, [X(3, 2, view="e", kind=kind)], dtype="f32")
    case(name, [X(1, 4, kind=kind, then="es")])
    case(name + "_", [X(3, 2, kind=kind)], dtype="f32")
    case(name + "_", [X(2, 3, view="t", kind=kind)], form="plain2")
# Where they have a limit, a kink or a pole, and far out.
for name in UNARY:
    for dtype in ("f32", "f64"):
        case(name, [X(8, kind="edges")], dtype=dtype, form="plain2")
        if name not in ("tan", "sin", "cos"):
            case(name, [X(9, kind="large")], dtype=dtype, form="plain2")
    case(name, [X(6, kind="zeros")], form="plain2")
for name in ("abs", "sign", "relu", "floor", "ceil", "round", "trunc"):
    case(name, [X(6, kind="halves")], form="plain2")
    case(name + "_", [X(7, kind="whole")], dtype="f32")
# Powers.
for n in (2, 3, 0.5, -1, 2.5, 0, 1, -2, 4, -0.5, 1.5):
    kind = "plain" if n == int(n) else "positive"
    both("pow", [X(2, 3, kind=kind)], n, form="plain2")
    case("pow", [X(3, 4, view="t", kind=kind)], n)
    case("pow_", [X(2, 3, kind=kind)], n, form="plain2")
    for dtype in ("f32", "f64"):
        case("pow", [X(6, kind="zeros")], n, dtype=dtype)
    case("pow", [X(8, kind="edges")], n)
for a, b in (([2, 3], [2, 3]), ([3], [2, 3]), ([2, 1], [3]), ([], [4]), ([4], [])):
    both("pow", [X(*a, kind="positive"), X(*b)], form="plain2")
case("pow", [X(3, 4, view="t", kind="positive"), X(3, 4, view="s")])
case("pow", [X(2, 3, kind="positive", constant=True), X(2, 3)], form="plain2")
case("pow", [X(kind="positive", constant=True), X(2, 3)], dtype="f32")
case("pow", [X(2, 3, kind="positive"), X(2, 3, constant=True)], form="plain2")
case("pow_", [X(2, 3, kind="positive"), X(3)], form="plain2")
for dtype in ("f32", "f64"):
    case("pow", [X(6, kind="zeros"), X(5, 1, kind="whole")], dtype=dtype)
    case("pow", [X(2, kind="nothing"), X(2, kind="nothing")], dtype=dtype)

# Two tensors.
SHAPES = [([2, 3], [2, 3]), ([2, 3], [3]), ([3], [2, 3]), ([4, 1], [3]), ([2, 1, 3], [4, 1]), ([], [2, 3]), ([2, 3], []),
    ([], []), ([0, 3], [3]), ([2, 0], [1, 1]), ([2, 1, 2, 3], [2, 1, 3])]
for name in ("add", "sub", "mul", "div", "remainder", "maximum", "minimum"):
    second = "plain2" if name in ("mul", "div") else "plain"
    for turn, (a, b) in enumerate(SHAPES):
        case(name, [X(*a), X(*b)], dtype=("f32", "f64")[turn % 2], form=second)
    for turn, (va, vb) in enumerate(("ct", "ts", "se", "eo", "oc", "tt")):
        case(name, [X(4, 3, view=va), X(4, 3, view=vb)], dtype=("f32", "f64")[turn % 2])
    case(name, [X(4, 3, then="t"), X(1, 4, then="e")], form=second)
    case(name, [X(3, 4, then="o"), X(5, 2, then="ot")], dtype="f32", form="squared2")
    case(name, [X(3, 4, constant=True), X(3, 4)], dtype="f32", form=second)
    case(name, [X(3, 4), X(4, constant=True)], form=second)
    case(name, [X(2, 3, dtype="f32"), X(2, 3, dtype="f64")], form=second)
    case(name, [X(2, 3, dtype="f64"), X(3, dtype="f32")])
    case(name, [X(2, 3, dtype="f32"), X(dtype="f64")])
    both(name, [X(2, 3, kind="positive"), X(2, 3, kind="positive")], form="squared2")
for name in ("add", "sub", "mul", "div", "remainder"):
    for n in (2, -1.5):
        both(name, [X(2, 3)], n, form="squared2" if name in ("add", "sub") else "plain2")
        both("r" + name, [X(2, 3, view="t")], n, form="squared2" if name in ("add", "sub") else "plain2")
        case(name + "_", [X(2, 3)], n, dtype="f32")
    for dtype in ("f32", "f64"):
        case(name + "_", [X(2, 3), X(2, 3)], dtype=dtype, form="plain2")
        case(name + "_", [X(3, 2, view="t"), X(2)], dtype=dtype)
    case(name + "_", [X(2, 3), X(3)], form="squared2")
    case(name + "_", [X(2, 3), X(3, 2, then="t")])
    case(name + "_", [X(2, 3, dtype="f32"), X(3, dtype="f64")])
    case(name + "_", [X(2, 3, dtype="f64"), X(3, dtype="f32")])
    case(name, [X(2, 3), X(2, 3, dtype="i64", kind="numbers" if name not in ("div", "remainder") else "below3")])
case("mul", [X(2, 3), X(2, 3, dtype="bool", kind="mask")])
case("mul_", [X(2, 3), X(3, dtype="bool", kind="mask")], dtype="f32")
for name in ("maximum", "minimum"):
    both(name, [X(2, 4, kind="ties"), X(4, kind="ties")])
    both(name, [X(8, kind="edges"), X(8, 1, kind="edges")])
    both(name + "_number", [X(8, kind="ties")], 1)
    both(name + "_", [X(2, 4, kind="ties"), X(4, kind="ties")])
for name in ("mul", "div", "remainder"):
    both(name, [X(8, kind="edges"), X(8, 1, kind="edges")])
both("div", [X(6, kind="zeros"), X(6, 1, kind="zeros")])
both("rdiv", [X(6, kind="zeros")], 1)
both("div", [X(6, kind="zeros")], 0)

# Reductions.
DIMS = {"sum": [(0,), (1,), (-1,), (0, 2), (0, 1, 2)], "mean": [(0,), (-2,), (1, 2)], "prod": [(0,), (-1,), (0, 2)],
    "var": [(0,), (-1,), (0, 2)], "std": [(1,), (-2,), (1, 2)], "norm": [(0,), (-1,), (0, 2)], "amax": [(0,), (-1,), (0, 2)],
    "amin": [(1,), (-1,), (0, 1)], "max": [(0,), (-1,)], "min": [(1,), (-1,)]}
for name, choices in DIMS.items():
    # Rows of equal elements, drawn by chance, have a deviation of zero: see below.
    K = dict(kind="distinct" if name in ("var", "std") else "plain")
    linear = name in ("sum", "mean", "amax", "amin", "max", "min")
    form = "squared2" if linear else "plain2"
    for turn, x in enumerate([X(3, 4, **K), X(4, 3, view="t", **K), X(2, 3, view="s", **K), X(5, **K), X(**K),
        X(2, 3, 2, then="t", **K), X(3, 2, view="e", **K), X(1, 2, 1, 2, **K)]):
        if name in ("var", "std") and x.shape == ():
            continue
        case(name, [x], dtype="f32", form="plain" if turn % 2 else "squared")
        case(name, [x], form=form if turn < 4 else "plain")
    for dims in choices:
        for dtype in ("f32", "f64"):
            case(name + "_dim", [X(2, 3, 2, view="t" if dtype == "f32" else "c", **K)], *dims, dtype=dtype, form=form)
        case(name + "_keepdim", [X(2, 3, 2, view="s", **K)], *dims)
        case(name + "_dim", [X(3, 2, 2, then="ts", **K)], *dims, dtype="f32")
    if name in ("max", "min", "amax", "amin"):
        for dtype in ("f32", "f64"):
            case(name, [X(2, 4, kind="ties")], dtype=dtype, form="plain2")
            case(name, [X(3, kind="same")], dtype=dtype)
            for dim in (0, 1):
                case(name + "_dim", [X(2, 4, kind="ties")], dim, dtype=dtype)
                case(name + "_keepdim", [X(4, 2, kind="ties")], dim, dtype=dtype)
        case(name, [X(4, kind="unknown")])
        case(name + "_dim", [X(2, 4, kind="unknown")], 1)
        case(name + "_dim", [X(2, 3, kind="infinite")], 1)
        case(name + "_dim", [X(0, 3)], 1)
    elif name not in ("var", "std"):
        both(name, [X(0)])
        both(name + "_dim", [X(2, 0)], 0)
        both(name + "_dim", [X(2, 0)], 1)
for name, count in itertools.product(("prod", "cumprod"), ("distinct", "one_zero", "two_zeros", "nothing")):
    args = [0] if name == "cumprod" else []
    both(name, [X(4, kind=count)], *args, form="plain2")
    if name == "prod":
        both("prod", [X(3, 4, kind=count)], form="plain2")
        both("prod_dim", [X(3, 4, kind=count)], 1, form="plain2")
        both("prod_dim", [X(4, 3, kind=count, view="t")], 0)
        both("prod_keepdim", [X(3, 4, kind=count)], 0)
    else:
        both("cumprod", [X(3, 4, kind=count)], 1, form="plain2")
        both("cumprod", [X(3, 4, kind=count)], 0)
        both("cumprod_", [X(3, 4, kind=count)], 1)
for dim in (0, 1, -1):
    both("cumsum", [X(3, 4)], dim, form="squared2")
    both("cumsum", [X(4, 3, view="t")], dim)
    both("cumprod", [X(4, 3, view="t")], dim, form="plain2")
    both("cumsum_", [X(3, 2)], dim)
for name in ("cumsum", "cumprod"):
    both(name, [X()], 0)
    both(name, [X(2, 0)], 1)
    case(name, [X(2, 2, 3, then="t")], 1, form="squared2")
for p in (1, 2, 3, INF, 0.5, 1.5, 4, 0, -1, -INF):
    if p != 0:
        both("norm_p", [X(3, 4)], p, form="plain2")
        both("norm_p_dim", [X(2, 3, view="t")], p, 1, form="plain2")
    both("norm_p_dim", [X(2, 3, 2)], p, 0, 2)
    both("norm_p_keepdim", [X(2, 3)], p, 0)
    both("norm_p", [X(4, kind="zeros")], p)
    both("norm_p_dim", [X(2, 3, kind="nothing")], p, 1)
    both("norm_p", [X(4, kind="same")], p)
for name in ("norm", "std", "var"):
    both(name, [X(4, kind="nothing")])
    both(name, [X(4, kind="same")])
    both(name + "_dim", [X(2, 3, kind="two_zeros")], 1)
for correction in (0, 1, 2):
    for name in ("var", "std"):
        both(f"{name}_correction", [X(2, 3)], correction, form="plain2")
        both(f"{name}_correction_dim", [X(3, 4, view="t")], correction, 1, form="plain2")
        both(f"{name}_correction_keepdim", [X(2, 3, 2)], correction, 0, 1)
for name in ("var", "std"):
    both(f"{name}_correction", [X(1)], 0)
    both(name, [X(1)])
for name in ("softmax", "log_softmax", "logsumexp"):
    for x, dim in [(X(3, 4), 0), (X(3, 4), 1), (X(4, 3, view="t"), -1), (X(2, 3, 2), 1), (X(5), 0), (X(3, 4, then="t"), 0)]:
        both(name, [x], dim, form="plain2")
    both(name, [X()], 0)
    both(name, [X(3, 0)], 0 if name == "logsumexp" else 1)
    both(name, [X(9, kind="large")], 0)
    for dim in (0, 1):
        both(name, [X(3, 4, kind="masked")], dim)
        both(name, [X(2, 3, kind="infinite")], dim)
    both(name, [X(2, 4, kind="unknown")], 1)
both("logsumexp", [X(2, 3, 2)], 0, 2, form="plain2")
both("logsumexp_keepdim", [X(2, 3, 2)], 0, 2)
both("logsumexp_keepdim", [X(2, 3, view="t")], 1, form="plain2")
both("logsumexp", [X(2, 2, kind="masked", seed=3)], 0, 1)
for name in ("sort", "sort_descending"):
    for x, dim in [(X(3, 4, kind="distinct"), 1), (X(4, 3, view="t", kind="distinct"), 0), (X(2, 4, kind="ties"), 1),
        (X(5, kind="distinct"), 0)]:
        both(name, [x], dim, form="squared2")
    both(name, [X()], 0)
    both(name, [X(2, 0)], 1)
for name in ("topk", "topk_smallest"):
    for x, k, dim in [(X(3, 4, kind="distinct"), 2, 1), (X(4, 3, view="t", kind="distinct"), 1, 0), (X(5, kind="distinct"), 5, 0),
        (X(2, 3, kind="distinct"), 0, 1)]:
        both(name, [x], k, dim, form="squared2")
# Zeros, infinities and NaN. PyTorch's products of such are NaN or 0 as it happens, and so are gradients of the gradient of a
# norm that is zero.
for name, *args in [("sum",), ("mean",), ("var",), ("std",), ("norm",), ("amax",), ("norm_p", 1), ("norm_p", 3), ("norm_p", 0.5),
    ("norm_p", INF)]:
    both(name, [X(8, kind="edges")], *args, form="plain2")
    both(name, [X(6, kind="infinite")], *args, form="plain2")
    both(name, [X(6, kind="zeros")], *args, form="plain2")
for name in ("cumsum", "softmax", "log_softmax", "logsumexp"):
    both(name, [X(8, kind="edges")], 0, form="plain2")
    both(name, [X(6, kind="infinite")], 0, form="plain2")
    both(name, [X(3, 4, kind="masked")], 1, form="plain2")
both("matmul", [X(2, 4, kind="edges"), X(4, 2)], form="plain2")
both("pow", [X(8, kind="edges"), X(8, 1, kind="edges")], form="plain2")
for name in ("mul", "div", "remainder", "maximum"):
    both(name, [X(8, kind="edges"), X(8, 1, kind="edges")], form="plain2")

# Products.
for sa, sb in [([3], [3]), ([3], [3, 2]), ([3], [2, 3, 2]), ([2], [2, 1, 2, 2]), ([2, 3], [3]), ([2, 3], [3, 4]),
    ([2, 3], [2, 3, 2]), ([2, 3], [2, 1, 3, 2]), ([2, 2, 3], [3]), ([2, 2, 3], [3, 2]), ([2, 2, 3], [2, 3, 2]),
    ([1, 2, 3], [2, 3, 1]), ([2, 2, 3], [2, 1, 3, 1]), ([2, 1, 2, 2], [2]), ([2, 2, 1, 3], [3, 2]), ([2, 1, 2, 3], [3, 3, 1]),
    ([2, 1, 2, 3], [1, 2, 3, 2])]:
    both("matmul", [X(*sa), X(*sb)], form="plain2")
    case("matmul", [X(*sa, constant=True), X(*sb)], dtype="f32", form="squared2" if len(sa) + len(sb) < 6 else "plain")
    case("matmul", [X(*sa), X(*sb, constant=True)])
for va, vb in itertools.product("ctse", "cts"):
    case("matmul", [X(3, 4, view=va), X(4, 2, view=vb)], dtype="f32", form="plain2" if va == "t" else "plain")
case("matmul", [X(4, 3, then="t"), X(3, 4, then="t")], form="squared2")
case("matmul", [X(2, 2, 3, then="t"), X(2, 2, 2, view="t")], form="plain2")
case("matmul", [X(1, 2, 3, then="e"), X(3, 2)], form="plain2")
for a, b in [([2, 0], [0, 3]), ([0, 2], [2, 3]), ([0], [0]), ([2, 0, 3], [3, 2]), ([0, 2, 3], [3])]:
    both("matmul", [X(*a), X(*b)])
for name, a, b in [("mm", [2, 3], [3, 2]), ("bmm", [2, 2, 3], [2, 3, 2]), ("mv", [2, 3], [3]), ("dot", [4], [4]), ("outer", [2], [3])]:
    both(name, [X(*a), X(*b)], form="squared2")
    both(name, [X(*a, view="s"), X(*b, view="s")])
    case(name, [X(*a), X(*b)], form="plain2", dtype="f32")
    case(name, [X(*a, constant=True), X(*b)], form="squared2")
EQUATIONS = [("ij,jk->ik", [[2, 3], [3, 2]]), ("ij->ji", [[2, 3]]), ("ii", [[3, 3]]), ("ii->i", [[3, 3]]),
    ("ij,ij->", [[2, 3], [2, 3]]), ("i,j->ij", [[2], [3]]), ("bij,bjk->bik", [[2, 2, 3], [2, 3, 2]]),
    ("...ij,...jk->...ik", [[2, 1, 2, 3], [3, 3, 2]]), ("ij,jk,kl->il", [[2, 3], [3, 2], [2, 2]]), ("ij->", [[2, 3]]),
    ("ba", [[2, 3]]), ("ij,jk", [[2, 3], [3, 2]]), ("bhd,hd->bh", [[2, 3, 2], [3, 2]]), ("ijk->j", [[2, 3, 2]]),
    ("i...->...", [[2, 3, 2]]), ("i,i,i->i", [[3], [3], [3]]), ("iij,j->i", [[2, 2, 3], [3]]), ("ij,ij->ij", [[2, 3], [1, 3]]),
    ("bij,kj->bki", [[2, 2, 3], [2, 3]])]
for equation, shapes in EQUATIONS:
    both("einsum", [X(*shape) for shape in shapes], equation, form="squared2")
    case("einsum", [X(*shape, view="t" if len(shape) > 1 else "s") for shape in shapes], equation, dtype="f32",
        form="plain2" if len(shapes) > 1 else "plain")

# Limits and choice.
for low, high in ((-1, 1), (-0.5, 0.75), (None, 1), (-1, None), (1, -1)):
    both("clamp", [X(3, 4)], low, high)
    both("clamp", [X(8, kind="limits")], low, high, form="squared2")
    case("clamp", [X(2, 4, view="t", kind="edges")], low, high)
    both("clamp_", [X(8, kind="limits")], low, high)
for a, b in [([2, 3], [3]), ([3], [2, 3]), ([2, 3], [])]:
    both("clamp_low", [X(*a), X(*b)], form="squared2")
    both("clamp_high", [X(*a), X(*b)], form="squared2")
    both("clamp_tensors", [X(*a), X(*b), X(*b)], form="squared2")
both("clamp_low", [X(8, kind="limits"), X(8, 1, kind="limits")])
both("clamp_high", [X(8, kind="limits"), X(8, 1, kind="limits")])
both("clamp_tensors", [X(8, kind="limits"), X(8, 1, kind="limits"), X(8, kind="ties")])
both("clamp_tensors", [X(27, kind="slow"), X(27, kind="medium"), X(27, kind="fast")], form="squared2")
both("clamp_low", [X(9, kind="medium"), X(9, kind="fast")], form="squared2")
both("clamp_high", [X(9, kind="medium"), X(9, kind="fast")], form="squared2")
both("clamp_tensors", [X(4, kind="unknown"), X(4, kind="zeros"), X(4, kind="same")])
both("clamp_tensors", [X(4), X(4, kind="unknown"), X(4, kind="same")])
case("clamp_low", [X(2, 3, constant=True), X(3)])
M = dict(dtype="bool", kind="mask")
for shapes in [([2, 3], [2, 3], [2, 3]), ([2, 3], [3], [2, 1]), ([3], [2, 3], []), ([2, 1], [1, 3], [3]), ([], [2], [2]),
    ([0, 3], [3], [1])]:
    mask, a, b = shapes
    both("where_cond", [X(*mask, **M), X(*a), X(*b)], form="squared2")
both("where_cond", [X(3, 2, view="t", **M), X(3, 2, view="t"), X(3, 2, view="s")])
case("where_cond", [X(2, 3, **M), X(2, 3, constant=True), X(2, 3)])
case("where_cond", [X(2, 3, **M), X(2, 3, dtype="f32"), X(2, 3, dtype="f64")])
case("where_cond", [X(8, **M), X(8, kind="edges"), X(8)])
both("where_number", [X(2, 3, **M), X(3)], 2.5)
both("number_where", [X(2, 3, **M), X(3)], -1)

# Shapes.
C, T, S, O = (dict(view=v) for v in "ctso")
SHAPING = [
    ("view", X(2, 6), 3, -1), ("view", X(2, 6), 2, 1, 3, 2), ("view", X(1), ()), ("view", X(), 1), ("view", X(4, 3, **O), 12),
    ("view", X(2, 0), 0, 3), ("view", X(2, 6, **T), 2, 2, 3),
    ("reshape", X(2, 6), 3, -1), ("reshape", X(2, 6, **T), 3, -1), ("reshape", X(2, 3, **S), 6), ("reshape", X(2, 2, 3, then="t"), -1),
    ("reshape", X(1, 4, then="e"), 6, 2),
    ("t", X(2, 3)), ("t", X(4)), ("t", X()), ("t", X(2, 3, **S)), ("transpose", X(2, 3, 4), 0, -1), ("transpose", X(2, 3, **T), 0, 1),
    ("permute", X(2, 3, 4), 2, 0, 1), ("permute", X(2, 3, 2, 2, **T), 3, 1, 0, 2), ("permute", X(2, 3, 2, 2), -1, 0, 2, 1),
    ("permute", X()),
    ("movedim", X(2, 3, 4), 0, 2), ("movedim", X(2, 3, 4, **T), -1, 0), ("movedim", X(2, 2, 2, 3), 1, 3),
    ("unsqueeze", X(2, 3), 0), ("unsqueeze", X(2, 3, **T), -1), ("unsqueeze", X(), 0), ("unsqueeze", X(2, 3, 2), 2),
    ("squeeze", X(1, 3, 1)), ("squeeze", X(2, 3)), ("squeeze", X(1, 1)), ("squeeze_dim", X(1, 3, 1), 0), ("squeeze_dim", X(1, 3, 1), 0, 2),
    ("squeeze_dim", X(2, 3), 1),
    ("expand", X(3, 1), 2, 3, 2), ("expand", X(3, 1), -1, 4), ("expand", X(), 2, 3), ("expand", X(2, 3), 2, 3),
    ("expand", X(2, 1, **S), 2, 2), ("expand", X(1, 3), 0, 3),
    ("flatten", X(2, 3, 2)), ("flatten", X(2, 3, **T)), ("flatten", X()), ("flatten_dims", X(2, 3, 2), 1, -1),
    ("flatten_dims", X(2, 3, 2, 2, **T), 0, 2),
    ("unflatten", X(2, 6), 1, 2, -1), ("unflatten", X(6, 2, **T), 0, 3, 2), ("unflatten", X(6), 0, 1, 2, 3),
    ("flip", X(2, 3), 0), ("flip", X(2, 3, **T), 0, 1), ("flip", X(2, 3, 2), 0, -1), ("flip", X(0, 3), 0), ("flip", X(4, **S), 0),
    ("repeat", X(2, 3), 2, 1), ("repeat", X(3), 2, 2), ("repeat", X(2, 3, **T), 1, 2, 2), ("repeat", X(), 3), ("repeat", X(2, 3), 0, 1),
    ("tile", X(2, 3), 2), ("tile", X(2, 3, **S), 2, 2), ("tile", X(2), 2, 1, 3),
    ("contiguous", X(2, 3)), ("contiguous", X(2, 3, **T)), ("contiguous", X(2, 3, then="t")), ("clone", X(2, 3, **S)),
    ("clone", X()), ("clone", X(0, 2)), ("alias", X(2, 3, **T)),
    ("tril", X(3, 4)), ("triu", X(3, 4, **T)), ("tril", X(2, 3, 2)), ("triu", X(2, 2, 3, 2, **S)), ("tril", X(4, 2)),
    ("diag", X(3)), ("diag", X(3, **S)), ("diag", X(3, 4)), ("diag", X(4, 3, **T)), ("diag", X(3, 3, then="t")), ("diag", X(0)),
    ("select", X(2, 3), 0, 1), ("select", X(2, 3, **T), 1, -1), ("select", X(2, 3, 2, **S), 1, 0), ("select", X(3), 0, 2),
    ("narrow", X(3, 4), 0, 1, 2), ("narrow", X(3, 4, **T), 1, 0, 3), ("narrow", X(2, 2, 3, **S), 2, 1, 1), ("narrow", X(3, 4), 1, 2, 0),
    ("split", X(5, 2), 2), ("split", X(4, 2, **T), 1, 3), ("split", X(4), 4), ("split_dim", X(2, 5), 1, 2),
    ("split_dim", X(2, 3, 2, **S), -2, 2, 1), ("split_dim", X(2, 6, **T), 1, 4),
    ("chunk", X(5, 2), 2), ("chunk", X(3, 2, **T), 3), ("chunk_dim", X(2, 5), 1, 3), ("chunk_dim", X(2, 2, 3, **S), -1, 2),
    ("unbind", X(3, 2)), ("unbind", X(3)), ("unbind", X(2, 3, **T)), ("unbind_dim", X(2, 3), 1),
    ("unbind_dim", X(2, 3, 2, **S), -1), ("unbind_dim", X(2, 0, 2), 0),
]
for name, x, *args in SHAPING:
    args = [a for a in args if a != ()]
    both(name, [x], *args, form="squared2")
for name, a, b in [("view_as", [2, 6], [3, 4]), ("reshape_as", [2, 6], [4, 3]), ("expand_as", [3, 1], [2, 3, 2])]:
    both(name, [X(*a), X(*b)], form="plain2")
for name, shapes in [("cat", [[2, 2], [1, 2], [3, 2]]), ("cat", [[3], [0], [2]]), ("stack", [[2, 3], [2, 3]]),
    ("stack", [[], []]), ("hstack", [[2, 2], [2, 1]]), ("hstack", [[2], [3]]), ("hstack", [[], []]), ("vstack", [[3], [2, 3]]),
    ("vstack", [[], []]), ("dstack", [[3], [3]]), ("dstack", [[2, 3], [2, 3]]), ("dstack", [[1, 2, 1], [1, 2, 2]]),
    ("column_stack", [[2], [2, 3]]), ("column_stack", [[], []])]:
    both(name, [X(*shape) for shape in shapes], form="squared2")
for dim in (0, 1, -1):
    both("cat_dim", [X(2, 2), X(2, 2, **T)], dim, form="squared2")
    both("stack_dim", [X(2, 3, **S), X(2, 3, **T), X(3, 2, then="t")], dim, form="squared2")
case("cat", [X(2, 3, dtype="f32"), X(1, 3, dtype="f64")])
case("cat", [X(1, 3, dtype="i64", kind="numbers"), X(2, 3, dtype="f32")])
case("cat", [X(2, 3, constant=True), X(1, 3)])
case("stack", [X(3, constant=True), X(3), X(3, constant=True)], dtype="f32")
case("vstack", [X(2, constant=True), X(2)])

# Positions.
for name in INDEX:
    deep = name in ("apart", "between", "plane_mask")
    if deep:
        shape = (2, 3, 2) if name != "between" else (2, 3, 3)
        case("i", [X(*shape)], name, dtype="f32", form="squared2")
        case("i", [X(*shape, **T)], name, form="squared2")
        continue
    case("i", [X(3, 4)], name, dtype="f32")
    case("i", [X(3, 4, **T)], name, form="squared2")
    case("i", [X(3, 4, **S)], name, dtype="f32", form="squared2")
    case("i", [X(4, 3, then="t")], name)
for name in ("first", "ellipsis", "newaxis", "list"):
    case("i", [X(3, 3, 2)], name, form="squared2")
    case("i", [X(3, 3, 1, 2, **S)], name, dtype="f32")
case("i", [X(3)], "first")
case("i", [X(4)], "mask", dtype="f32", form="squared2")
P = dict(dtype="i64", seed=0)
both("index_select", [X(3, 4), X(2, **P, kind="below3")], 0, form="squared2")
both("index_select", [X(3, 4, **T), X(6, **P, kind="repeated")], 0, form="squared2")
both("index_select", [X(2, 4, 2, **S), X(4, **P, kind="below4")], 1)
both("index_select", [X(3), X(0, **P, kind="below3")], 0)
both("gather", [X(3, 4), X(3, 2, **P, kind="below4")], 1, form="squared2")
both("gather", [X(3, 4, **T), X(2, 3, **P, kind="repeated")], 0, form="squared2")
both("gather", [X(4), X(6, **P, kind="repeated")], 0)
both("gather", [X(2, 3, 2, **S), X(2, 2, 2, **P, kind="below2")], -1)
both("gather", [X(2, 3), X(2, 0, **P, kind="below2")], 1)
for mask in ([3, 4], [4], [3, 1]):
    both("masked_select", [X(3, 4, **T), X(*mask, **M)], form="squared2")
both("masked_select", [X(4), X(2, 4, **M)], form="squared2")
both("masked_select", [X(4), X(4, dtype="bool", kind="none")])
for name in ("masked_fill", "masked_fill_"):
    both(name, [X(3, 4), X(3, 4, **M)], -9, form="squared2")
    both(name, [X(3, 4, **T), X(4, **M)], 0.5, form="squared2")
    both(name, [X(3, 4), X(3, 1, **M), X()], form="squared2")
    both(name, [X(3, 4, constant=True), X(3, 4, **M), X()], form="squared2")
    both(name, [X(4, kind="edges"), X(4, **M)], 0)

# In place, on a clone.
for name, value in [("first", []), ("first", [4]), ("tail", [3, 3]), ("tail", [3]), ("steps", [2, 2]), ("ellipsis", [3]),
    ("list", [2, 4]), ("list", [4]), ("list_column", [3, 2]), ("pairs", [2]), ("mask", []), ("row_mask", [2, 4]),
    ("grid", [2, 2]), ("number_list", [2])]:
    both("index_put_", [X(3, 4), X(*value)], name, form="squared2")
    case("index_put_", [X(3, 4, **T), X(*value, constant=True)], name)
    case("index_put_", [X(3, 4, constant=True), X(*value)], name, dtype="f32")
for name in ("first", "steps", "list", "mask", "grid"):
    both("index_put_", [X(3, 4, **S)], 2.5, name, form="squared2")
both("scatter_", [X(2, 3), X(2, 2, **P, kind="below3"), X(2, 2)], 1, form="squared2")
both("scatter_", [X(2, 3, **T), X(2, 1, **P, kind="below3"), X(2, 1)], 1, form="squared2")
both("scatter_", [X(3, 2), X(2, 2, **P, kind="below3"), X(2, 2)], 0)
both("scatter_", [X(2, 3, constant=True), X(2, 2, **P, kind="below3"), X(2, 2)], 1)
both("scatter_", [X(2, 3), X(2, 2, **P, kind="below3")], 9, 1, form="squared2")
both("scatter_", [X(4), X(4, **P, kind="below4"), X(4)], 0)
both("index_copy_", [X(3, 4), X(2, **P, kind="below3"), X(2, 4)], 0, form="squared2")
both("index_copy_", [X(2, 3, **T), X(3, **P, kind="below3"), X(2, 3)], 1, form="squared2")
both("index_copy_", [X(3, constant=True), X(2, **P, kind="below3"), X(2)], 0)
both("copy_", [X(2, 3), X(2, 3)], form="squared2")
both("copy_", [X(2, 3, **T), X(3)], form="squared2")
both("copy_", [X(2, 3, constant=True), X(2, 1)])
case("copy_", [X(2, 3, dtype="f64"), X(2, 3, dtype="f32")], form="squared2")
case("copy_", [X(2, 3, dtype="f32"), X(3, dtype="f64")])
case("copy_", [X(2, 3), X(2, 3, dtype="i64", kind="numbers")])
both("fill_", [X(2, 3)], 2.5, form="squared2")
both("zero_", [X(2, 3, **T)], form="squared2")
WRITES = [("add_", 1), ("sub_", 1), ("mul_", 1), ("div_", 1), ("copy_", 1), ("mul_", 2.5), ("fill_", -1), ("zero_",), ("exp_",),
    ("tanh_",), ("relu_",)]
for at, (part, write) in enumerate(itertools.product(PARTS, WRITES)):
    name, *by = write
    value = by[:1] if by and by != [1] else []
    dtype = ("f32", "f64")[at % 2]
    shape = list(PARTS[part](torch.zeros(3, 4)).shape)
    base = X(3, 4, view="c" if part == "flat" else "cts"[at % 3])
    other = [X(*shape[1:], kind="positive")] if by == [1] else []
    case("in_part", [base] + other, part, name, *value, dtype=dtype, form="squared2" if at % 3 == 0 else "plain")
    if name in ("mul_", "copy_", "exp_", "zero_"):
        case("in_part_seen", [base] + other, part, name, *value, dtype="f64", form="squared2" if at % 2 == 0 else "plain")
    if name in ("mul_", "add_", "copy_", "tanh_", "fill_"):
        whole = [X(4, kind="positive")] if by == [1] else []
        case("in_base", [base] + whole, part, name, *value, dtype=dtype, form="squared2" if at % 3 == 0 else "plain")
for at, (part, name) in enumerate(itertools.product(PARTS, ("copy_", "add_", "sub_"))):
    shape = list(PARTS[part](torch.zeros(3, 4)).shape)
    case("in_zeros", [X(*shape[1:])], part, name, dtype=("f32", "f64")[at % 2], form="squared2" if at % 3 == 0 else "plain")

# Other types.
for a, b in itertools.product(("f32", "f64"), repeat=2):
    case("to", [X(2, 3, dtype=a)], b, form="squared2")
    case("to", [X(2, 3, dtype=a, view="t")], b)
    case("to", [X(dtype=a)], b)
for dtype in ("f32", "f64"):
    case("double", [X(2, 3, then="t")], dtype=dtype, form="squared2")
    case("float", [X(2, 0)], dtype=dtype)
    case("there_and_back", [X(2, 3)], dtype=dtype, form="plain2")

# Formulas of several operations.
FORMULAS = {
    "squared_matrix": [[3, 3]], "self_outer": [[3]], "symmetric": [[3, 3]],
    "mean_squared": [[3, 4], [3, 4]], "logistic_loss": [[3, 4], [3, 4]], "attention": [[2, 3, 4], [2, 3, 4], [2, 3, 2]],
    "linear": [[2, 3], [4, 3], [4]],
    "network": [[2, 3], [3, 4], [4]], "gelu_network": [[2, 3], [3, 4], [4]], "recurrent": [[3, 2, 2], [2, 2]],
    "distances": [[2, 3], [3, 3]],
    "polynomial": [[2, 3], [4]], "without_gradient": [[2, 3], [3]], "accumulated": [[3, 4], [4]], "relay": [[3, 4], [4]],
    "before_and_after": [[3, 4], [4]],
    "views_of_views": [[3, 4], [3]], "two_views": [[3, 4], [4]], "rows_written": [[4], [4]], "plus_assigned": [[2, 3], [3]],
    "assigned_part": [[3, 2], [2]],
    "copied_over": [[2, 3], [3]], "filled_then_added": [[3], [2, 3]], "written_where_positive": [[2, 3], []],
    "masked_then_softmax": [[3, 3]],
}
FORMULAS |= {name: [[3, 4], [4]] for name in ("view_before_gradient", "sibling_views", "changed_without_gradient",
    "changed_under_detach", "contiguous_in_place", "reshaped_in_place", "same_type_in_place", "twice_in_place", "mixed_in_place",
    "written_to_parts", "no_rows_in_place", "copy_in_place")}
for name in EXPRESSIONS:
    shapes = FORMULAS.get(name, [[3, 4]])
    kind = "positive" if name == "self_power" else "plain"
    both("expression", [X(*shape, kind=kind) for shape in shapes], name, form="plain2")
    case("expression", [X(*shape, kind=kind, view="t" if len(shape) > 1 else "s" if shape else "c") for shape in shapes], name,
        dtype="f32", form="squared2")

print(COUNTS, "in all", sum(COUNTS.values()), file=sys.stderr)
print(f"largest rounding error in f32: {WORST[0]:.2g} in {WORST[1]}", file=sys.stderr)
assert WORST[0] < 25 * torch.finfo(torch.float32).eps, "the test allows four times as much"
