"""Lesson 7 in PyTorch: pictures from folders, a network with and without augmentation, votes of 25 looks. Prints the seconds of the
whole and the accuracies. The transforms are torchvision's on tensors, written out, so that PyTorch is all that is needed."""

import pathlib
import time

import numpy
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn, optim
from torch.utils.data import DataLoader, Dataset

DATA = pathlib.Path(__file__).parents[3] / "notebooks/data"
SIDE = 16


class Pictures(Dataset):
    def __init__(self, folder, transform):
        classes = sorted(path for path in folder.iterdir() if path.is_dir())
        self.files = [(path, label) for label, each in enumerate(classes) for path in sorted(each.glob("*.png"))]
        self.transform = transform

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        path, label = self.files[index]
        picture = torch.from_numpy(numpy.array(Image.open(path).convert("L")))[None]
        return (self.transform(picture).float() / 255 - 0.46) / 0.14, label


def center_crop(x):
    top, left = (x.shape[1] - SIDE) // 2, (x.shape[2] - SIDE) // 2
    return x[:, top : top + SIDE, left : left + SIDE]


def random_crop(x):
    top = torch.randint(x.shape[1] - SIDE + 1, (1,)).item()
    left = torch.randint(x.shape[2] - SIDE + 1, (1,)).item()
    return x[:, top : top + SIDE, left : left + SIDE]


def augment(x):
    x = random_crop(x)
    if torch.rand(1) < 0.5:
        x = x.flip(2)
    if torch.rand(1) < 0.5:
        x = x.flip(1)
    return x


def train(dataset):
    torch.manual_seed(7)
    model = nn.Sequential(nn.Flatten(), nn.Linear(SIDE * SIDE, 64), nn.ReLU(), nn.Linear(64, 3))
    optimizer = optim.Adam(model.parameters(), lr=0.001)
    loader = DataLoader(dataset, batch_size=16, shuffle=True)
    for _ in range(120):
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            F.cross_entropy(model(test_x), test_y)
    return model


def accuracy(scores):
    return (scores.argmax(1) == test_y).float().mean().item()


start = time.perf_counter()
torch.manual_seed(7)
folder = DATA / "textures"
test = Pictures(folder / "test", center_crop)
test_x, test_y = next(iter(DataLoader(test, len(test))))
first = train(Pictures(folder / "train", center_crop))
second = train(Pictures(folder / "train", augment))
with torch.no_grad():
    print(f"without augmentation: {accuracy(first(test_x)):.2f}")
    print(f"with augmentation: {accuracy(second(test_x)):.2f}")
    votes = torch.zeros(len(test), 3)
    for _ in range(25):
        for x, _ in DataLoader(Pictures(folder / "test", random_crop), len(test)):
            votes += F.softmax(second(x), 1)
print(f"25 looks: {accuracy(votes):.2f}")
print(f"{time.perf_counter() - start:.2f} s")
