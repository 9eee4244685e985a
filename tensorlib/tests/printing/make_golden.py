"""Writes golden.txt: how PyTorch prints tensors.

Each case is a header line `=== dtype | shape | values | made`, followed by PyTorch's text. `values` are the elements in
row-major order, or `range a b`, which stands for a + b * i at position i. `made` is what is printed: the tensor itself
(`plain`), or what MADE makes of it.

Two things are written as Rust writes them before PyTorch breaks the lines: element types (`dtype=f64`) and `true`.
Run it with a Python that has PyTorch:

    python make_golden.py
"""

import pathlib

import torch
from torch import _tensor_str

DTYPES = {
    "f32": torch.float32,
    "f64": torch.float64,
    "i64": torch.int64,
    "i32": torch.int32,
    "u8": torch.uint8,
    "bool": torch.bool,
}

INF, NAN = float("inf"), float("nan")


def unrecorded(x):
    with torch.no_grad():
        return leaf(x) * 2


def view_unrecorded(x):
    with torch.no_grad():
        return leaf(x)[0]


def leaf(x):
    return x.requires_grad_()


def frozen(x):
    return leaf(x).requires_grad_(False)


def after_backward(x):
    (leaf(x) * 2).sum().backward()
    return x


def changed_in_place(x):
    y = leaf(x) * 1
    y[0] = 7
    return y


def added_in_place(x):
    y = torch.zeros_like(x)
    y.add_(leaf(x))
    return y


# What is printed of a tensor x. The test in printing.rs has the same names.
MADE = {
    "plain": lambda x: x,
    "leaf": leaf,
    "frozen": frozen,
    "detached": lambda x: leaf(x).detach(),
    "unrecorded": unrecorded,
    "view_unrecorded": view_unrecorded,
    "after_backward": after_backward,
    "changed_in_place": changed_in_place,
    "added_in_place": added_in_place,
    "mul": lambda x: leaf(x) * 2,
    "sum": lambda x: leaf(x).sum(),
    "mean": lambda x: leaf(x).mean(),
    "relu": lambda x: leaf(x).relu(),
    "log_softmax": lambda x: leaf(x).log_softmax(-1),
    "select": lambda x: leaf(x)[0],
    "slice": lambda x: leaf(x)[1:],
    "flatten": lambda x: leaf(x).view(-1),
    "max_dim": lambda x: leaf(x).max(0)[0],
    "gt": lambda x: leaf(x) > 0,
}

CASES = [
    # Ranks.
    ("f32", [], [3.14]),
    ("f32", [], [2.0]),
    ("f32", [], [-1e-7]),
    ("f64", [], [2.5]),
    ("i64", [], [-7]),
    ("i32", [], [7]),
    ("bool", [], [True]),
    ("f32", [1], [0.5]),
    ("f32", [4], [0.1, 0.22, 0.333, 0.4444]),
    ("f32", [3, 2], [0.3821, 0.6605, 0.8536, 0.5932, 0.6367, 0.9826]),
    ("f32", [2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8.5]),
    ("f32", [2, 1, 2, 3], "range -3 0.75"),
    ("f32", [1, 1, 1, 1, 1], [9.0]),
    ("i64", [2, 3], [1, -20, 300, 4, 5, 6]),
    ("i64", [3], [9223372036854775807, -9223372036854775808, 0]),
    ("i64", [2, 2, 3], "range -5 1"),
    ("i32", [2, 2], [1, 2, 3, 4]),
    ("u8", [4], [0, 1, 128, 255]),
    ("bool", [2, 2], [True, False, False, True]),
    ("bool", [3], [True, True, True]),
    ("f64", [2], [0.1, 0.2]),
    # Which notation.
    ("f32", [3], [1.0, 2.0, 3.0]),
    ("f32", [3], [1.0, -20.0, 300.0]),
    ("f32", [3], [0.0, 0.0, 0.0]),
    ("f32", [2], [-0.0, 1.5]),
    ("f32", [2], [-0.0, 3.0]),
    ("f32", [3], [1.0, 1000.0, 1001.0]),
    ("f32", [3], [1.0, 1000.0, 1000.5]),
    ("f32", [2], [1e8, 1e8]),
    ("f32", [2], [1.5e8, 1.5e8]),
    ("f32", [2], [1e-4, 2e-4]),
    ("f32", [2], [9e-5, 2e-4]),
    ("f32", [3], [1e-5, 1.0, 1e5]),
    ("f32", [2], [1e-38, 1e38]),
    ("f32", [3], [1e-45, 0.0, 3e-45]),
    ("f64", [3], [1e-300, 1.0, 1e300]),
    ("f64", [2], [1e100, -1e100]),
    ("f64", [2], [123456.789, 2345.678]),
    ("f32", [3], [0.00005, 0.5, 0.25]),
    ("f32", [4], [0.99995, 0.99994, 1.00005, 2.5]),
    ("f32", [4], [0.03125, 0.09375, 0.15625, 0.00005]),
    # Not a number, infinite.
    ("f32", [3], [NAN, 1.0, 2.0]),
    ("f32", [3], [NAN, 1.5, -2.0]),
    ("f32", [3], [INF, -INF, NAN]),
    ("f32", [4], [INF, -INF, NAN, 1.0]),
    ("f32", [4], [INF, -INF, NAN, 1e-9]),
    ("f32", [4], [INF, 123456.0, NAN, 1.0]),
    # Lines: wrapped, and the suffix on a line of its own.
    ("f32", [30], "range 0 0.25"),
    ("f32", [2, 25], "range -1 0.125"),
    ("f64", [8], "range 0 0.5"),
    ("f64", [7], "range 0 0.25"),
    ("f64", [6], "range 0 0.25"),
    ("f64", [5], "range 0 0.25"),
    ("i32", [20], "range 0 1"),
    ("i32", [15], "range 0 1"),
    ("i32", [16], "range 0 1"),
    ("i32", [17], "range 0 1"),
    ("i32", [18], "range 0 1"),
    ("u8", [3, 14], "range 0 1"),
    ("f64", [3, 7], "range 0 0.25"),
    ("f64", [3, 6], "range 0 0.25"),
    ("f64", [3, 5], "range 0 0.25"),
    ("i64", [40], "range 1000000000 1"),
    ("i64", [2, 2, 2, 11], "range 100000 7"),
    ("f64", [12], "range 1e-9 1e9"),
    ("bool", [13], [True, False] * 6 + [True]),
    # Summaries.
    ("f32", [1000], "range 0 1"),
    ("f32", [1001], "range 0 1"),
    ("f32", [1001], "range 0 0.001"),
    ("i64", [2000], "range 0 1"),
    ("f32", [100, 100], "range 0 0.5"),
    ("f32", [40, 5, 6], "range 0 0.01"),
    ("f32", [6, 200], "range 0 1"),
    ("f32", [7, 200], "range 0 0.5"),
    ("f32", [200, 6], "range 0 0.5"),
    ("f32", [200, 7], "range 0 0.5"),
    ("f32", [2, 3, 300], "range 0 0.5"),
    ("i32", [2, 20, 3, 10], "range 0 3"),
    ("f64", [1500, 1], "range 0 1"),
    ("f64", [1, 1500], "range 0 1"),
    ("i32", [1, 1500], "range 0 1"),
    ("u8", [30, 2, 30], "range 0 1"),
    ("f32", [5, 5, 5, 9], "range -500 1"),
    ("bool", [1001], [i % 3 == 0 for i in range(1001)]),
    # Empty.
    ("f32", [0], []),
    ("f64", [0], []),
    ("i64", [0], []),
    ("bool", [0], []),
    ("f32", [0, 3], []),
    ("f32", [3, 0], []),
    ("i64", [2, 0, 4], []),
    ("f64", [1, 0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], []),
    ("f64", [1, 0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], []),
    # What gradients know.
    ("f32", [3], [1.0, 2.0, 3.0], "leaf"),
    ("f32", [], [14.0], "leaf"),
    ("f32", [3], [1.0, 2.0, 3.0], "sum"),
    ("f32", [3], [1.0, 2.0, 3.0], "frozen"),
    ("f32", [3], [1.0, 2.0, 3.0], "detached"),
    ("f32", [3], [1.0, 2.0, 3.0], "unrecorded"),
    ("f32", [3], [1.0, 2.0, 3.0], "view_unrecorded"),
    ("f32", [3], [1.0, 2.0, 3.0], "after_backward"),
    ("f32", [3], [1.0, 2.0, 3.0], "changed_in_place"),
    ("f32", [3], [1.0, 2.0, 3.0], "added_in_place"),
    ("f32", [3], [1.0, 2.0, 3.0], "gt"),
    ("f64", [2], [1.0, 2.0], "leaf"),
    ("f64", [2], [1.5, 2.0], "mul"),
    ("f32", [2, 2], [1.0, -2.0, 3.0, 4.5], "leaf"),
    ("f32", [2, 2], [1.0, -2.0, 3.0, 4.5], "relu"),
    ("f32", [2, 2], [1.0, -2.0, 3.0, 4.5], "mean"),
    ("f64", [2, 2], [1.0, -2.0, 3.0, 4.5], "select"),
    ("f64", [2, 2], [1.0, -2.0, 3.0, 4.5], "slice"),
    ("f32", [2, 2], [1.0, -2.0, 3.0, 4.5], "flatten"),
    ("f32", [2, 2], [1.0, -2.0, 3.0, 4.5], "max_dim"),
    ("f32", [2, 3], [1.0, 2.0, 3.0, 4.0, 5.0, 7.0], "log_softmax"),
    ("f32", [2, 3, 2], "range -3 0.75", "mul"),
    ("f32", [0], [], "leaf"),
    ("f32", [0, 3], [], "leaf"),
    ("f64", [3, 0], [], "mul"),
    ("f64", [1, 0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], [], "leaf"),
    # Lines that have room for neither, one or both suffixes.
    *(("f32", [n], "range 0 0.25", "leaf") for n in range(4, 10)),
    *(("f64", [n], "range 0 0.25", "leaf") for n in range(2, 10)),
    *(("f32", [n], "range 0 0.25", "log_softmax") for n in range(2, 10)),
    *(("f64", [n], "range 0 0.25", "log_softmax") for n in range(1, 10)),
    *(("f32", [2, n], "range 0 0.25", "leaf") for n in range(4, 9)),
    *(("f64", [2, n], "range 0 0.25", "leaf") for n in range(2, 9)),
    *(("f64", [2, n], "range 0 0.25", "relu") for n in range(2, 9)),
    *(("f32", [n], "range 0 1", "mul") for n in range(10, 17)),
    ("f32", [40], "range 0 0.25", "leaf"),
    ("f32", [1001], "range 0 1", "leaf"),
    ("f64", [100, 100], "range 0 0.5", "mul"),
]


def elements(shape, values):
    if not isinstance(values, str):
        return values
    _, start, step = values.split()
    count = 1
    for length in shape:
        count *= length
    number = float if any(c in start + step for c in ".e") else int
    return [number(start) + number(step) * i for i in range(count)]


def header(values):
    return values if isinstance(values, str) else " ".join(repr(v) for v in values)


add_suffixes = _tensor_str._add_suffixes


def as_in_rust(suffix):
    suffix = suffix.replace("=True", "=true")
    return next((f"dtype={rust}" for rust, python in DTYPES.items() if suffix == f"dtype={python}"), suffix)


def add_suffixes_of_rust(text, suffixes, *rest, **options):
    return add_suffixes(text, [as_in_rust(suffix) for suffix in suffixes], *rest, **options)


_tensor_str._add_suffixes = add_suffixes_of_rust

blocks = []
for dtype, shape, values, *made in CASES:
    made = made[0] if made else "plain"
    flat = elements(shape, values)
    if dtype == "u8":
        flat = [v % 256 for v in flat]
    tensor = MADE[made](torch.tensor(flat, dtype=DTYPES[dtype]).reshape(shape))
    sizes = " ".join(str(n) for n in shape)
    blocks.append(f"=== {dtype} | {sizes} | {header(values)} | {made}\n{tensor!r}\n")

pathlib.Path(__file__).with_name("golden.txt").write_text("".join(blocks))
