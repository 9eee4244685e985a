#!/usr/bin/env python3
"""Measure how kernels cope with output, and how Soma answers meanwhile.

usage: output.py [--rounds N] [--lines 200000] [--mib 1024] [--questions 300] [--kernels soma,rust,python3]

1. A cell prints many lines: seconds until it is idle, for each kernel that is installed, taking turns, and whether every
   line had arrived by then, in order.
2. A cell of Soma's prints MIB mebibytes: by how much the memory of all its processes grows at most, at twenty looks a
   second, and how many bytes arrive.
3. A cell of Soma's computes on all cores and prints without pause: the time to the answer of kernel_info (on the shell
   and on the control channel), of a completion, and of an interrupt, and from the interrupt to the cell's end.

Prints tables in Markdown. Needs jupyter_client and psutil; talks to this machine only.
"""
import argparse
import multiprocessing
import statistics
import threading
import time

from jupyter_client import BlockingKernelClient
from kernels import NAMES, Kernel, installed

PRINT = {
    "soma": 'for i in 0..{lines} {{ println!("{{i}}"); }}',
    "rust": 'for i in 0..{lines} {{ println!("{{i}}"); }}',
    "python3": "for i in range({lines}): print(i)",
}
FLOOD = 'let line = "x".repeat(1023);\nfor _ in 0..{kib} {{ println!("{{line}}"); }}'
BUSY = """for _ in 0..std::thread::available_parallelism().unwrap().get() {
    std::thread::spawn(|| { let mut x = 1.0_f64; loop { x = (x * 1.000001).sin() + 1.0; std::hint::black_box(x); } });
}
loop { println!("this goes on and on and on"); }"""


def lines(kernel, count):
    """Print that many lines: seconds, and whether all had arrived, in order, when the cell was idle."""
    seconds, texts = kernel.run(PRINT[kernel.name].format(lines=count))
    return seconds, "".join(texts) == "".join(f"{number}\n" for number in range(count))


def flood(kernel, mib):
    """Print that much: the memory before and the most of it meanwhile in MiB, seconds, and bytes that arrived."""
    before, most, printing, ended = kernel.memory(), [0.0], threading.Event(), threading.Event()

    def look():
        # The compiler, which runs before, is not what is measured.
        printing.wait()
        while not ended.wait(0.05):
            most[0] = max(most[0], kernel.sum(lambda process: process.memory_full_info().pss) / 2**20)

    looker = threading.Thread(target=look)
    looker.start()
    began, request, arrived = time.perf_counter(), kernel.client.execute(FLOOD.format(kib=mib * 1024)), 0
    while True:
        message = kernel.client.get_iopub_msg(timeout=600)
        if message["parent_header"].get("msg_id") != request:
            continue
        if message["msg_type"] == "stream":
            printing.set()
            arrived += len(message["content"]["text"])
        elif message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            break
    seconds = time.perf_counter() - began
    ended.set()
    looker.join()
    kernel.client.get_shell_msg(timeout=60)
    return before, most[0], seconds, arrived


def read(connection, seen):
    """Reads iopub all the time, as a front end does, and tells what comes first of a cell's text, and when it is idle."""
    client = BlockingKernelClient()
    client.load_connection_info(connection)
    client.iopub_channel.start()
    known = set()
    while True:
        message = client.get_iopub_msg()
        kind, cell = message["msg_type"], message["parent_header"].get("msg_id")
        if kind == "stream" and cell not in known:
            known.add(cell)
            seen.put(("prints", cell, time.perf_counter()))
        elif kind == "status" and message["content"]["execution_state"] == "idle":
            seen.put(("idle", cell, time.perf_counter()))


class Reader:
    """Reads iopub in a process of its own: in one with the client, Python would let one of the two wait for the other."""

    def __init__(self, client):
        self.queue, self.seen = multiprocessing.Queue(), {}
        self.process = multiprocessing.Process(target=read, args=(client.get_connection_info(), self.queue), daemon=True)
        self.process.start()

    def when(self, kind, cell):
        """When (by `perf_counter`) a cell's first text came, or its `idle`."""
        while (kind, cell) not in self.seen:
            what, of, at = self.queue.get(timeout=60)
            self.seen[what, of] = at
        return self.seen[kind, cell]

    def end(self):
        self.process.terminate()
        self.process.join()


def asked(channel, send, get):
    """Milliseconds from a request to its reply."""
    began, request = time.perf_counter(), send()
    while get(timeout=60)["parent_header"].get("msg_id") != request:
        pass
    return (time.perf_counter() - began) * 1e3


def answers(kernel, count):
    """The times of answers while a cell computes and prints."""
    client = kernel.client
    kernel.run("let counter = 1; let counters = vec![1];")
    times = {}
    # The analyst reads its libraries once, at the first question, as on anybody's first Tab.
    deadline = time.perf_counter() + 120
    while time.perf_counter() < deadline:
        request = client.complete("counters.le", 11)
        reply = client.get_shell_msg(timeout=60)
        if reply["parent_header"]["msg_id"] == request and reply["content"]["matches"]:
            break
    client.iopub_channel.stop()
    reader = Reader(client)

    def control(kind):
        message = client.session.msg(kind, {})
        client.control_channel.send(message)
        return message["header"]["msg_id"]

    questions = {
        "kernel_info (shell)": (client.kernel_info, client.get_shell_msg),
        "kernel_info (control)": (lambda: control("kernel_info_request"), client.get_control_msg),
        "completion of a name": (lambda: client.complete("count", 5), client.get_shell_msg),
        "completion of a member": (lambda: client.complete("counters.le", 11), client.get_shell_msg),
    }
    reader.when("prints", client.execute(BUSY))
    for name, (send, get) in questions.items():
        times[name] = []
        for _ in range(count):
            times[name].append(asked(kernel, send, get))
            time.sleep(0.01)
    asked(kernel, lambda: control("interrupt_request"), client.get_control_msg)
    client.get_shell_msg(timeout=60)
    interrupts, ends = [], []
    for _ in range(max(count // 3, 10)):
        request = client.execute(BUSY)
        reader.when("prints", request)
        time.sleep(0.1)
        began = time.perf_counter()
        interrupts.append(asked(kernel, lambda: control("interrupt_request"), client.get_control_msg))
        client.get_shell_msg(timeout=60)
        ends.append((reader.when("idle", request) - began) * 1e3)
    times["interrupt"], times["interrupt, to the cell's end"] = interrupts, ends
    reader.end()
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--lines", type=int, default=200_000)
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--kernels", default="soma,rust,python3")
    arguments = parser.parse_args()
    kernels, missing = installed(arguments.kernels.split(","))
    if missing:
        print(f"not installed, left out: {', '.join(missing)}\n")
    times = {kernel: [] for kernel in kernels}
    for _ in range(arguments.rounds):
        for name in kernels:
            with Kernel(name) as kernel:
                kernel.info()
                kernel.run("1 + 1")
                times[name].append(lines(kernel, arguments.lines))
    medians = {name: statistics.median(seconds for seconds, _ in times[name]) for name in kernels}
    base = medians.get("python3")
    print(f"| {arguments.lines} printed lines | median | fastest | ratio to ipykernel | complete and in order |\n|---|---|---|---|---|")
    for name, median in medians.items():
        ratio = f"{median / base:.2f}" if base else ""
        whole = sum(complete for _, complete in times[name])
        print(f"| {NAMES[name]} | {median:.2f} s | {min(times[name])[0]:.2f} s | {ratio} | {whole} of {arguments.rounds} |")
    if "soma" not in kernels:
        return
    with Kernel("soma") as kernel:
        kernel.info()
        kernel.run("1 + 1")
        before, most, seconds, arrived = flood(kernel, arguments.mib)
        print(
            f"\n{arguments.mib} MiB printed by Soma: {arrived / 2**20:.1f} MiB arrived in {seconds:.1f} s; memory of all "
            f"processes {before:.0f} MiB before, at most {most:.0f} MiB meanwhile"
        )
    with Kernel("soma") as kernel:
        kernel.info()
        print("\n| answered while a cell computes and prints | median | p99 | longest | times |\n|---|---|---|---|---|")
        for name, values in answers(kernel, arguments.questions).items():
            p99 = statistics.quantiles(values, n=100, method="inclusive")[98]
            print(f"| {name} | {statistics.median(values):.1f} ms | {p99:.1f} ms | {max(values):.1f} ms | {len(values)} |")


if __name__ == "__main__":
    main()
