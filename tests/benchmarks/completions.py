#!/usr/bin/env python3
"""Measure how long the first completion of a value's members takes, and what it costs in memory.

usage: completions.py [--rounds N] [--idle SECONDS] SOMA [SOMA ...]

Each SOMA is an executable; they run in turns. A vector is made in a new kernel; then its members are asked for again and
again until they come, at once, and in another kernel after some idle seconds. Prints a table in Markdown: the seconds until
then, and the analyst's own memory (what it shares with no other process) before anyone has asked and after a few answers,
in MiB; medians. On a machine that is idle, too, the analyst has read ahead by then.
Needs jupyter_client and psutil, and Rust's rust-src; talks to this machine only.
"""
import argparse
import statistics
import tempfile
import time

import psutil
from cells import Kernel

SETUP = "let v = vec![1, 2, 3]; let t = tensorlib::zeros([2]);"
QUESTIONS = ["v.", '"text".', "t.", "std::collections::"]


def analyst_memory(kernel):
    """The analyst's own memory in MiB; 0 when there is none."""
    for process in psutil.Process(kernel.manager.provisioner.pid).children(recursive=True):
        try:
            if "analyst" in process.cmdline():
                return process.memory_full_info().uss / 2**20
        except psutil.Error:
            pass
    return 0.0


def completions(kernel, code):
    """What could follow a piece of code."""
    return kernel.client.complete(code, len(code), reply=True, timeout=60)["content"]["matches"]


def measure(soma, idle):
    """Seconds until there are members, and the memory before and after."""
    with tempfile.TemporaryDirectory() as folder:
        kernel = Kernel(soma, folder)
        try:
            assert kernel.run(SETUP)[1], f"{soma} does not run cells"
            time.sleep(idle)
            before = analyst_memory(kernel)
            began = time.perf_counter()
            while not completions(kernel, "v."):
                assert time.perf_counter() - began < 120, "no members came: is rust-src installed?"
            seconds = time.perf_counter() - began
            for code in QUESTIONS:
                completions(kernel, code)
            time.sleep(0.5)
            return seconds, before, analyst_memory(kernel)
        finally:
            kernel.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("soma", nargs="+")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--idle", type=float, default=15)
    options = parser.parse_args()
    cases = [(soma, idle) for soma in options.soma for idle in (0, options.idle)]
    measured = {case: [] for case in cases}
    for _ in range(options.rounds):
        for case in cases:
            measured[case].append(measure(*case))
    print("| kernel | idle, s | first members, s | memory before, MiB | after |\n|---|--:|--:|--:|--:|")
    for (soma, idle), rounds in measured.items():
        seconds, before, after = (statistics.median(values) for values in zip(*rounds))
        print(f"| {soma} | {idle:g} | {seconds:.1f} | {before:.0f} | {after:.0f} |")


if __name__ == "__main__":
    main()
