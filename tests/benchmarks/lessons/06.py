"""Lesson 6 in PyTorch: train on clothes, save, rebuild from the file, go on, read a file of torch.save. Prints the seconds of the
whole and the accuracies."""

import gzip
import pathlib
import tempfile
import time

import numpy
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset

DATA = pathlib.Path(__file__).parents[3] / "notebooks/data"


class Network(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.hidden = nn.Linear(784, width)
        self.output = nn.Linear(width, 10)

    def forward(self, x):
        return self.output(F.relu(self.hidden(x.flatten(1))))


def clothes(split):
    def read(kind, start):
        content = gzip.decompress((DATA / "clothes" / f"{split}-{kind}-ubyte.gz").read_bytes())
        return torch.tensor(numpy.frombuffer(content, numpy.uint8, offset=start))

    return read("images-idx3", 16).view(-1, 1, 28, 28).float() / 255, read("labels-idx1", 8).long()


def accuracy(model):
    with torch.no_grad():
        return (model(pictures).argmax(1) == labels).float().mean().item()


def epoch(model, optimizer):
    total = 0
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    return total / len(loader)


start = time.perf_counter()
torch.manual_seed(6)
loader = DataLoader(TensorDataset(*clothes("train")), batch_size=64, shuffle=True)
pictures, labels = clothes("t10k")
model = Network(128)
optimizer = optim.Adam(model.parameters(), lr=0.002)
for _ in range(8):
    epoch(model, optimizer)
    with torch.no_grad():
        F.cross_entropy(model(pictures), labels)
print(f"trained: {accuracy(model):.2f}")
with tempfile.TemporaryDirectory() as folder:
    file = pathlib.Path(folder) / "clothes.safetensors"
    save_file(model.state_dict(), file)
    other = Network(128)
    print(f"before loading: {accuracy(other):.2f}")
    other.load_state_dict(load_file(file))
    print(f"after loading: {accuracy(other):.2f}")
    checkpoint = pathlib.Path(folder) / "clothes.pth"
    torch.save({"width": 128, "model": model.state_dict(), "optimizer": optimizer.state_dict()}, checkpoint)
    state = torch.load(checkpoint, weights_only=True)
model = Network(state["width"])
model.load_state_dict(state["model"])
optimizer = optim.Adam(model.parameters(), lr=0.002)
optimizer.load_state_dict(state["optimizer"])
epoch(model, optimizer)
print(f"one epoch more: {accuracy(model):.2f}")
state = torch.load(DATA / "pytorch/clothes.pth", weights_only=True)
model = Network(len(state["hidden.bias"]))
model.load_state_dict(state)
print(f"clothes.pth: {accuracy(model):.2f}")
print(f"{time.perf_counter() - start:.2f} s")
