#!/usr/bin/env python3
"""Measure how much time compiling the next cells while a cell runs could save at most.

usage: ahead.py [--rounds N] [--libs FOLDER] SOMA [NOTEBOOK ...]

SOMA is an executable, a NOTEBOOK a file (the lessons when none is given). In each round a notebook runs from its start in
two new kernels, each cell as soon as the one before is done: first nothing is cached, then everything is. A cell's
compile is by how much longer it took in the first, beside its code; its run is how long its code took in the second, both
as `:timing` says (to a tenth where it is seconds). FOLDER has the tensor library in it, as those that SOMA_SHARED_DIRS
names, and no cells; without it the library is built first.

Nothing is compiled ahead here. From these times follows what an oracle would save that knows each cell and all types, makes
no mistake and costs nothing:

* "next cell": while a cell runs, the next is compiled, as far as the run is long enough;
* "free processors": the same, but only in the time of processors that the running cell leaves idle;
* "pipeline": from the first moment on, one cell after another is compiled, however far ahead, whatever runs;
* "all beside it": the same, and what the kernel does before and after a cell's code overlaps with compiles, too.

"Busy" is how many processors a notebook's cells keep busy that run longer than 0.1 s. Other programs that run make it too
small, and "free processors" too large. Prints a table in Markdown: seconds, of each cell the medians of the rounds; shares
are of the time with nothing cached, and the kernel's start is in no time.
Needs jupyter_client, psutil and nbformat; talks to this machine only.
"""
import argparse
import os
import pathlib
import re
import shutil
import statistics
import tempfile
import time
from typing import NamedTuple

import nbformat
import psutil
from cells import Manager

NOTEBOOKS = pathlib.Path(__file__).parent.parent.parent / "notebooks"
# What `:timing` prints below each cell.
RAN = re.compile(r"took .*, of which the cell ran ([\d.]+)(ns|µs|ms|s)\n$")
UNITS = {"ns": 1e-9, "µs": 1e-6, "ms": 1e-3, "s": 1.0}
# A cell that runs longer, in seconds, leaves time in which something could be compiled.
LONG = 0.1


class Times(NamedTuple):
    """What one cell took, in seconds."""

    whole: float
    """From the request to the reply."""
    ran: float
    """In the cell's own code."""
    worked: float
    """Of processors, in all processes of the kernel."""

    @property
    def waited(self):
        """Until the code began, and after its end."""
        return self.whole - self.ran


def processor_seconds(kernel):
    """What a process and all below it have spent, those that have ended among them."""
    total = 0.0
    for process in [kernel, *kernel.children(recursive=True)]:
        try:
            total += sum(process.cpu_times()[:4])
        except psutil.NoSuchProcess:
            pass
    return total


def may_fail(cell):
    """Whether a cell is meant to fail: it has the tag, or an error was saved with it."""
    tags = cell.metadata.get("tags", [])
    return "raises-exception" in tags or any(output.output_type == "error" for output in cell.outputs)


def run(executable, path, environment):
    """Run a notebook in a new kernel: the times of each code cell."""
    manager = Manager(executable)
    manager.start_kernel(env=environment, cwd=str(path.parent))
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=600)
        kernel = psutil.Process(manager.provisioner.pid)
        client.execute_interactive(":timing", timeout=600, output_hook=lambda message: None)
        cells = nbformat.read(path, as_version=4).cells
        return [run_cell(client, kernel, cell) for cell in cells if cell.cell_type == "code"]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def run_cell(client, kernel, cell):
    """Run a cell: its times."""
    printed = []

    def listen(message):
        if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
            printed.append(message["content"]["text"])

    worked = processor_seconds(kernel)
    began = time.perf_counter()
    reply = client.execute_interactive(cell.source, timeout=1200, output_hook=listen, allow_stdin=False)
    whole = time.perf_counter() - began
    worked = processor_seconds(kernel) - worked
    if reply["content"]["status"] != "ok" and not may_fail(cell):
        raise SystemExit(f"this cell failed\n{cell.source}\n{reply['content'].get('evalue')}")
    # A cell that has only commands in it, or does not compile, ran for no time.
    ran = RAN.search("".join(printed))
    return Times(whole, float(ran[1]) * UNITS[ran[2]] if ran else 0.0, worked)


def measure(executable, path, rounds, environment):
    """For each cell its times with nothing cached, and with everything cached, in every round."""
    fresh, cached = [], []
    for _ in range(rounds):
        shutil.rmtree(pathlib.Path(environment["SOMA_CACHE_DIR"], "cells"), ignore_errors=True)
        fresh.append(run(executable, path, environment))
        cached.append(run(executable, path, environment))
    return list(zip(*fresh)), list(zip(*cached))


def median(cells, value):
    """For each cell the median of a value over the rounds."""
    return [statistics.median(value(times) for times in cell) for cell in cells]


def pipeline(compiles, runs):
    """The seconds that are saved when one cell after another is compiled, and none waits for a run."""
    compiled = done = 0.0
    for compiling, running in zip(compiles, runs):
        compiled += compiling
        done = max(done, compiled) + running
    return sum(compiles) + sum(runs) - done


def bounds(fresh, cached, processors):
    """The row of a notebook: seconds, by column."""
    whole, ran, worked = (median(cached, lambda times: times[column]) for column in range(3))
    waited = zip(median(fresh, lambda times: times.waited), median(cached, lambda times: times.waited))
    compiles = [max(0.0, compiled - found) for compiled, found in waited]
    idle = [max(0.0, processors * seconds - spent) for seconds, spent in zip(whole, worked)]
    long = [number for number, seconds in enumerate(ran) if seconds > LONG]
    return {
        "fresh": sum(median(fresh, lambda times: times.whole)),
        "cached": sum(whole),
        "compiling": sum(compiles),
        "running": sum(ran),
        "next": sum(map(min, compiles[1:], ran)),
        "free": sum(map(min, compiles[1:], ran, idle)),
        "pipeline": pipeline(compiles, ran),
        "all": pipeline(compiles, whole),
        "long": sum(whole[number] for number in long),
        "worked": sum(worked[number] for number in long),
    }


def line(name, row):
    """A row of the table."""
    saved = [f"{row[key]:.2f} ({row[key] / row['fresh']:.1%})" for key in ("next", "free", "pipeline", "all")]
    busy = f"{row['worked'] / row['long']:.2f}" if row["long"] else ""
    seconds = [f"{row[key]:.2f}" for key in ("fresh", "cached", "compiling", "running")]
    print(f"| {name} |", " | ".join([*seconds, busy, *saved]), "|", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--libs", type=pathlib.Path, metavar="FOLDER")
    parser.add_argument("soma")
    parser.add_argument("notebooks", nargs="*", type=pathlib.Path, metavar="NOTEBOOK")
    options = parser.parse_args()
    if options.libs and (options.libs / "cells").exists():
        raise SystemExit(f"{options.libs} has compiled cells in it")
    processors = len(os.sched_getaffinity(0))
    executable = os.path.abspath(options.soma)
    print("| notebook | nothing cached | all cached | compiling | running | busy", end="")
    print(f" (of {processors}) | saved at most: next cell | free processors | pipeline | all beside it |")
    print("|---|" + "--:|" * 9)
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "SOMA_HISTORY": "",
            "SOMA_CACHE_DIR": os.path.join(folder, "cache"),
            "SOMA_SHARED_DIRS": str(options.libs.resolve()) if options.libs else "",
            "TENSORLIB_DATA": str(NOTEBOOKS / "data"),
        }
        # What is made once on a machine, such as the tensor library, is made before anything is timed.
        run(executable, NOTEBOOKS / "en" / "00-start.ipynb", environment)
        rows = []
        for path in options.notebooks or sorted((NOTEBOOKS / "en").glob("*.ipynb")):
            rows.append(bounds(*measure(executable, path.resolve(), options.rounds, environment), processors))
            line(path.stem, rows[-1])
        line("all", {key: sum(row[key] for row in rows) for key in rows[0]})


if __name__ == "__main__":
    main()
