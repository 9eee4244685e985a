#!/usr/bin/env python3
"""Run the first lesson in many kernels at once, as a class on one server does.

usage: load.py [--kernels 30] [--of soma,rust,python3] [--memory GIB]

For each kind of kernel that is installed: starts that many (fewer, if by the memory of one they would need more than
GIB), runs the lesson in all of them at the same time, each cell as soon as the one before is done, and checks that
every kernel gave what one kernel alone gave, in those cells in which two kernels alone give the same (PyTorch's lesson
has random numbers without a seed). Prints a table in Markdown: the time until the last kernel is through,
the median and the 99th percentile of a cell, and the memory of a kernel when all have come to rest. Soma runs once
with an empty cell cache and once with a full one.

Needs jupyter_client and psutil; talks to this machine only.
"""
import argparse
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from kernels import NAMES, Kernel, installed, lesson, soma_binary


def take_turn(kernel, cells):
    """Run all cells of a notebook: the seconds of each, and all texts."""
    kernel.info()
    results = [kernel.run(code) for code in cells]
    return [seconds for seconds, _ in results], [texts for _, texts in results]


def alone(name):
    """What one kernel gives in each cell, None where two differ, and how much memory it needs."""
    turns = []
    for _ in range(2):
        with Kernel(name) as kernel:
            turns.append(take_turn(kernel, lesson(name))[1])
            memory = kernel.memory()
    return [one if one == other else None for one, other in zip(*turns)], memory


def is_as_expected(texts, expected):
    """Whether every cell gave what is expected of it."""
    return all(text == wanted for text, wanted in zip(texts, expected, strict=True) if wanted is not None)


def together(name, count, expected):
    """The lesson in `count` kernels at once: total seconds, seconds of every cell, MiB of a kernel."""
    began = time.perf_counter()
    with ThreadPoolExecutor(count) as pool:
        kernels = list(pool.map(lambda _: Kernel(name), range(count)))
        try:
            turns = list(pool.map(lambda kernel: take_turn(kernel, lesson(name)), kernels))
            total = time.perf_counter() - began
            memory = sum(kernel.memory() for kernel in kernels) / count
        finally:
            list(pool.map(lambda kernel: kernel.__exit__(), kernels))
    wrong = sum(not is_as_expected(texts, expected) for _, texts in turns)
    if wrong:
        raise SystemExit(f"{name}: {wrong} of {count} kernels gave something else than one alone")
    return total, [seconds for times, _ in turns for seconds in times], memory


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernels", type=int, default=30)
    parser.add_argument("--of", default="soma,rust,python3")
    parser.add_argument("--memory", type=float, default=16, help="GiB that all kernels of a kind may need")
    arguments = parser.parse_args()
    kinds, missing = installed(arguments.of.split(","))
    if missing:
        print(f"not installed, left out: {', '.join(missing)}", file=sys.stderr)
    print("| | kernels | until the last is through | p50 of a cell | p99 | memory of each |\n|---|---|---|---|---|---|")
    for kind in kinds:
        expected, memory = alone(kind)
        if all(wanted is None for wanted in expected):
            raise SystemExit(f"{kind}: no cell gives the same twice, so nothing could be checked")
        count = max(1, min(arguments.kernels, int(arguments.memory * 1024 / memory)))
        runs = [(NAMES[kind], False)]
        if kind == "soma":
            runs = [("Soma, nothing cached", True), ("Soma, all cached", False)]
        for name, clear in runs:
            if clear:
                subprocess.run([soma_binary(), "cache", "--clear"], check=True, capture_output=True)
            total, cells, memory = together(kind, count, expected)
            p50, p99 = statistics.median(cells) * 1e3, statistics.quantiles(cells, n=100)[98] * 1e3
            print(f"| {name} | {count} | {total:.1f} s | {p50:.0f} ms | {p99:.0f} ms | {memory:.0f} MiB |", flush=True)


if __name__ == "__main__":
    main()
