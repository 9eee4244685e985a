"""How much longer a class takes for lesson 1 through JupyterHub than the same number of kernels by themselves.

usage: class.py [--learners 30] --soma SOMA --shared FOLDER --environments FOLDER

As root: it runs on a machine of its own (tests/tests/machine.py), with real accounts. SHARED is what
`soma warm --into` has left. All learners run all cells of the lesson at once. Prints a table in Markdown.
"""

import json
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import machine as machines  # noqa: E402
from hub import Learner, start_hub  # noqa: E402
from machine import ROOT, processes, wait_until  # noqa: E402

# Starting a server takes a second of a processor, so that more at once would only wait for each other.
AT_ONCE = 4


def cells():
    lesson = json.loads((ROOT / "notebooks/en/01-tensors.ipynb").read_text())
    return ["".join(cell["source"]) for cell in lesson["cells"] if cell["cell_type"] == "code"]


def through_the_hub(machine, accounts):
    hub = start_hub(machine, SOMA_HUB_PROCESSORS="2", SOMA_HUB_MEMORY="4G")
    learners = [Learner(name) for name in accounts]
    begun = time.monotonic()

    def arrive(learner):
        assert learner.log_in("password of " + learner.name).ok
        learner.start()
        return learner.kernel(learner.start_kernel())

    with ThreadPoolExecutor(AT_ONCE) as pool:
        channels = list(pool.map(arrive, learners))
    for channel in channels:
        channel.run("1 + 1")
    arrived = time.monotonic() - begun
    took = all_at_once(channels)
    for channel in channels:
        channel.close()
    machine.end(hub)
    wait_until("an empty machine", lambda: not processes())
    return arrived, took


def all_at_once(channels):
    """The seconds from the first cell that is sent to the last reply, when each runs the lesson's cells."""

    def work(channel):
        waiting = {channel.execute(code) for code in cells()}
        # A reply may overtake what earlier cells show.
        while waiting:
            kind, request, content = channel.read()
            if kind == "execute_reply":
                assert content["status"] == "ok", content
                waiting.discard(request)

    begun = time.monotonic()
    with ThreadPoolExecutor(len(channels)) as pool:
        list(pool.map(work, channels))
    return time.monotonic() - begun


def by_themselves(accounts):
    """The same number of kernels without a hub, each with a home of its own."""
    from jupyter_client.manager import KernelManager

    class Bare:
        def __init__(self, name):
            self.manager = KernelManager(kernel_name="soma")
            # Not the account's own home: what root writes there its owner could not.
            home = tempfile.mkdtemp(prefix=f"bare-{name}-")
            environment = {**machines.machine_environment(), "HOME": home, "SOMA_CACHE_DIR": f"{home}/cache"}
            self.manager.start_kernel(env=environment)
            self.client = self.manager.client()
            self.client.start_channels()
            self.client.wait_for_ready(timeout=machines.LIMIT)

        def run(self):
            requests = [self.client.execute(code, stop_on_error=True) for code in cells()]
            for request in requests:
                while (reply := self.client.get_shell_msg(timeout=machines.LIMIT))["parent_header"].get("msg_id") != request:
                    pass
                assert reply["content"]["status"] == "ok", reply["content"]

    kernels = [Bare(name) for name in accounts]
    for kernel in kernels:
        kernel.client.execute_interactive("1 + 1", output_hook=lambda _: None, timeout=machines.LIMIT)
    begun = time.monotonic()
    with ThreadPoolExecutor(len(kernels)) as pool:
        list(pool.map(Bare.run, kernels))
    took = time.monotonic() - begun
    for kernel in kernels:
        kernel.client.stop_channels()
        kernel.manager.shutdown_kernel(now=True)
    return took


def main(machine):
    with machine:
        accounts = [f"learner{number}" for number in range(machine.arguments.learners)]
        for name in accounts:
            machine.account(name, "password of " + name, ["learners"])
        bare = by_themselves(accounts)
        arrived, hub = through_the_hub(machine, accounts)
        print("\n| learners | all servers and kernels are there after | lesson 1, all at once | the same kernels by themselves | ratio |")
        print("|--:|--:|--:|--:|--:|")
        print(f"| {len(accounts)} | {arrived:.1f} s | {hub:.1f} s | {bare:.1f} s | {hub / bare:.2f} |", flush=True)


if __name__ == "__main__":
    machines.run(main, learners=30)
