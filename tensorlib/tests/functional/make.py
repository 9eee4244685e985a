#!/usr/bin/env python3
"""Writes cases.txt: what PyTorch's torch.nn.functional answers, for the test `functional` to compare with.

    pip install torch==2.15.0 numpy
    python make.py > cases.txt

A line `case; name; inputs; result; gradients` is an expression (see `expressions.py`) of inputs, which are not written out but
made by the rule of the test `golden` (see `inputs.py` there): `dtype:shape:view:seed`, with `!` if it asks for no gradient.
The gradients are those of the sum over `result * w`, for all inputs that ask, in their order: the elements alone. `w` has the
shape of the result and is made by the rule with seed 77. Everything is in double precision.

A line `random; name; result` is what an expression gives after `manual_seed(7)`.
"""
import pathlib
import sys
import warnings

import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "golden"))
from inputs import NAMES, Source  # noqa: E402
from expressions import EXPRESSIONS, RANDOM  # noqa: E402

warnings.simplefilter("ignore")


def number(value):
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int) or value != value or value in (float("inf"), float("-inf")):
        return str(value)
    text = f"{value:.13g}"
    return text[1:] if text.startswith("0.") else text.replace("-0.", "-.", 1) if text.startswith("-0.") else text


def elements(x):
    return " ".join(number(value) for value in x.detach().reshape(-1).tolist())


def written(x):
    return f"{NAMES[x.dtype]}:{'x'.join(map(str, x.shape))}:{elements(x)}"


def case(name, specs, call):
    tensors = []
    for spec in specs:
        dtype, shape, view, seed = spec.rstrip("!").split(":")
        x = Source(dtype, [int(length) for length in shape.split("x") if length], view, int(seed)).tensor.clone()
        tensors.append(x.requires_grad_(not spec.endswith("!")))
    result = call(*tensors)
    several = isinstance(result, tuple)
    result, more = (result[0], result[1:]) if several else (result, ())
    asking = [x for x in tensors if x.requires_grad]
    gradients = []
    if asking and result.requires_grad:
        w = Source("f64", list(result.shape), "c", 77).tensor
        gradients = torch.autograd.grad((result * w).sum(), asking, allow_unused=True)
    texts = [elements(g) if g is not None else "" for g in gradients]
    print(f"case;{name};{','.join(specs)};{'|'.join(map(written, (result, *more)))};{'|'.join(texts)}")


for name, (specs, call) in EXPRESSIONS.items():
    case(name, specs, call)
for name, call in RANDOM.items():
    torch.manual_seed(7)
    print(f"random;{name};{written(call())}")
