"""Lesson 8 in PyTorch: features of a frozen EfficientNet-Lite0, and a new head. Prints the seconds of the whole and the accuracy."""

import pathlib
import time

import numpy
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import load_file
from torch import nn, optim
from torch.utils.data import DataLoader, Dataset, TensorDataset

DATA = pathlib.Path(__file__).parents[3] / "notebooks/data"


def margins(kernel, stride):
    before = (kernel - stride) // 2
    after = kernel - stride - before
    return [before, after, before, after]


class Block(nn.Module):
    def __init__(self, inputs, outputs, expansion, kernel, stride):
        super().__init__()
        width = inputs * expansion
        self.expand = nn.Conv2d(inputs, width, 1) if expansion > 1 else None
        self.depthwise = nn.Conv2d(width, width, kernel, stride=stride, groups=width)
        self.project = nn.Conv2d(width, outputs, 1)
        self.margins = margins(kernel, stride)

    def forward(self, x):
        wide = F.relu6(self.expand(x)) if self.expand is not None else x
        seen = F.relu6(self.depthwise(F.pad(wide, self.margins)))
        y = self.project(seen)
        return y + x if y.shape == x.shape else y


class Features(nn.Module):
    GROUPS = [
        (1, 1, 16, 3, 1),
        (2, 6, 24, 3, 2),
        (2, 6, 40, 5, 2),
        (3, 6, 80, 3, 2),
        (3, 6, 112, 5, 1),
        (4, 6, 192, 5, 2),
        (1, 6, 320, 3, 1),
    ]

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 32, 3, stride=2)
        blocks, inputs = [], 32
        for count, expansion, outputs, kernel, first in self.GROUPS:
            for number in range(count):
                blocks.append(Block(inputs, outputs, expansion, kernel, first if number == 0 else 1))
                inputs = outputs
        self.blocks = nn.Sequential(*blocks)
        self.top = nn.Conv2d(320, 1280, 1)

    def forward(self, x):
        x = F.relu6(self.stem(F.pad(x, margins(3, 2))))
        return F.relu6(self.top(self.blocks(x))).mean((2, 3))


class Pictures(Dataset):
    def __init__(self, folder):
        classes = sorted(path for path in folder.iterdir() if path.is_dir())
        self.files = [(path, label) for label, each in enumerate(classes) for path in sorted(each.glob("*.png"))]

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        path, label = self.files[index]
        picture = Image.open(path).convert("RGB").resize((96, 96), Image.Resampling.BILINEAR)
        return (torch.from_numpy(numpy.asarray(picture, dtype=numpy.float32) - 127) / 128).permute(2, 0, 1), label


def compute(features, folder):
    batches = [(features(x), y) for x, y in DataLoader(Pictures(folder), 16)]
    return torch.cat([x for x, _ in batches]), torch.cat([y for _, y in batches])


start = time.perf_counter()
torch.manual_seed(8)
packed = load_file(DATA / "efficientnet-lite0/features.safetensors")
state = {name: values for name, values in packed.items() if name.endswith(".bias")}
for name, values in packed.items():
    if name.endswith(".weight"):
        state[name] = values * packed[name.removesuffix("weight") + "scale"]
features = Features()
features.load_state_dict(state)
features.requires_grad_(False)
train_x, train_y = compute(features, DATA / "textures/train")
test_x, test_y = compute(features, DATA / "textures/test")
print(f"features {time.perf_counter() - start:.2f} s")
head = nn.Linear(1280, 3)
optimizer = optim.Adam(head.parameters(), lr=0.001)
for _ in range(20):
    for x, y in DataLoader(TensorDataset(train_x, train_y), batch_size=16, shuffle=True):
        loss = F.cross_entropy(head(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
with torch.no_grad():
    accuracy = (head(test_x).argmax(1) == test_y).float().mean().item()
print(f"{time.perf_counter() - start:.2f} s, accuracy {accuracy:.2f}")
