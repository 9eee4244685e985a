"""Writes the files of PyTorch that the test reads: `python make.py`, with PyTorch 2.15 for the ones here."""
import argparse
import pathlib
from collections import OrderedDict

import torch

FOLDER = pathlib.Path(__file__).parent


def state():
    table = torch.arange(12, dtype=torch.float32).view(3, 4) / 2
    state = OrderedDict([
        ("whole", table),
        ("tied", table),
        ("transposed", table.t()),
        ("row", table[1]),
        ("steps", table[:, 1::2]),
        ("expanded", torch.tensor([2.5]).expand(2, 3)),
        ("parameter", torch.nn.Parameter(torch.tensor([1.0, -1.0]))),
        ("empty", torch.zeros(0, 3)),
        ("number", torch.tensor(7)),
    ])
    values = {
        "f64": torch.float64, "i32": torch.int32, "u8": torch.uint8, "f16": torch.float16, "bf16": torch.bfloat16,
        "i8": torch.int8, "i16": torch.int16, "bool": torch.bool,
    }
    for name, dtype in values.items():
        state[name] = torch.tensor([0, 1, 100], dtype=dtype)
    state._metadata = OrderedDict([("", {"version": 1})])
    return state


def model():
    """A small network with every kind of entry that layers make, and its optimiser after a step."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2), torch.nn.Linear(2, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    model(torch.ones(4, 3)).sum().backward()
    optimizer.step()
    return model, optimizer


def save(name, value, **options):
    torch.save(value, FOLDER / name, **options)


if __name__ == "__main__":
    network, optimizer = model()
    save("state.pth", state())
    save("older.pth", state(), _use_new_zipfile_serialization=False)
    save("protocol4.pth", {"w": torch.tensor([1.0, 2.0])}, pickle_protocol=4)
    save("checkpoint.pth", {
        "model": network.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3, "best": 0.25, "done": True,
        "name": "net", "none": None, "history": [1.0, 0.5], "pair": (torch.tensor([1]), torch.tensor([2])), "large": 10**30,
    })
    save("module.pth", network)
    save("arguments.pth", {"w": torch.ones(1), "args": argparse.Namespace(lr=0.1)}, _use_new_zipfile_serialization=False)
    save("complex.pth", {"z": torch.ones(1, dtype=torch.complex64)})
    save("tensor.pth", torch.ones(2))
