#!/usr/bin/env python3
"""Writes cases.txt: what PyTorch makes of matrices, for the test `matrices` to compare with.

    pip install torch==2.15.0 numpy
    python make.py > cases.txt

A line `call; made; inputs; amplified; results; gradients` is a call of `expressions.py`. Its inputs are not written out but made
by the rule of the test `golden` (see `inputs.py` there), with `!` if they ask for no gradient; then `made` says what is made of
the first one. The gradients are those of the sum over all results, each times numbers that are made by the rule with seeds 77, 78,
and so on. Everything is in double precision. `amplified` says how many rounding errors PyTorch itself is off in single
precision: by as many, in either precision, and by some more, the numbers here may be off.
"""
import math
import pathlib
import sys
import warnings

import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "golden"))
from inputs import NAMES, Source  # noqa: E402
from expressions import CALLS, MADE, cases  # noqa: E402

warnings.simplefilter("ignore")
torch.set_num_threads(1)
# What was not computed at all in single precision may be off by so many rounding errors.
UNKNOWN = 1e5


def number(value):
    if isinstance(value, int) or not math.isfinite(value):
        return str(value)
    text = f"{value:.12g}"
    return text[1:] if text.startswith("0.") else text.replace("-0.", "-.", 1) if text.startswith("-0.") else text


def elements(x):
    return " ".join(number(value) for value in x.detach().reshape(-1).tolist())


def written(x):
    return f"{NAMES[x.dtype]}:{'x'.join(map(str, x.shape))}:{elements(x)}"


def source(spec, dtype):
    name, shape, view, seed = spec.split(":")
    return Source(name, [int(length) for length in shape.split("x") if length], view, int(seed)).tensor.clone().to(dtype)


def computed(call, made, specs, dtype):
    """The results, and the gradients."""
    leaves = [source(spec.rstrip("!"), dtype).requires_grad_(not spec.endswith("!")) for spec in specs]
    results = CALLS[call](MADE[made](leaves[0]), *leaves[1:])
    results = results if isinstance(results, tuple) else (results,)
    asking = [x for x in leaves if x.requires_grad]
    loss = 0
    for seed, result in enumerate(results):
        if result.requires_grad:
            loss = loss + (result * source(f"f64:{'x'.join(map(str, result.shape))}:c:{77 + seed}", dtype)).sum()
    if not asking or not torch.is_tensor(loss):
        return results, []
    gradients = torch.autograd.grad(loss, asking, allow_unused=True)
    return results, [x if g is None else g for x, g in zip([x * 0 for x in asking], gradients)]


def amplified(exact, rounded):
    errors = [0.0]
    for a, b in zip(exact, rounded):
        if a.numel() and a.is_floating_point():
            scale = max(1.0, a[a.isfinite()].abs().max().item() if a.isfinite().any() else 1.0)
            error = (a - b.double()).abs()
            errors.append(error[a.isfinite()].nan_to_num(1e300).max().item() / scale / 2.0**-23 if a.isfinite().any() else 0.0)
    return min(max(errors), UNKNOWN)


for call, made, specs in cases():
    results, gradients = computed(call, made, specs, torch.float64)
    try:
        single = computed(call, made, specs, torch.float32)
        off = amplified([*results, *gradients], [*single[0], *single[1]])
    except RuntimeError:
        off = UNKNOWN
    texts = "|".join(written(x) for x in results)
    print(f"{call};{made};{','.join(specs)};{off:.3g};{texts};{'|'.join(elements(g) for g in gradients)}")
