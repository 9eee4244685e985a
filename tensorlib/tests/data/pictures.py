"""Writes pictures.txt, what PIL and PyTorch make of pictures, and the files in `pictures`. `python pictures.py`, with PyTorch
2.15 and Pillow 11.3 for those here; Pillow 13 changes some heights before widths, which rounds a few pixels to the next number.
torchvision is not needed: what it draws is drawn here in the same way, and its formulas for colours are written out."""
import math
import pathlib

import torch
from PIL import Image

HERE = pathlib.Path(__file__).parent


def picture(channels, height, width):
    """The rule that the test shares."""
    c, y, x = torch.meshgrid(torch.arange(channels), torch.arange(height), torch.arange(width), indexing="ij")
    return ((x * 37 + y * 59 + c * 83 + x * y * 11) % 256).to(torch.uint8)


def to_pil(x):
    return Image.fromarray(x.permute(1, 2, 0).numpy()) if x.shape[0] == 3 else Image.fromarray(x[0].numpy())


def from_pil(image):
    x = torch.tensor(list(image.tobytes()), dtype=torch.uint8).view(image.height, image.width, -1)
    return x.permute(2, 0, 1)


def uniform(low, high):
    return torch.empty(1).uniform_(low, high).item()


def below(count):
    return torch.randint(0, count, size=(1,)).item()


def resized(x, height, width):
    return from_pil(to_pil(x).resize((width, height), Image.BILINEAR))


def random_crop(x, height, width):
    top = below(x.shape[1] - height + 1)
    left = below(x.shape[2] - width + 1)
    return x[:, top : top + height, left : left + width]


def random_resized_crop(x, size, scale=(0.08, 1.0), ratio=(3 / 4, 4 / 3)):
    _, height, width = x.shape
    log_ratio = torch.log(torch.tensor(ratio))
    for _ in range(10):
        area = height * width * uniform(*scale)
        aspect = torch.exp(torch.empty(1).uniform_(log_ratio[0], log_ratio[1])).item()
        w, h = int(round(math.sqrt(area * aspect))), int(round(math.sqrt(area / aspect)))
        if 0 < w <= width and 0 < h <= height:
            top = below(height - h + 1)
            left = below(width - w + 1)
            return resized(x[:, top : top + h, left : left + w], size, size)
    raise AssertionError("a case without a fallback")


def gray(x):
    return (0.2989 * x[0:1] + 0.587 * x[1:2] + 0.114 * x[2:3]).to(x.dtype)


def blend(x, other, ratio):
    bound = 1.0 if x.is_floating_point() else 255
    return (ratio * x + (1.0 - ratio) * other).clamp(0, bound).to(x.dtype)


def adjust_hue(x, share):
    is_bytes = x.dtype == torch.uint8
    x = x.to(torch.float32) / 255 if is_bytes else x
    r, g, b = x.unbind(0)
    most, least = x.max(0).values, x.min(0).values
    same, span = most == least, most - least
    ones = torch.ones_like(most)
    s = span / torch.where(same, ones, most)
    divisor = torch.where(same, ones, span)
    rc, gc, bc = (most - r) / divisor, (most - g) / divisor, (most - b) / divisor
    hr = (most == r) * (bc - gc)
    hg = ((most == g) & (most != r)) * (2.0 + rc - bc)
    hb = ((most != g) & (most != r)) * (4.0 + gc - rc)
    h = torch.fmod((hr + hg + hb) / 6.0 + 1.0, 1.0)
    h = (h + share) % 1.0
    i = torch.floor(h * 6.0)
    f = h * 6.0 - i
    i = i.to(torch.int32) % 6
    v = most
    p, q, t = (v * (1 - s)).clamp(0, 1), (v * (1 - s * f)).clamp(0, 1), (v * (1 - s * (1 - f))).clamp(0, 1)
    choices = [(v, t, p), (q, v, p), (p, v, t), (p, q, v), (t, p, v), (v, p, q)]
    x = torch.stack([sum((i == k) * choices[k][c] for k in range(6)) for c in range(3)])
    return x.mul(256 - 1e-3).to(torch.uint8) if is_bytes else x


def color_jitter(x, brightness, contrast, saturation, hue):
    order = torch.randperm(4)
    b, c, s = (uniform(max(0, 1 - most), 1 + most) for most in (brightness, contrast, saturation))
    h = uniform(-hue, hue)
    for step in order.tolist():
        if step == 0:
            x = blend(x, torch.zeros_like(x), b)
        elif step == 1:
            x = blend(x, gray(x).to(torch.float32).mean(), c)
        elif step == 2:
            x = blend(x, gray(x), s)
        else:
            x = adjust_hue(x, h)
    return x


def cases():
    for channels, height, width, size in [(3, 9, 7, (4, 5)), (1, 5, 8, (11, 3)), (3, 4, 4, (9, 13)), (1, 30, 20, (3, 2)), (3, 6, 6, (6, 4))]:
        x = picture(channels, height, width)
        name = f"{channels} {height} {width} {size[0]} {size[1]}"
        yield f"resize {name}", resized(x, *size)
        float_size = torch.nn.functional.interpolate((x / 255)[None], size, mode="bilinear", antialias=True, align_corners=False)
        yield f"resize_float {name}", float_size[0]
    for angle in [17.0, -33.0, 90.0, 180.0, 270.0, 301.5]:
        yield f"rotate 3 8 8 {angle}", from_pil(to_pil(picture(3, 8, 8)).rotate(angle))
        yield f"rotate 1 5 9 {angle}", from_pil(to_pil(picture(1, 5, 9)).rotate(angle))
    x = picture(3, 12, 10)
    draws = {
        "horizontal_flip": lambda: x.flip(-1) if torch.rand(1) < 0.5 else x,
        "vertical_flip": lambda: x.flip(-2) if torch.rand(1) < 0.5 else x,
        "random_crop": lambda: random_crop(x, 4, 5),
        "padded_crop": lambda: random_crop(torch.nn.functional.pad(x, [2, 2, 2, 2]), 12, 10),
        "random_resized_crop": lambda: random_resized_crop(x, 4),
        "rotation": lambda: from_pil(to_pil(x).rotate(uniform(-40.0, 40.0))),
        "jitter": lambda: color_jitter(x, 0.4, 0.3, 0.6, 0.2),
        "jitter_float": lambda: color_jitter(x / 255, 0.4, 0.3, 0.6, 0.2),
    }
    for name, draw in draws.items():
        for seed in range(4):
            torch.manual_seed(seed)
            yield f"{name} {seed}", draw()
    yield "gray", gray(x)


def files():
    folder = HERE / "pictures"
    x = picture(3, 12, 10)
    y, column = torch.meshgrid(torch.arange(16), torch.arange(24), indexing="ij")
    smooth = torch.stack([y * 12 + 30, column * 9 + 10, 255 - y * 6 - column * 4]).to(torch.uint8)
    alpha = torch.cat([x, picture(1, 12, 10)]).permute(1, 2, 0)
    saved = {
        "blue/color.png": to_pil(x), "blue/gray.png": to_pil(picture(1, 12, 10)), "blue/alpha.png": Image.fromarray(alpha.contiguous().numpy()),
        "red/palette.png": to_pil(x).quantize(16), "red/inner/smooth.jpg": to_pil(smooth), "red/gray.JPEG": to_pil(smooth[:1]),
    }
    for name, image in saved.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        image.save(folder / name, format="PNG" if name.endswith("png") else "JPEG", **({} if name.endswith("png") else {"quality": 92, "subsampling": 0}))
        yield f"file {name}", from_pil(Image.open(folder / name).convert("RGB"))


if __name__ == "__main__":
    lines = []
    for name, x in [*cases(), *files()]:
        values = x.flatten().tolist()
        text = ",".join(f"{value:.6g}" if isinstance(value, float) else str(value) for value in values)
        lines.append(f"{name}\t{'x'.join(map(str, x.shape))}\t{text}")
    (HERE / "pictures.txt").write_text("\n".join(lines) + "\n")
