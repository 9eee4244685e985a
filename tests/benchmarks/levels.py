#!/usr/bin/env python3
"""Time cells with loops at the optimisation level that Soma chooses, and at the one that every loop once had.

usage: levels.py [--rounds N] SOMA

SOMA is an executable. Cells of the lessons, and of the notebooks in `tests/notebooks`, run with `SOMA_WITHOUT` unset and
with `SOMA_WITHOUT=levels`, in turn. In each round the notebooks run from their start in new kernels, and every cell that is
timed is compiled. Then each notebook runs once more, with all of its cells compiled.

Prints a table in Markdown for loops over tensors and one for loops over plain numbers: milliseconds, medians of the
rounds. Needs jupyter_client and nbformat; talks to this machine only.
"""
import argparse
import math
import os
import pathlib
import statistics
import tempfile
import time

import nbformat
from cells import Manager

ROOT = pathlib.Path(__file__).parent.parent.parent
# The position of a cell in its notebook's file, and what its loop does.
TENSORS = {
    "notebooks/en/02-a-picture-as-numbers.ipynb": {9: "the sizes of three batches", 40: "a training, 10 epochs"},
    "notebooks/en/03-learning.ipynb": {
        20: "40 steps of a neuron",
        22: "a row of a surface for each number",
        27: "40 steps in a function of an earlier cell",
        44: "a training, 15 epochs",
    },
    "notebooks/en/04-clothes.ipynb": {
        8: "the mean picture of each class",
        17: "40 steps on one batch",
        21: "a training, 12 epochs",
        28: "the share recognised of each class",
    },
    "notebooks/en/06-saving-and-loading.ipynb": {
        7: "a training, 8 epochs",
        32: "the tensors of a state",
        36: "an epoch",
    },
    "notebooks/en/07-pictures-from-folders.ipynb": {
        21: "six views for each of four transforms",
        23: "twelve pictures of a dataset",
        29: "a training in a function of an earlier cell",
        33: "votes of 25 passes",
    },
    "notebooks/en/08-transfer.ipynb": {9: "unpacking weights", 26: "four trainings of 100 steps"},
    "notebooks/en/10-sequences.ipynb": {9: "drawing letters"},
}
PLAIN = {
    "notebooks/en/10-sequences.ipynb": {3: "lines of a text", 7: "counts of letters", 15: "numbers of letters"},
    "tests/notebooks/basics.ipynb": {
        12: "a `while` of numbers",
        13: "two nested loops",
        18: "a stack",
        22: "characters of a text",
        36: "the sum of a slice",
        38: "a `fold` in a generic function",
        46: "words in a map",
        47: "words by length",
        54: "an area",
    },
    "tests/notebooks/plots.ipynb": {11: "a histogram"},
    "tests/notebooks/running.ipynb": {16: "numbers on two threads"},
    "tests/notebooks/tour.ipynb": {12: "squares"},
    "tests/notebooks/types.ipynb": {
        5: "cards of a hand",
        25: "the sum of vectors",
        30: "a transposed matrix",
        33: "a stack of its own type",
        35: "generic functions",
    },
}
VARIANTS = {"now": {}, "before": {"SOMA_WITHOUT": "levels"}}


def run(executable, path, timed, environment, mark):
    """The milliseconds of the cells that are timed; `mark` is a text in them, so that they are compiled."""
    manager = Manager(executable)
    manager.start_kernel(env=environment, cwd=str(path.parent))
    client = manager.client()
    client.start_channels()
    times = {}
    try:
        client.wait_for_ready(timeout=600)
        for number, cell in enumerate(nbformat.read(path, as_version=4).cells[: max(timed, default=0) + 1]):
            if cell.cell_type != "code":
                continue
            code = f'let _ = "{mark}";\n{cell.source}' if number in timed else cell.source
            began = time.perf_counter()
            reply = client.execute_interactive(
                code, timeout=600, output_hook=lambda message: None, allow_stdin=False, stop_on_error=False
            )
            times[number] = (time.perf_counter() - began) * 1000
            if number in timed and reply["content"]["status"] != "ok":
                raise SystemExit(f"{path.name}: this cell failed\n{cell.source}\n{reply['content'].get('evalue')}")
        return {number: times[number] for number in timed}
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def measure(executable, kinds, rounds, environment):
    """For each cell and variant the milliseconds of each round, and those of a run without compiling."""
    compiled, cached = {}, {}
    for name in sorted({name for kind in kinds for name in kind}):
        timed = {number for kind in kinds for number in kind.get(name, {})}
        for number in range(rounds + 1):
            order = list(VARIANTS.items())
            for variant, variables in order if number % 2 == 0 else reversed(order):
                # The last pass repeats the cells of the first.
                mark = f"{variant} {number % rounds}"
                times = run(executable, ROOT / name, timed, {**environment, **variables}, mark)
                into = cached if number == rounds else compiled
                for cell, taken in times.items():
                    into.setdefault((name, cell, variant), []).append(taken)
    return compiled, cached


def table(kind, title, compiled, cached):
    print(f"\n| {title} | cell | before, ms | now, ms | ratio | compiled: before | now |\n|---|---|--:|--:|--:|--:|--:|")
    ratios = []
    for name, cells in kind.items():
        for number, what in cells.items():
            before, now = (statistics.median(compiled[name, number, variant]) for variant in ("before", "now"))
            runs = [cached[name, number, variant][0] for variant in ("before", "now")]
            ratios.append(now / before)
            row = [f"{before:.0f}", f"{now:.0f}", f"{now / before:.2f}", f"{runs[0]:.0f}", f"{runs[1]:.0f}"]
            print(f"| {what} | {pathlib.Path(name).stem} {number} |", " | ".join(row), "|")
    print(f"| geometric mean | | | | {math.exp(statistics.fmean(map(math.log, ratios))):.3f} | | |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("soma")
    options = parser.parse_args()
    executable = os.path.abspath(options.soma)
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **{name: value for name, value in os.environ.items() if name != "SOMA_WITHOUT"},
            "SOMA_HISTORY": "",
            "SOMA_CACHE_DIR": os.path.join(folder, "cache"),
            "TENSORLIB_DATA": str(ROOT / "notebooks" / "data"),
        }
        # The tensor library is built before anything is timed.
        run(executable, ROOT / "notebooks" / "en" / "00-start.ipynb", {1}, environment, "first")
        compiled, cached = measure(executable, (TENSORS, PLAIN), options.rounds, environment)
    table(TENSORS, "loops over tensors", compiled, cached)
    table(PLAIN, "loops over plain numbers", compiled, cached)


main()
