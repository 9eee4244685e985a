"""Writes what PyTorch gives for layers and losses: `python golden.py > cases.txt`. Needs torch.

A line is `kind;options;shapes;numbers`. Options are `name=value`, lists with `x` between. Everything is drawn after
`manual_seed(7)` in this order: the layer, its inputs, and the gradient of its result. Of each tensor three numbers are
kept: its products with two waves, and its norm. They are those of the first parameters, the result, the gradients of the
inputs, the gradients of the parameters, and the buffers afterwards.
"""
import itertools
import math

import torch
from torch import nn
from torch.nn import functional as F

torch.set_num_threads(1)


def numbers(tensor):
    values = tensor.detach().double().flatten()
    at = torch.arange(values.numel(), dtype=torch.float64)
    waves = [torch.cos(0.7 * at + 0.3), torch.cos(1.9 * at + 1.1)]
    found = [float((values * wave).sum()) for wave in waves] + [float(values.norm())]
    return ",".join(f"{number:.7g}" for number in found)


def text(value):
    if isinstance(value, (list, tuple)):
        return "x".join(str(item) for item in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def line(kind, options, shapes, parts):
    told = ",".join(f"{name}={text(value)}" for name, value in options.items())
    print(";".join([kind, told, "/".join(text(shape) for shape in shapes), "|".join(":".join(part) for part in parts)]))


def drawn(shape, like):
    """An input: numbers, or for `like=n` whole numbers below n."""
    if like:
        return torch.randint(like, shape)
    return torch.randn(shape).requires_grad_(True)


def layer(kind, options, shapes, make, call=None, whole=0, evaluate=False):
    torch.manual_seed(7)
    module = make()
    parameters = list(module.parameters())
    first = [numbers(parameter) for parameter in parameters]
    inputs = [drawn(shape, whole) for shape in shapes]
    if evaluate:
        with torch.no_grad():
            module(*inputs)
        module.eval()
    results = (call or (lambda m, *x: m(*x)))(module, *inputs)
    results = results if isinstance(results, tuple) else (results,)
    sum((result * torch.randn(result.shape)).sum() for result in results).backward()
    leaves = [x for x in inputs if x.requires_grad]
    options = dict(options, **({"eval": True} if evaluate else {}), **({"whole": whole} if whole else {}))
    line(kind, options, shapes, [
        first,
        [numbers(result) for result in results],
        [numbers(x.grad) for x in leaves],
        [numbers(p.grad if p.grad is not None else torch.zeros_like(p)) for p in parameters],
        [numbers(buffer) for buffer in module.buffers()],
    ])


def crossed(**choices):
    for values in itertools.product(*choices.values()):
        yield dict(zip(choices, values))


def linear():
    for o in crossed(i=[1, 3, 16], o=[1, 5], bias=[True, False]):
        for front in [[4], [2, 3], []]:
            layer("Linear", o, [front + [o["i"]]], lambda: nn.Linear(o["i"], o["o"], bias=o["bias"]))
    for o in crossed(a=[3], b=[1, 4], o=[2, 5], bias=[True, False]):
        layer("Bilinear", o, [[6, o["a"]], [6, o["b"]]], lambda: nn.Bilinear(o["a"], o["b"], o["o"], bias=o["bias"]))
    layer("Flatten", {}, [[2, 3, 4]], nn.Flatten)
    layer("Unflatten", {}, [[2, 12]], lambda: nn.Unflatten(1, (3, 4)))
    layer("Identity", {}, [[2, 3]], nn.Identity)


def convolutions():
    for o in crossed(k=[1, 3, 4], stride=[1, 2], padding=[0, 1], dilation=[1, 2], groups=[1, 2], bias=[True, False]):
        if o["padding"] > o["k"] // 2:
            continue
        args = dict(stride=o["stride"], padding=o["padding"], dilation=o["dilation"], groups=o["groups"], bias=o["bias"])
        layer("Conv2d", o, [[2, 4, 11, 9]], lambda: nn.Conv2d(4, 6, o["k"], **args))
        if o["bias"]:
            layer("Conv1d", o, [[2, 4, 11]], lambda: nn.Conv1d(4, 6, o["k"], **args))
    layer("Conv2d", dict(k=[3, 5], stride=[2, 1], padding=[1, 2], dilation=1, groups=1, bias=True), [[2, 4, 11, 9]],
          lambda: nn.Conv2d(4, 6, (3, 5), stride=(2, 1), padding=(1, 2)))
    layer("Conv2d", dict(k=3, stride=1, padding="same", dilation=1, groups=1, bias=True), [[2, 4, 11, 9]],
          lambda: nn.Conv2d(4, 6, 3, padding="same"))
    layer("Conv2d", dict(k=4, stride=1, padding="same", dilation=1, groups=4, bias=True, out=4), [[2, 4, 11, 9]],
          lambda: nn.Conv2d(4, 4, 4, padding="same", groups=4))
    for o in crossed(k=[1, 2, 3], stride=[1, 2], padding=[0, 1], dilation=[1, 2], groups=[1, 2], bias=[True, False]):
        extra = 1 if o["stride"] == 2 else 0
        o = dict(o, outpad=extra)
        if (7 - 1) * o["stride"] - 2 * o["padding"] + o["dilation"] * (o["k"] - 1) + extra + 1 < 1:
            continue
        args = dict(stride=o["stride"], padding=o["padding"], dilation=o["dilation"], groups=o["groups"], bias=o["bias"],
                    output_padding=extra)
        layer("ConvTranspose2d", o, [[2, 4, 7, 5]], lambda: nn.ConvTranspose2d(4, 6, o["k"], **args))
        if o["bias"]:
            layer("ConvTranspose1d", o, [[2, 4, 7]], lambda: nn.ConvTranspose1d(4, 6, o["k"], **args))


def pools():
    for o in crossed(k=[2, 3], stride=[0, 1, 2], padding=[0, 1], dilation=[1, 2], ceil=[False, True]):
        args = dict(stride=o["stride"] or None, padding=o["padding"], dilation=o["dilation"], ceil_mode=o["ceil"])
        layer("MaxPool2d", o, [[2, 3, 9, 8]], lambda: nn.MaxPool2d(o["k"], **args))
        layer("MaxPool1d", o, [[2, 3, 9]], lambda: nn.MaxPool1d(o["k"], **args))
    for o in crossed(k=[2, 3], stride=[0, 1, 2], padding=[0, 1], ceil=[False, True], count=[True, False]):
        args = dict(stride=o["stride"] or None, padding=o["padding"], ceil_mode=o["ceil"], count_include_pad=o["count"])
        layer("AvgPool2d", o, [[2, 3, 9, 8]], lambda: nn.AvgPool2d(o["k"], **args))
        layer("AvgPool1d", o, [[2, 3, 9]], lambda: nn.AvgPool1d(o["k"], **args))
    for size in [1, 2, 3, 5]:
        layer("AdaptiveAvgPool2d", {"size": size}, [[2, 3, 9, 8]], lambda: nn.AdaptiveAvgPool2d(size))
        layer("AdaptiveAvgPool1d", {"size": size}, [[2, 3, 9]], lambda: nn.AdaptiveAvgPool1d(size))
        layer("AdaptiveMaxPool2d", {"size": size}, [[2, 3, 9, 8]], lambda: nn.AdaptiveMaxPool2d(size))
        layer("AdaptiveMaxPool1d", {"size": size}, [[2, 3, 9]], lambda: nn.AdaptiveMaxPool1d(size))


def norms():
    for o in crossed(affine=[True, False], track=[True, False], momentum=[0.1, 0.5, "none"], eps=[1e-5, 0.1]):
        args = dict(affine=o["affine"], track_running_stats=o["track"], eps=o["eps"],
                    momentum=None if o["momentum"] == "none" else o["momentum"])
        for evaluate in [False, True]:
            layer("BatchNorm1d", o, [[6, 4]], lambda: nn.BatchNorm1d(4, **args), evaluate=evaluate)
            layer("BatchNorm2d", o, [[3, 4, 5, 2]], lambda: nn.BatchNorm2d(4, **args), evaluate=evaluate)
    layer("BatchNorm1d", dict(affine=True, track=True, momentum=0.1, eps=1e-5), [[3, 4, 5]], lambda: nn.BatchNorm1d(4))
    for o in crossed(affine=[True, False], bias=[True, False], eps=[1e-5, 0.1]):
        for shape, row in [([3, 8], [8]), ([2, 3, 4, 5], [4, 5]), ([5], [5])]:
            layer("LayerNorm", dict(o, row=row), [shape],
                  lambda: nn.LayerNorm(row, o["eps"], elementwise_affine=o["affine"], bias=o["bias"]))
    for o in crossed(affine=[True, False], eps=["none", 0.1]):
        for shape, row in [([3, 8], [8]), ([2, 3, 4, 5], [4, 5])]:
            layer("RMSNorm", dict(o, row=row), [shape],
                  lambda: nn.RMSNorm(row, None if o["eps"] == "none" else o["eps"], elementwise_affine=o["affine"]))
    for o in crossed(groups=[1, 2, 6], affine=[True, False], eps=[1e-5, 0.1]):
        for shape in [[2, 6, 3, 4], [3, 6, 5]]:
            layer("GroupNorm", o, [shape], lambda: nn.GroupNorm(o["groups"], 6, o["eps"], o["affine"]))


def others():
    for padding in ["none", 0, -1]:
        for shape in [[4], [2, 3]]:
            layer("Embedding", {"padding": padding}, [shape],
                  lambda: nn.Embedding(7, 5, padding_idx=None if padding == "none" else padding), whole=7)
    for p in [0.0, 0.2, 0.5, 1.0]:
        for name, shape in [("Dropout", [7, 9]), ("Dropout1d", [4, 5, 3]), ("Dropout2d", [4, 5, 3, 2]), ("AlphaDropout", [7, 9])]:
            if name == "AlphaDropout" and p == 1.0:
                continue
            layer(name, {"p": p}, [shape], lambda: getattr(nn, name)(p))
            layer(name, {"p": p}, [shape], lambda: getattr(nn, name)(p), evaluate=True)
    plain = """ReLU ReLU6 Sigmoid Tanh GELU SiLU Mish SELU Softplus Softsign Tanhshrink LogSigmoid Hardsigmoid Hardswish
        LeakyReLU ELU CELU Hardshrink Softshrink Hardtanh GLU PReLU""".split()
    for name in plain:
        layer(name, {}, [[6, 10]], getattr(nn, name))
    layer("GELUTanh", {}, [[6, 10]], lambda: nn.GELU("tanh"))
    layer("LeakyReLU", {"a": 0.3}, [[6, 10]], lambda: nn.LeakyReLU(0.3))
    layer("ELU", {"a": 0.3}, [[6, 10]], lambda: nn.ELU(0.3))
    layer("CELU", {"a": 0.3}, [[6, 10]], lambda: nn.CELU(0.3))
    layer("Hardshrink", {"a": 0.3}, [[6, 10]], lambda: nn.Hardshrink(0.3))
    layer("Softshrink", {"a": 0.3}, [[6, 10]], lambda: nn.Softshrink(0.3))
    layer("Hardtanh", {"a": -0.3, "b": 0.7}, [[6, 10]], lambda: nn.Hardtanh(-0.3, 0.7))
    layer("Threshold", {"a": 0.3, "b": 0.7}, [[6, 10]], lambda: nn.Threshold(0.3, 0.7))
    layer("PReLU", {"n": 10}, [[6, 10]], lambda: nn.PReLU(10, 0.1))
    layer("RReLU", {}, [[6, 10]], nn.RReLU)
    layer("RReLU", {}, [[6, 10]], nn.RReLU, evaluate=True)
    for name, dim in itertools.product(["Softmax", "LogSoftmax", "Softmin"], [0, 1, -1]):
        layer(name, {"dim": dim}, [[4, 3, 5]], lambda: getattr(nn, name)(dim))


def attention():
    for o in crossed(heads=[1, 4], bias=[True, False], first=[True, False]):
        def make():
            return nn.MultiheadAttention(8, o["heads"], bias=o["bias"], batch_first=o["first"])
        layer("MultiheadAttention", dict(o, use="self"), [[2, 5, 8]], make, lambda m, x: m(x, x, x))
        shapes = [[2, 5, 8], [2, 3, 8]] if o["first"] else [[5, 2, 8], [3, 2, 8]]
        layer("MultiheadAttention", dict(o, use="other"), shapes, make, lambda m, x, y: m(x, y, y))
        layer("MultiheadAttention", dict(o, use="alone"), [[5, 8]], make, lambda m, x: m(x, x, x))
        length = 5 if o["first"] else 2
        mask = torch.ones(length, length).triu(1).bool()
        layer("MultiheadAttention", dict(o, use="causal"), [[2, 5, 8]], make,
              lambda m, x: m(x, x, x, attn_mask=mask, need_weights=False)[0])
        batch = 2 if o["first"] else 5
        hidden = torch.zeros(batch, length).bool()
        hidden[:, -1] = True
        layer("MultiheadAttention", dict(o, use="padding"), [[2, 5, 8]], make,
              lambda m, x: m(x, x, x, key_padding_mask=hidden, average_attn_weights=False))
    for o in crossed(heads=[1, 2], act=["relu", "gelu"], norm=[True, False], first=[True, False], bias=[True, False]):
        layer("TransformerEncoderLayer", o, [[2, 5, 8]], lambda: nn.TransformerEncoderLayer(
            8, o["heads"], 16, 0.0, o["act"], norm_first=o["norm"], batch_first=o["first"], bias=o["bias"]))
    layer("TransformerEncoder", {}, [[2, 5, 8]], lambda: nn.TransformerEncoder(
        nn.TransformerEncoderLayer(8, 2, 16, 0.0, batch_first=True), 2, nn.LayerNorm(8), enable_nested_tensor=False))


def loss(kind, options, criterion, inputs, target):
    """Losses: `inputs` are drawn by name, so is the target."""
    torch.manual_seed(7)
    made = [given(kind_of, shape).requires_grad_(True) for kind_of, shape in inputs]
    wanted = given(*target)
    result = criterion(*made, wanted)
    leaves = [x if x.is_leaf else x for x in made]
    grads = torch.autograd.grad((result * torch.randn(result.shape)).sum(), leaves)
    line(kind, dict(options, inputs="+".join(k for k, _ in inputs), target=target[0]),
         [shape for _, shape in inputs] + [target[1]],
         [[], [numbers(result)], [numbers(g) for g in grads], [], []])


def given(kind, shape):
    if kind == "normal":
        return torch.randn(shape)
    if kind == "logs":
        return torch.randn(shape).log_softmax(1).detach()
    if kind == "shares":
        return torch.randn(shape).softmax(1).detach()
    if kind == "unit":
        return torch.rand(shape) * 0.9 + 0.05
    if kind == "bits":
        return torch.randint(2, shape).float()
    if kind == "signs":
        return torch.randint(2, shape).float() * 2 - 1
    if kind == "labels":
        return torch.randint(4, shape)
    raise ValueError(kind)


def losses():
    reductions = ["mean", "sum", "none"]
    weight = torch.tensor([0.5, 1.0, 2.0, 0.25])
    for o in crossed(r=reductions, w=[False, True], ignore=[-100, 2], smooth=[0.0, 0.1]):
        args = dict(reduction=o["r"], weight=weight if o["w"] else None, ignore_index=o["ignore"], label_smoothing=o["smooth"])
        loss("CrossEntropyLoss", o, nn.CrossEntropyLoss(**args), [("normal", [6, 4])], ("labels", [6]))
        loss("CrossEntropyLoss", o, nn.CrossEntropyLoss(**args), [("normal", [3, 4, 5])], ("labels", [3, 5]))
        if o["ignore"] == -100:
            loss("CrossEntropyLoss", o, nn.CrossEntropyLoss(**args), [("normal", [6, 4])], ("shares", [6, 4]))
        if o["smooth"] == 0.0:
            args.pop("label_smoothing")
            loss("NLLLoss", o, nn.NLLLoss(**args), [("logs", [6, 4])], ("labels", [6]))
            loss("NLLLoss", o, nn.NLLLoss(**args), [("logs", [3, 4, 5])], ("labels", [3, 5]))
    for r in reductions:
        for shape in [[6], [3, 4]]:
            loss("MSELoss", {"r": r}, nn.MSELoss(reduction=r), [("normal", shape)], ("normal", shape))
            loss("L1Loss", {"r": r}, nn.L1Loss(reduction=r), [("normal", shape)], ("normal", shape))
            for beta in [1.0, 0.3]:
                loss("SmoothL1Loss", {"r": r, "a": beta}, nn.SmoothL1Loss(reduction=r, beta=beta), [("normal", shape)], ("normal", shape))
                loss("HuberLoss", {"r": r, "a": beta}, nn.HuberLoss(reduction=r, delta=beta), [("normal", shape)], ("normal", shape))
        for w in [False, True]:
            args = dict(reduction=r, weight=weight if w else None)
            loss("BCELoss", {"r": r, "w": w}, nn.BCELoss(**args), [("unit", [3, 4])], ("bits", [3, 4]))
            for p in [False, True]:
                loss("BCEWithLogitsLoss", {"r": r, "w": w, "p": p}, nn.BCEWithLogitsLoss(**args, pos_weight=weight if p else None),
                     [("normal", [3, 4])], ("bits", [3, 4]))
        for is_log in [False, True]:
            loss("KLDivLoss", {"r": r, "log": is_log}, nn.KLDivLoss(reduction=r, log_target=is_log),
                 [("logs", [3, 4])], ("logs" if is_log else "shares", [3, 4]))
        for margin in [0.0, 0.4]:
            loss("CosineEmbeddingLoss", {"r": r, "a": margin}, nn.CosineEmbeddingLoss(margin=margin, reduction=r),
                 [("normal", [5, 3]), ("normal", [5, 3])], ("signs", [5]))
            loss("MarginRankingLoss", {"r": r, "a": margin}, nn.MarginRankingLoss(margin=margin, reduction=r),
                 [("normal", [5]), ("normal", [5])], ("signs", [5]))
            loss("HingeEmbeddingLoss", {"r": r, "a": margin + 0.5}, nn.HingeEmbeddingLoss(margin=margin + 0.5, reduction=r),
                 [("normal", [5])], ("signs", [5]))
    loss("KLDivLoss", {"r": "batchmean", "log": False}, nn.KLDivLoss(reduction="batchmean"), [("logs", [3, 4])], ("shares", [3, 4]))


print("# What PyTorch", torch.__version__.split("+")[0], "gives; written by golden.py.")
linear()
convolutions()
pools()
norms()
others()
attention()
losses()
