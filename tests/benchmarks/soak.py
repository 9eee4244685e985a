#!/usr/bin/env python3
"""Run thousands of cells in one Soma kernel and see whether it stays as it was.

usage: soak.py [--cells 2000] [--every 200]

Half of the cells are new (compiled), half were run before; some define functions, types and tensors, some fail to
compile, some panic, and one in a hundred ends its process. After every N cells prints a row in Markdown: the median
time of the new cells and of the others since the row before, the memory of all processes, the number of processes
and of open files. Variables are checked as it goes.

Needs jupyter_client and psutil; talks to this machine only.
"""
import argparse
import statistics
import time

from kernels import Kernel

FAILURES = ["let n: i32 = \"no\";", "panic!(\"on purpose\")", "vec![1][7]"]


def quietly(kernel, code):
    """Run a cell that may fail: seconds, and whether it succeeded."""
    began = time.perf_counter()
    request = kernel.client.execute(code)
    reply = kernel.client.get_shell_msg(timeout=600)
    while reply["parent_header"].get("msg_id") != request:
        reply = kernel.client.get_shell_msg(timeout=600)
    return time.perf_counter() - began, reply["content"]["status"] == "ok"


def cell(number):
    """A cell of this number, whether it is new, and whether it succeeds."""
    if number % 100 == 99:
        return "std::process::abort()", False, False
    if number % 10 == 9:
        return FAILURES[number // 10 % len(FAILURES)], False, False
    if number % 2 == 0:
        kinds = [
            f"total += {number};",
            f"fn f{number % 40}(x: u64) -> u64 {{ x + {number} }}",
            f"#[derive(Debug, Clone)] struct S{number % 40} {{ a: [u64; {number % 7 + 1}] }}",
            f"let t{number % 20} = rand([8, 8]).mul({number} as f64 + 0.5);",
        ]
        return kinds[number // 2 % len(kinds)], True, True
    return "t.add_(1.0); t.sum()", False, True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, default=2000)
    parser.add_argument("--every", type=int, default=200)
    arguments = parser.parse_args()
    with Kernel("soma") as kernel:
        kernel.info()
        kernel.run("use tensorlib::prelude::*;\nlet mut total = 0_u64; let t = zeros([1000]);")
        expected, new, known = 0, [], []
        print("| cells | p50 of a new cell | of one run before | memory | processes | open files |\n|---|---|---|---|---|---|")
        for number in range(arguments.cells):
            code, is_new, succeeds = cell(number)
            seconds, succeeded = quietly(kernel, code)
            if succeeded != succeeds:
                raise SystemExit(f"cell {number} was expected to {'succeed' if succeeds else 'fail'}: {code}")
            if succeeds:
                (new if is_new else known).append(seconds)
            if code.startswith("total +="):
                expected += number
            if (number + 1) % arguments.every == 0:
                _, texts = kernel.run("total")
                if texts != [str(expected)]:
                    raise SystemExit(f"after cell {number}, `total` is {texts} instead of {expected}")
                row = [statistics.median(new) * 1e3, statistics.median(known) * 1e3, kernel.memory()]
                print(
                    f"| {number + 1} | {row[0]:.0f} ms | {row[1]:.1f} ms | {row[2]:.0f} MiB "
                    f"| {len(kernel.family())} | {kernel.open_files()} |",
                    flush=True,
                )
                new, known = [], []


if __name__ == "__main__":
    main()
