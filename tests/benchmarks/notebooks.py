#!/usr/bin/env python3
"""Time notebooks on Soma, stock evcxr_jupyter and ipykernel with PyTorch, taking turns in one run.

usage: notebooks.py [--rounds N] [--growth CELLS] [--kernels soma,rust,python3] [--out FOLDER]

For each kernel that is installed (`jupyter kernelspec list`): from spawn to the first kernel_info reply, to the
last idle of the lesson, the median of its cells after the first, and the memory of all its processes; from spawn
to the result of `1 + 1`. Soma runs
twice in each round: with an empty cell cache, and with a full one. Beside it stands rustc's own floor, an empty
cdylib. Then the same for a notebook that grows (half of its cells define something), with the time of early and
late cells. Prints tables in Markdown; with --out also writes growth.svg, a plot of each cell's time.

Needs jupyter_client and psutil, and matplotlib for the plot. PyTorch for python3, `cargo install --locked
evcxr_jupyter` and `evcxr_jupyter --install` for evcxr.
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from kernels import NAMES, Kernel, floor, installed, lesson, soma_binary


def run(name, cells, environment):
    """Run cells in a new kernel; everything in milliseconds from its spawn, memory in MiB."""
    with Kernel(name, environment) as kernel:
        info = kernel.info()
        times = [kernel.run(code)[0] * 1e3 for code in cells]
        total = time.perf_counter() - kernel.started
        return {"info": info * 1e3, "total": total * 1e3, "cells": times, "memory": kernel.memory()}


def growing(kernel, count):
    """A notebook in which every other cell defines something, and the rest compute."""
    cells = []
    for number in range(count):
        if number % 2 == 0 and kernel == "python3":
            cells.append(f"def f{number}(x):\n    return x * {number} + 1\nclass S{number}:\n    def __init__(self, a, b): self.a, self.b = a, b")
        elif number % 2 == 0:
            cells.append(
                f"fn f{number}(x: f64) -> f64 {{ x * {number}.0 + 1.0 }}\n"
                f"#[derive(Debug, Clone, PartialEq)] struct S{number} {{ a: f64, b: Vec<f64> }}"
            )
        elif kernel == "python3":
            cells.append(f"v{number} = f{number - 1}({number}.5)\nprint(v{number})")
        else:
            cells.append(f"let v{number} = f{number - 1}({number}.5);\nprintln!(\"{{v{number}}}\");")
    return cells


def measure(rounds, kernels, cells_of):
    """Rounds in which every kernel has its turn; Soma with an empty and with a full cell cache."""
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            results.setdefault("floor", []).append(floor(folder))
            for kernel in kernels:
                environment = dict(os.environ)
                if kernel != "soma":
                    results.setdefault(NAMES[kernel], []).append(run(kernel, cells_of(kernel), environment))
                    continue
                subprocess.run([soma_binary(), "cache", "--clear"], check=True, capture_output=True)
                for name in ("Soma, nothing cached", "Soma, all cached"):
                    results.setdefault(name, []).append(run(kernel, cells_of(kernel), environment))
    return results


def median(rows, value):
    return statistics.median(value(row) for row in rows)


def table(results):
    print(f"rustc on an empty cdylib: {statistics.median(results['floor']):.0f} ms\n")
    print("| | spawn → kernel_info | spawn → last idle | p50 of a cell | memory |\n|---|---|---|---|---|")
    for name, rows in results.items():
        if name == "floor":
            continue
        info, total, memory = (median(rows, lambda row: row[key]) for key in ("info", "total", "memory"))
        p50 = median(rows, lambda row: statistics.median(row["cells"][1:]))
        print(f"| {name} | {info:.0f} ms | {total / 1e3:.2f} s | {p50:.1f} ms | {memory:.0f} MiB |")


def first_table(results):
    print("| | spawn → its result |\n|---|---|")
    for name, rows in results.items():
        if name != "floor":
            print(f"| {name} | {median(rows, lambda row: row['total']) / 1e3:.2f} s |")


def growth_table(results):
    print("| | first ten computing cells | last ten | ratio |\n|---|---|---|---|")
    for name, rows in results.items():
        if name == "floor":
            continue
        early = median(rows, lambda row: statistics.median(row["cells"][5:25:2]))
        late = median(rows, lambda row: statistics.median(row["cells"][-19::2]))
        print(f"| {name} | {early:.1f} ms | {late:.1f} ms | {late / early:.2f} |")


def plot(results, file):
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "soma"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4))
    for name, rows in results.items():
        if name != "floor":
            cells = [statistics.median(times) for times in zip(*(row["cells"] for row in rows))]
            axes.plot(range(1, len(cells) + 1), cells, linewidth=1, label=name)
    axes.set(xlabel="cell", ylabel="milliseconds", yscale="log", title="A notebook that grows")
    axes.legend()
    figure.savefig(file, metadata={"Date": None})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--growth", type=int, default=200, help="cells of the growing notebook; 0 leaves it out")
    parser.add_argument("--kernels", default="soma,rust,python3")
    parser.add_argument("--out", type=pathlib.Path)
    arguments = parser.parse_args()
    kernels, missing = installed(arguments.kernels.split(","))
    if missing:
        print(f"not installed, left out: {', '.join(missing)}", file=sys.stderr)
    print("## The lesson\n")
    table(measure(arguments.rounds, kernels, lesson))
    print("\n## One cell, `1 + 1`\n")
    first_table(measure(arguments.rounds, kernels, lambda kernel: ["1 + 1"]))
    if arguments.growth:
        print(f"\n## A notebook of {arguments.growth} cells\n")
        results = measure(1, kernels, lambda kernel: growing(kernel, arguments.growth))
        growth_table(results)
        if arguments.out:
            arguments.out.mkdir(parents=True, exist_ok=True)
            plot(results, arguments.out / "growth.svg")


if __name__ == "__main__":
    main()
