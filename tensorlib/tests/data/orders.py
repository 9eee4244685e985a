"""Writes orders.txt: the batches that PyTorch's loaders give after a seed. `python orders.py`, with PyTorch 2.15 for those here."""
import pathlib

import torch
from torch.utils import data


def passes(loader, count=2):
    return [[batch.tolist() for batch in loader] for _ in range(count)]


def loaders():
    numbers = torch.arange(11)
    weights = [0.1, 0.0, 2.0, 0.5, 1.0]
    yield "sequential", data.DataLoader(numbers, 4)
    yield "shuffled", data.DataLoader(numbers, 4, shuffle=True)
    yield "drop_last", data.DataLoader(numbers, 4, shuffle=True, drop_last=True)
    yield "replacement", data.DataLoader(numbers, 6, sampler=data.RandomSampler(numbers, replacement=True, num_samples=40))
    yield "several_times", data.DataLoader(numbers, 9, sampler=data.RandomSampler(numbers, num_samples=27))
    yield "subset", data.DataLoader(numbers, 2, sampler=data.SubsetRandomSampler([2, 3, 5, 7]))
    yield "weighted", data.DataLoader(numbers, 5, sampler=data.WeightedRandomSampler(weights, 12))
    yield "weighted_once", data.DataLoader(numbers, 5, sampler=data.WeightedRandomSampler(weights, 4, replacement=False))
    batches = data.BatchSampler(data.RandomSampler(numbers), 3, True)
    yield "batch_sampler", data.DataLoader(numbers, batch_sampler=batches)


def write(lines):
    for name, loader in loaders():
        torch.manual_seed(7)
        lines.append(f"{name}\t{passes(loader)}\t{torch.randint(1000, (3,)).tolist()}")
    for name, parts in [("fractions", [0.5, 0.3, 0.2]), ("lengths", [4, 7])]:
        torch.manual_seed(7)
        parts = [part.indices for part in data.random_split(range(11), parts)]
        lines.append(f"{name}\t{parts}\t{torch.randint(1000, (3,)).tolist()}")
    torch.manual_seed(7)
    large = next(iter(data.DataLoader(torch.arange(60000), 5, shuffle=True))).tolist()
    lines.append(f"large\t{[large]}\t{torch.randint(1000, (3,)).tolist()}")


if __name__ == "__main__":
    lines = []
    write(lines)
    (pathlib.Path(__file__).parent / "orders.txt").write_text("\n".join(lines).replace(" ", "") + "\n")
