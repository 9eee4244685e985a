#!/usr/bin/env python3
"""Writes cases.txt: what PyTorch answers, for the test `golden` to compare with.

    pip install torch==2.15.0 numpy
    python make.py > cases.txt

Each line is `operation; arguments; inputs; results`. Inputs are not written out but made by a rule that both sides know
(see `inputs.py` and `source.rs`): `dtype:shape:view:seed`. Results are `dtype:shape:values`.
"""
import itertools
import sys

import torch

from inputs import DTYPES, NAMES, Source, results


def number(value):
    if isinstance(value, bool):
        return "1" if value else "0"
    return repr(value)


def written(x):
    x = x.detach()
    flat = x.contiguous().reshape(-1).tolist()
    if x.dtype == torch.float32:
        flat = [float(f"{v:.8g}") for v in flat]
    return f"{NAMES[x.dtype]}:{'x'.join(map(str, x.shape))}:{' '.join(number(v) for v in flat)}"


COUNT = 0


def case(name, sources, call, *arguments):
    global COUNT
    made = results(call(*[s.tensor for s in sources]))
    args = " ".join(str(a) for a in arguments)
    print(f"{name};{args};{','.join(s.spec for s in sources)};{'|'.join(written(r) for r in made)}")
    COUNT += 1


S = Source
NUMERIC = ["f32", "f64", "i64", "i32", "u8"]
ALL = NUMERIC + ["bool"]

# Arithmetic: promotion of every pair of types.
for name in ("add", "mul", "div", "maximum", "minimum"):
    for a, b in itertools.combinations_with_replacement(ALL, 2):
        case(name, [S(a, [2, 3]), S(b, [2, 3], seed=2)], lambda x, y: getattr(torch, name)(x, y))
for a, b in itertools.combinations_with_replacement(NUMERIC, 2):
    case("sub", [S(a, [2, 3]), S(b, [3], seed=2)], torch.sub)
    case("pow", [S(a, [2, 2], "p"), S(b, [2, 2], "p", 3)], torch.pow)
    case("floor_divide", [S(a, [2, 3]), S(b, [2, 3], "p", 2)], torch.floor_divide)
    case("remainder", [S(a, [2, 3]), S(b, [2, 3], "p", 2)], torch.remainder)
# A tensor of rank zero counts less than one with dimensions.
for a, b in [("f32", "f64"), ("i32", "f64"), ("i32", "i64"), ("u8", "i32"), ("bool", "i64"), ("i64", "f32"), ("f32", "i64")]:
    case("add", [S(a, [3]), S(b, [], seed=4)], torch.add)
# Numbers.
for a in ALL:
    case("add_number", [S(a, [2, 2])], lambda x: x + 3, 3)
    case("add_number", [S(a, [2, 2])], lambda x: x + 1.5, 1.5)
    case("mul_number", [S(a, [2, 2])], lambda x: x * 2, 2)
    case("div_number", [S(a, [2, 2])], lambda x: x / 4, 4)
    case("rdiv_number", [S(a, [2, 2], "p") if a != "bool" else S("u8", [2, 2], "p")], lambda x: 2 / x, 2)
for a in NUMERIC:
    case("rsub_number", [S(a, [2, 2])], lambda x: 10 - x, 10)
    case("pow_number", [S(a, [2, 2])], lambda x: x**2, 2)
    case("pow_number", [S(a, [2, 2])], lambda x: x**3, 3)
    case("floor_divide_number", [S(a, [2, 3])], lambda x: x // 3, 3)
    case("remainder_number", [S(a, [2, 3])], lambda x: x % 3, 3)
    if a != "u8":
        case("floor_divide_number", [S(a, [2, 3])], lambda x: x // -2, -2)
        case("remainder_number", [S(a, [2, 3])], lambda x: x % -3, -3)
# Multiples divide without rest, whatever the signs; nothing can be divided by zero.
for a in ("f32", "f64", "i64"):
    case("floor_divide", [S(a, [40]), S(a, [40], "p", 1)], torch.floor_divide)
    case("remainder", [S(a, [40]), S(a, [40], "p", 1)], torch.remainder)
    case("floor_divide_number", [S(a, [40], seed=9)], lambda x: x // -2, -2)
    case("remainder_number", [S(a, [40], seed=9)], lambda x: x % -2, -2)
case("remainder", [S("u8", [2, 0, 3]), S("i32", [1, 1])], torch.remainder)
for a, b in [("f32", "f32"), ("f64", "f64"), ("f32", "f64")]:
    case("pow", [S(a, [50]), S(b, [50], seed=2)], torch.pow)
for n in (-2, -1, 0, 4):
    case("pow_number", [S("f32", [40])], lambda x: x**n, n)
# Broadcasting and memory order.
for va, vb in itertools.product("ctsoe", "cts"):
    case("add", [S("f32", [4, 3], va), S("f32", [4, 3], vb, 2)], torch.add)
for sa, sb in [([4, 1], [3]), ([2, 1, 3], [4, 1]), ([1], [2, 2]), ([], [2, 3]), ([0, 3], [3]), ([2, 0], [1, 1]), ([5, 1, 2], [3, 1])]:
    case("sub", [S("f32", sa), S("f32", sb, seed=2)], torch.sub)
    case("mul", [S("i64", sa), S("f32", sb, seed=2)], torch.mul)
case("add", [S("f32", [70, 90], "t"), S("f32", [90], seed=2)], lambda x, y: (x + y)[::23, ::31], "corner")
# In place.
for a, b in [("f32", "f32"), ("f32", "i64"), ("f64", "f32"), ("i64", "i32"), ("i32", "bool"), ("f32", "f64")]:
    case("add_", [S(a, [2, 3]), S(b, [3], seed=2)], lambda x, y: x.clone().add_(y))
    case("mul_", [S(a, [2, 3], "t"), S(b, [2, 3], seed=2)], lambda x, y: x.clone().mul_(y))
case("add_transposed_", [S("f32", [3, 3])], lambda x: x.add_(x.t().clone()))
# Comparisons and logic.
for name in ("eq", "ne", "lt", "le", "gt", "ge"):
    for a, b in [("f32", "f32"), ("i64", "f32"), ("u8", "i32"), ("bool", "bool"), ("f64", "i64")]:
        case(name, [S(a, [2, 3]), S(b, [3], seed=5)], lambda x, y: getattr(torch, name)(x, y))
    case(name, [S("f32", [4], "n"), S("f32", [4], "n")], lambda x, y: getattr(torch, name)(x, y))
for name in ("logical_and", "logical_or", "logical_xor"):
    for a, b in [("bool", "bool"), ("f32", "i64"), ("u8", "u8")]:
        case(name, [S(a, [2, 3]), S(b, [2, 3], seed=5)], lambda x, y: getattr(torch, name)(x, y))
for a in ALL:
    case("logical_not", [S(a, [5])], torch.logical_not)
case("isnan", [S("f32", [4], "n")], torch.isnan)
case("where", [S("bool", [2, 3]), S("f32", [3], seed=2), S("f32", [2, 1], seed=3)], torch.where)
case("where", [S("bool", [2, 3], "t"), S("i64", [2, 3], seed=2), S("f32", [2, 3], seed=3)], torch.where)
# Functions of one tensor.
for name in ("exp", "sigmoid", "tanh", "sin", "cos", "tan", "atan", "sinh", "cosh", "expm1", "exp2"):
    for a, v in [("f32", "c"), ("f32", "t"), ("f64", "s"), ("i64", "c"), ("bool", "c")]:
        case(name, [S(a, [2, 3], v)], getattr(torch, name))
for name in ("log", "log2", "log10", "log1p", "sqrt", "rsqrt", "reciprocal"):
    for a in ("f32", "f64", "i32"):
        case(name, [S(a, [2, 3], "p")], getattr(torch, name))
    case(name, [S("f32", [4])], getattr(torch, name))
for name in ("asin", "acos"):
    case(f"{name}_of_fifth", [S("f32", [6])], lambda x: getattr(torch, name)(x / 5), "fifth")
for name in ("abs", "neg", "sign", "square", "relu"):
    for a in NUMERIC:
        case(name, [S(a, [2, 3])], getattr(torch, name))
    case(name, [S("f32", [4], "n")], getattr(torch, name))
case("sign", [S("bool", [4])], torch.sign)
case("square", [S("bool", [4])], torch.square)
for name in ("floor", "ceil", "round", "trunc"):
    case(name, [S("f32", [3, 3])], getattr(torch, name))
    case(name, [S("f64", [3, 3], "t")], getattr(torch, name))
for name in ("gelu", "silu", "softplus"):
    case(name, [S("f32", [3, 3])], getattr(torch.nn.functional, name))
    case(name, [S("f64", [3, 3])], getattr(torch.nn.functional, name))
for a in ("f32", "i64"):
    case("clamp", [S(a, [2, 4])], lambda x: x.clamp(-2, 3), -2, 3)
    case("clamp", [S(a, [2, 4], "t")], lambda x: x.clamp(-1.5, 1.5), -1.5, 1.5)
    case("clamp", [S(a, [2, 4])], lambda x: x.clamp(3, -2), 3, -2)
case("clamp", [S("u8", [2, 4])], lambda x: x.clamp(-2, 3), -2, 3)
case("clamp", [S("f32", [4], "n")], lambda x: x.clamp(-1, 1), -1, 1)
# Reductions.
for name in ("sum", "prod", "mean", "var", "std", "max", "min", "argmax", "argmin", "any", "all", "norm", "amax", "amin"):
    floating = name in ("mean", "var", "std", "norm")
    for a in ["f32", "f64"] if floating else ALL:
        if name == "prod" and a not in ("f32", "i32", "bool"):
            continue
        if name in ("argmax", "argmin", "max", "min", "amax", "amin") and a == "bool":
            continue
        for v in "ct":
            source = S(a, [3, 4], v)
            if name not in ("amax", "amin"):
                case(name, [source], lambda x: getattr(torch, name)(x))
            for dim in (0, -1):
                case(name + "_dim", [source], lambda x: getattr(torch, name)(x, dim=dim), dim)
    case(name + "_keepdim", [S("f32", [2, 3, 2], "s")], lambda x: getattr(torch, name)(x, dim=1, keepdim=True), 1)
for name in ("sum", "mean", "var", "amax"):
    case(name + "_dims", [S("f32", [2, 3, 4], "t")], lambda x: getattr(torch, name)(x, dim=(0, 2)), 0, 2)
    case(name + "_dims", [S("f32", [2, 3, 4, 2])], lambda x: getattr(torch, name)(x, dim=(1, 2)), 1, 2)
for name in ("max", "min", "argmax", "argmin"):
    case(name, [S("f32", [5], "n")], lambda x: getattr(torch, name)(x))
    case(name + "_dim", [S("f32", [2, 4], "n")], lambda x: getattr(torch, name)(x, dim=1), 1)
    case(name + "_dim", [S("f32", [2, 4], "n")], lambda x: getattr(torch, name)(x, dim=0), 0)
for name in ("max", "argmin"):
    case(name + "_dim", [S("f32", [2, 3, 0])], lambda x: getattr(torch, name)(x, dim=1), 1)
    case(name + "_dim", [S("f32", [20, 30], "t")], lambda x: getattr(torch, name)(x, dim=0), 0)
for a in ("f32", "i64"):
    for dims in ((0,), (1,), (0, 2)):
        case("sum_dims", [S(a, [6, 5, 4], "s")], lambda x: x.sum(dims), *dims)
    case("sum_dims", [S(a, [40, 30], "o")], lambda x: x.sum(0), 0)
case("sum", [S("f32", [0])], torch.sum)
case("prod", [S("f32", [0])], torch.prod)
case("sum_dim", [S("f32", [2, 0])], lambda x: x.sum(dim=1), 1)
case("sum", [S("f32", [])], torch.sum)
for p in (1.0, 2.0, 3.0, float("inf")):
    case("norm_p", [S("f32", [3, 4])], lambda x: torch.linalg.vector_norm(x, p, dim=1), p, 1)
for a in ("f32", "i64", "u8", "bool"):
    case("cumsum", [S(a, [3, 4], "t")], lambda x: x.cumsum(1), 1)
    case("cumsum", [S(a, [3, 4])], lambda x: x.cumsum(0), 0)
case("cumprod", [S("f32", [3, 4])], lambda x: x.cumprod(1), 1)
for a, v in [("f32", "c"), ("f64", "t"), ("i64", "s"), ("u8", "c"), ("f32", "n")]:
    for dim in (0, 1):
        for descending in (False, True):
            case("sort", [S(a, [3, 4], v)], lambda x: torch.sort(x, dim=dim, descending=descending, stable=True), dim, int(descending))
    case("sort", [S(a, [600], "c", 3)], lambda x: torch.sort(x, stable=True), 0, 0)
    case("argsort", [S(a, [2, 5], v)], lambda x: torch.argsort(x, dim=1, stable=True), 1, 0)
for largest in (True, False):
    case("topk_values", [S("f32", [3, 5])], lambda x: torch.topk(x, 2, dim=1, largest=largest)[0], 2, 1, int(largest))
    case("topk_values", [S("i64", [5, 3], "t")], lambda x: torch.topk(x, 3, dim=0, largest=largest)[0], 3, 0, int(largest))
case("topk_values", [S("f32", [])], lambda x: torch.topk(x, 0, dim=0)[0], 0, 0, 1)
case("topk_values", [S("f32", [2, 300])], lambda x: torch.topk(x, 40, dim=1)[0], 40, 1, 1)
for name in ("softmax", "log_softmax"):
    for a, v in [("f32", "c"), ("f32", "t"), ("f64", "c")]:
        for dim in (0, 1):
            case(name, [S(a, [3, 4], v)], lambda x: getattr(torch, name)(x, dim=dim), dim)
case("logsumexp", [S("f32", [3, 4])], lambda x: torch.logsumexp(x, 1), 1)
case("count_nonzero", [S("i64", [3, 4])], torch.count_nonzero)
# Linear algebra.
for a in ("f32", "f64", "i64", "i32", "u8"):
    for sa, sb in [([3], [3]), ([2, 3], [3, 4]), ([3], [3, 2]), ([2, 3], [3]), ([2, 2, 3], [3, 2]), ([2, 2, 3], [2, 3, 2]), ([2, 1, 2, 3], [3, 3, 2]), ([3], [2, 3, 2]), ([2, 2, 3], [3])]:
        case("matmul", [S(a, sa), S(b := a, sb, seed=2)], torch.matmul)
for va, vb in itertools.product("ctse", "cts"):
    case("matmul", [S("f32", [3, 4], va), S("f32", [4, 2], vb, 2)], torch.matmul)
case("matmul", [S("f32", [2, 0]), S("f32", [0, 3])], torch.matmul)
case("matmul", [S("f32", [20, 33], "t"), S("f32", [33, 1], seed=2)], torch.matmul)
case("matmul", [S("f32", [1, 65]), S("f32", [65, 5], "t", 2)], torch.matmul)
case("mm", [S("f32", [2, 3]), S("f32", [3, 2], seed=2)], torch.mm)
case("bmm", [S("f32", [2, 2, 3], "t"), S("f32", [2, 3, 2], seed=2)], torch.bmm)
case("mv", [S("f32", [2, 3]), S("f32", [3], seed=2)], torch.mv)
case("dot", [S("f32", [5], "s"), S("f32", [5], seed=2)], torch.dot)
case("outer", [S("f32", [2]), S("f32", [3], seed=2)], torch.outer)
for equation, shapes in [("ij,jk->ik", [[2, 3], [3, 2]]), ("ij->ji", [[2, 3]]), ("ii", [[3, 3]]), ("ii->i", [[3, 3]]), ("ij,ij->", [[2, 3], [2, 3]]), ("i,j->ij", [[2], [3]]), ("bij,bjk->bik", [[2, 2, 3], [2, 3, 2]]), ("...ij,...jk->...ik", [[2, 1, 2, 3], [3, 3, 2]]), ("ij,jk,kl->il", [[2, 3], [3, 2], [2, 2]]), ("ij", [[2, 3]]), ("ba", [[2, 3]]), ("ij,jk", [[2, 3], [3, 2]]), ("bhd,hd->bh", [[2, 3, 2], [3, 2]]), ("ijk->j", [[2, 3, 2]]), ("i...->...", [[2, 3, 2]])]:
    case("einsum", [S("f32", shape, seed=n + 1) for n, shape in enumerate(shapes)], lambda *x: torch.einsum(equation, *x), equation)
# Shapes.
for v in "cts":
    x = S("i64", [2, 6], v)
    case("reshape", [x], lambda x: x.reshape(3, -1), 3, -1)
    case("flatten", [x], lambda x: x.flatten(), 0, -1)
    case("t", [x], lambda x: x.t())
    case("repeat", [x], lambda x: x.repeat(2, 1, 2), 2, 1, 2)
    case("unsqueeze", [x], lambda x: x.unsqueeze(1), 1)
    case("flip", [x], lambda x: x.flip(0, 1), 0, 1)
    case("contiguous", [x], lambda x: x.contiguous())
    case("split", [x], lambda x: x.split(4, 1), 4, 1)
    case("chunk", [x], lambda x: x.chunk(4, 1), 4, 1)
case("permute", [S("f32", [2, 3, 4])], lambda x: x.permute(2, 0, 1), 2, 0, 1)
case("transpose", [S("f32", [2, 3, 4])], lambda x: x.transpose(0, -1), 0, -1)
case("permute", [S("f32", [2, 3, 4, 2], "t")], lambda x: x.permute(3, 1, 0, 2), 3, 1, 0, 2)
case("expand", [S("f32", [3, 1])], lambda x: x.expand(2, 3, 2), 2, 3, 2)
case("squeeze", [S("f32", [1, 3, 1])], lambda x: x.squeeze())
for dim in (0, 1):
    case("cat", [S("f32", [2, 2]), S("f32", [2, 2], "t", 2)], lambda x, y: torch.cat([x, y], dim), dim)
    case("stack", [S("i64", [2, 2]), S("i64", [2, 2], "s", 2)], lambda x, y: torch.stack([x, y], dim), dim)
case("cat", [S("i64", [1, 3]), S("f32", [2, 3], seed=2)], lambda x, y: torch.cat([x, y], 0), 0)
# Indices, written as in Python; the Rust side has them by name.
INDEX = {
    "first": lambda x: x[0], "last": lambda x: x[-1], "column": lambda x: x[:, 1], "tail": lambda x: x[:, 1:],
    "steps": lambda x: x[::2, 1::2], "beyond": lambda x: x[1:100, -2:], "ellipsis": lambda x: x[..., 0],
    "newaxis": lambda x: x[:, None, 1:], "element": lambda x: x[1, 2], "mask": lambda x: x[x > 0],
    "list": lambda x: x[[2, 0]], "list_column": lambda x: x[:, [2, 0, -1]], "pairs": lambda x: x[[0, 2], [1, -1]],
    "grid": lambda x: x[torch.tensor([[0], [2]]), torch.tensor([1, 3])], "row_mask": lambda x: x[torch.tensor([True, False, True])],
    "empty": lambda x: x[2:1],
}
for name, call in INDEX.items():
    for a, v in [("f32", "c"), ("i64", "t"), ("f32", "s")]:
        case("index", [S(a, [3, 4], v)], call, name)
case("gather", [S("f32", [3, 4])], lambda x: x.gather(1, torch.tensor([[0, 3], [1, 1], [2, 0]])))
case("index_select", [S("f32", [3, 4], "t")], lambda x: x.index_select(1, torch.tensor([3, 0])))
case("masked_fill", [S("f32", [3, 4], "t")], lambda x: x.masked_fill(x > 1, -9.0))
case("masked_select", [S("f32", [3, 4], "t")], lambda x: x.masked_select(x > 1))
case("nonzero", [S("i64", [3, 4])], torch.nonzero)
case("tril", [S("f32", [3, 4])], torch.tril)
case("triu", [S("f32", [3, 4], "t")], torch.triu)
case("diag", [S("f32", [3])], torch.diag)
case("diag", [S("f32", [3, 4])], torch.diag)
case("scatter", [S("f32", [2, 3])], lambda x: x.clone().scatter_(1, torch.tensor([[2], [0]]), 9.0))


def put(x, index, value):
    x = x.clone()
    x[index] = value
    return x


case("index_put", [S("f32", [3, 4])], lambda x: put(x, (slice(None), slice(1, None)), 7.0), "tail")
case("index_put", [S("f32", [3, 4], "t")], lambda x: put(x, x > 0, 0.5), "mask")
case("index_put", [S("f32", [3, 4])], lambda x: put(x, ([0, 2], [1, -1]), 5.0), "pairs")
# Conversion.
for a, b in itertools.permutations(ALL, 2):
    if b == "u8" and a in ("f32", "f64"):
        continue  # Negative fractions as bytes are undefined in C++.
    case("to", [S(a, [2, 4], "t" if a == "f32" else "c")], lambda x: x.to(DTYPES[b]), b)
# Random numbers: the same seed gives the same numbers.
for seed in (0, 42):
    torch.manual_seed(seed)
    case("rand", [], lambda: torch.rand(3, 3), seed)
    torch.manual_seed(seed)
    case("randn", [], lambda: torch.randn(5), seed, 5)
    torch.manual_seed(seed)
    case("randn", [], lambda: torch.randn(20), seed, 20)
    torch.manual_seed(seed)
    case("randint", [], lambda: torch.randint(-3, 9, (8,)), seed)
    torch.manual_seed(seed)
    case("randperm", [], lambda: torch.randperm(9), seed)
case("arange", [], lambda: torch.arange(0, 1, 0.1), 0, 1, 0.1)
case("linspace", [], lambda: torch.linspace(-1, 2, 7), -1, 2, 7)
# Short calls, with PyTorch's defaults.
for v in ("c", "t"):
    x = S("f32", [3, 4], v)
    case("flatten_all", [x], lambda x: x.flatten())
    case("sort_last", [x], lambda x: torch.sort(x, stable=True))
    case("sort_last_descending", [x], lambda x: torch.sort(x, descending=True, stable=True))
    case("argsort_last", [x], lambda x: torch.argsort(x, stable=True))
    case("argsort_last_descending", [x], lambda x: torch.argsort(x, descending=True, stable=True))
    case("topk_last", [x], lambda x: torch.topk(x, 2)[0], 2)
    case("topk_last_smallest", [x], lambda x: torch.topk(x, 2, largest=False)[0], 2)
    case("std_correction", [x], lambda x: x.std(correction=0), 0)
    case("std_correction_dim", [x], lambda x: x.std(1, correction=0), 0, 1)
    case("norm_p_all", [x], lambda x: x.norm(3), 3)
    case("unbind_first", [x], lambda x: x.unbind())
    case("split_first", [x], lambda x: x.split(2), 2)
    case("chunk_first", [x], lambda x: x.chunk(2), 2)
    case("isclose", [x, S("f32", [4], seed=2)], torch.isclose)
    case("where_method", [x], lambda x: x.where(x > 0, -1.0))
    for times in ((2,), (2, 3), (2, 1, 3)):
        case("tile", [x], lambda x: x.tile(times), *times)
for name in ("hstack", "vstack", "dstack", "column_stack"):
    for shapes in (([], []), ([3], [3]), ([2, 3], [2, 3]), ([2, 2, 2], [2, 2, 2])):
        case(name, [S("f32", shapes[0]), S("f32", shapes[1], seed=2)], lambda x, y: getattr(torch, name)([x, y]))
case("column_stack", [S("i64", [2, 3]), S("f32", [2], seed=2)], lambda x, y: torch.column_stack([x, y]))
# Lists beside tensors: their decimals are weaker than a tensor's type, their whole numbers as strong.
for a in ALL:
    case("add_decimals", [S(a, [2, 2])], lambda x: x + (torch.tensor([0.5, 2.0], dtype=x.dtype if x.is_floating_point() else None)))
    case("add_whole", [S(a, [2, 2])], lambda x: x + torch.tensor([1, 2]))
print(COUNT, "cases", file=sys.stderr)
