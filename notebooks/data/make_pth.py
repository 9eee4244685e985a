"""Trains a small network on the clothes in PyTorch, and saves it as PyTorch does, for the lesson on saving and loading:

    pip install torch numpy
    python make_pth.py
"""

import gzip
import pathlib

import numpy
import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset

FOLDER = pathlib.Path(__file__).parent


class Network(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.hidden = nn.Linear(784, width)
        self.output = nn.Linear(width, 10)

    def forward(self, x):
        return self.output(F.relu(self.hidden(x.flatten(1))))


def idx(name, start):
    return numpy.frombuffer(gzip.decompress((FOLDER / "clothes" / name).read_bytes()), numpy.uint8, offset=start)


if __name__ == "__main__":
    torch.manual_seed(6)
    images = torch.tensor(idx("train-images-idx3-ubyte.gz", 16)).view(-1, 1, 28, 28).float() / 255
    labels = torch.tensor(idx("train-labels-idx1-ubyte.gz", 8)).long()
    model = Network(32)
    optimizer = optim.Adam(model.parameters(), lr=0.003)
    for _ in range(10):
        for x, y in DataLoader(TensorDataset(images, labels), batch_size=64, shuffle=True):
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
    folder = FOLDER / "pytorch"
    folder.mkdir(exist_ok=True)
    torch.save(model.state_dict(), folder / "clothes.pth")
