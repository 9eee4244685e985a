#!/usr/bin/env python3
"""Time the lessons beside the same steps in PyTorch.

usage: lessons.py [--rounds N] [--torch PYTHON] SOMA [LESSON ...]

SOMA is an executable, a LESSON its number, as 03 (all when none is given). A lesson's notebook and its steps in PyTorch
(`lessons/NN.py`, run by PYTHON) take turns. In the first round no cell was ever compiled; in the others all were. Times are
those of whole processes, imports among them.

Prints a table in Markdown: seconds, medians of the rounds. Needs jupyter_client, psutil and nbformat, and PyTorch in PYTHON;
talks to this machine only.
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import nbformat
from cells import Manager

HERE = pathlib.Path(__file__).parent
NOTEBOOKS = HERE.parent.parent / "notebooks"


def run_notebook(executable, path, environment):
    """Seconds from the kernel's start to the end of the last cell, and those of the longest cell."""
    began = time.perf_counter()
    manager = Manager(executable)
    manager.start_kernel(env=environment, cwd=str(path.parent))
    client = manager.client()
    client.start_channels()
    longest = 0.0
    try:
        client.wait_for_ready(timeout=600)
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type != "code":
                continue
            start = time.perf_counter()
            reply = client.execute_interactive(cell.source, timeout=600, output_hook=lambda message: None)
            if reply["content"]["status"] != "ok":
                raise SystemExit(f"{path.name}: this cell failed\n{cell.source}\n{reply['content'].get('evalue')}")
            longest = max(longest, time.perf_counter() - start)
        return time.perf_counter() - began, longest
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def run_torch(python, script):
    began = time.perf_counter()
    finished = subprocess.run([python, str(script)], cwd=script.parent, capture_output=True, text=True)
    if finished.returncode != 0:
        raise SystemExit(f"{script.name}: {finished.stderr}")
    return time.perf_counter() - began


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--torch", default=sys.executable, metavar="PYTHON")
    parser.add_argument("soma")
    parser.add_argument("lessons", nargs="*")
    options = parser.parse_args()
    print("| lesson | nothing cached | all cached | longest cell | PyTorch | ratio |\n|---|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "SOMA_HISTORY": "",
            "SOMA_CACHE_DIR": os.path.join(folder, "cache"),
            "TENSORLIB_DATA": str(NOTEBOOKS / "data"),
        }
        # The tensor library is built before anything is timed.
        run_notebook(options.soma, NOTEBOOKS / "en" / "00-start.ipynb", environment)
        for script in sorted((HERE / "lessons").glob("[0-9][0-9].py")):
            if options.lessons and script.stem not in options.lessons:
                continue
            path = next((NOTEBOOKS / "en").glob(f"{script.stem}-*.ipynb"))
            first, *later = [
                (run_notebook(options.soma, path, environment), run_torch(options.torch, script))
                for _ in range(options.rounds + 1)
            ]
            (fresh, _), _ = first
            cached = statistics.median(whole for (whole, _), _ in later)
            longest = max(longest for (_, longest), _ in [first, *later])
            torch = statistics.median(seconds for _, seconds in later)
            row = [f"{fresh:.1f}", f"{cached:.1f}", f"{longest:.1f}", f"{torch:.1f}", f"{torch / cached:.2f}"]
            print(f"| {path.stem} |", " | ".join(row), "|", flush=True)


main()
