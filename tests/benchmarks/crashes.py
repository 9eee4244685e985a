#!/usr/bin/env python3
"""See what a crash, or an interrupt, costs a user in each kernel that is installed.

usage: crashes.py [--of soma,rust,python3] [--patience 10]

For each fault: starts a kernel, makes a variable, runs a cell with the fault, and asks for the variable. Cells that do
not end by themselves are interrupted, in the way in which the kernel's entry says, after two seconds. Prints a table in
Markdown: how the cell ended, and whether the variable is there afterwards. PATIENCE is how many seconds a cell may take
to end, and an interrupt to work.

Needs jupyter_client and psutil; talks to this machine only.
"""
import argparse
import queue
import time

import psutil
from kernels import NAMES, Kernel, installed

KEEP = {"soma": ("let kept = 41;", "kept + 1"), "rust": ("let kept = 41;", "kept + 1"), "python3": ("kept = 41", "kept + 1")}
RUST = {
    "segmentation fault": "unsafe { std::ptr::null_mut::<u8>().write_volatile(1) }",
    "abort": "std::process::abort();",
    "exit": "std::process::exit(3);",
    "stack overflow": "fn deep(n: u64) -> u64 { if n == u64::MAX { 0 } else { std::hint::black_box(1 + deep(n + 1)) } }\ndeep(0)",
    "illegal instruction": "unsafe { std::arch::asm!(\"ud2\") }",
    "panic": "panic!(\"on purpose\")",
    "panic while panicking": "struct Bad; impl Drop for Bad { fn drop(&mut self) { panic!(\"again\") } }\n{ let _bad = Bad; panic!(\"once\"); }",
    "killed (`kill -9`)": "std::thread::sleep(std::time::Duration::from_secs(600));",
    "interrupt of a loop": "let mut n = 0_u64; loop { n = std::hint::black_box(n + 1); }",
    "interrupt of a sleep": "std::thread::sleep(std::time::Duration::from_secs(600));",
}
PYTHON = {
    "segmentation fault": "import ctypes; ctypes.memset(8, 1, 1)",
    "abort": "import os; os.abort()",
    "exit": "import os; os._exit(3)",
    "stack overflow": "import sys; sys.setrecursionlimit(10**9)\ndef deep(n): return sorted([n], key=lambda n: deep(n + 1))\ndeep(0)",
    "illegal instruction": "import os; os.kill(os.getpid(), 4)",
    "panic": "raise RuntimeError('on purpose')",
    "killed (`kill -9`)": "import time; time.sleep(600)",
    "interrupt of a loop": "while True: pass",
    "interrupt of a sleep": "import time; time.sleep(600)",
}
CELLS = {"soma": RUST, "rust": RUST, "python3": PYTHON}


def runner(kernel):
    """The process that runs cells: the one below the kernel's that was started first, if there is any."""
    def is_one(process):
        return any(word in " ".join(process.cmdline()) for word in ("runtime", "evcxr"))
    below = [process for process in kernel.process.children(recursive=True) if is_one(process)]
    if kernel.name == "soma":
        supervisor = next(process for process in below if process.ppid() == kernel.process.pid)
        return min(supervisor.children(), key=psutil.Process.create_time)
    return below[0] if below else kernel.process


def outcome(kernel, code, after_two_seconds, patience):
    """Run a cell: how it ended, in a few words, and the text of its result."""
    request, began, acted, text = kernel.client.execute(code), time.monotonic(), False, ""
    ended, acted_at = "ok", began
    while True:
        if after_two_seconds and not acted and time.monotonic() - began > 2:
            after_two_seconds()
            acted, acted_at = True, time.monotonic()
        if not kernel.manager.is_alive():
            return "the kernel ends", text
        if time.monotonic() - acted_at > patience + (0 if acted or not after_two_seconds else 2):
            return f"no end within {patience} s", text
        try:
            message = kernel.client.get_iopub_msg(timeout=0.2)
        except queue.Empty:
            continue
        if message["parent_header"].get("msg_id") != request:
            continue
        kind, content = message["msg_type"], message["content"]
        if kind == "error":
            ended = f"error `{content['ename']}`"
        elif kind == "execute_result":
            text = content["data"]["text/plain"]
        elif kind == "status" and content["execution_state"] == "idle":
            seconds = f", {time.monotonic() - acted_at:.1f} s after it" if acted else ""
            return ended + seconds, text


def suffer(name, fault, patience):
    """What becomes of the cell, and of the variable."""
    make, ask = KEEP[name]
    with Kernel(name) as kernel:
        kernel.info()
        kernel.run(make)
        act = None
        if fault.startswith("interrupt"):
            act = kernel.manager.interrupt_kernel
        elif fault.startswith("killed"):
            act = lambda: runner(kernel).kill()  # noqa: E731
        ended, _ = outcome(kernel, CELLS[name][fault], act, patience)
        if ended == "the kernel ends":
            return ended, "lost"
        _, text = outcome(kernel, ask, None, patience)
        return ended, "kept" if text == "42" else "lost"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--of", default="soma,rust,python3")
    parser.add_argument("--patience", type=int, default=10)
    arguments = parser.parse_args()
    kernels, missing = installed(arguments.of.split(","))
    if missing:
        print(f"not installed, left out: {', '.join(missing)}\n")
    print("| | " + " | ".join(f"{NAMES[name].split(' +')[0]}: the cell | the variable" for name in kernels) + " |")
    print("|---" * (1 + 2 * len(kernels)) + "|")
    for fault in RUST:
        cells = []
        for name in kernels:
            cells += suffer(name, fault, arguments.patience) if fault in CELLS[name] else ("–", "–")
        print(f"| {fault} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
