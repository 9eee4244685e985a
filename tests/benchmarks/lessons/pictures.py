"""The pictures of the lessons, from the files that ship, as PyTorch's datasets."""
import gzip
from pathlib import Path

import torch
from torch.utils.data import TensorDataset

DATA = Path(__file__).resolve().parents[3] / "notebooks/data"


def read(folder, part):
    """Images as whole numbers `[n, 1, 28, 28]` and labels `[n]`."""
    with gzip.open(DATA / folder / f"{part}-images-idx3-ubyte.gz") as file:
        images = torch.frombuffer(bytearray(file.read()[16:]), dtype=torch.uint8).reshape(-1, 1, 28, 28)
    with gzip.open(DATA / folder / f"{part}-labels-idx1-ubyte.gz") as file:
        labels = torch.frombuffer(bytearray(file.read()[8:]), dtype=torch.uint8).long()
    return images, labels


def dataset(folder, part):
    """The same as a dataset, with images from 0 to 1."""
    images, labels = read(folder, part)
    return TensorDataset(images.float() / 255, labels)
