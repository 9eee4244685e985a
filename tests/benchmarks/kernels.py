"""What the benchmarks share: a kernel that is measured from outside, and the notebooks that it runs."""
import os
import pathlib
import queue
import subprocess
import time

import psutil
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

HERE = pathlib.Path(__file__).parent
LESSONS = {"soma": "lesson.soma.txt", "rust": "lesson.evcxr.txt", "python3": "lesson.torch.txt"}
NAMES = {"soma": "Soma", "rust": "evcxr_jupyter", "python3": "ipykernel + PyTorch"}


class Kernel:
    """A kernel and its client; `started` is when it was spawned. Use as a context."""

    def __init__(self, name, environment=None):
        self.name = name
        self.manager = KernelManager(kernel_name=name)
        self.started = time.perf_counter()
        # What runs here is no part of the user's history; another file can be named in its place.
        self.manager.start_kernel(env={"SOMA_HISTORY": "", **(environment or os.environ)})
        self.client = self.manager.client()
        self.client.start_channels()
        self.process = psutil.Process(self.manager.provisioner.pid)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def info(self):
        """Wait for the first kernel_info reply; seconds since the spawn. Outputs are then seen, too."""
        self.client.kernel_info()
        self.client.get_shell_msg(timeout=600)
        seconds = time.perf_counter() - self.started
        while True:
            # What is published before the subscription has arrived is lost.
            try:
                self.client.get_iopub_msg(timeout=0.2)
                return seconds
            except queue.Empty:
                self.client.kernel_info()
                self.client.get_shell_msg(timeout=600)

    def run(self, code):
        """Run a cell; seconds until it is idle, and its text outputs."""
        began = time.perf_counter()
        request = self.client.execute(code)
        texts = []
        while True:
            message = self.client.get_iopub_msg(timeout=1200)
            if message["parent_header"].get("msg_id") != request:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "error":
                raise SystemExit(f"{self.name}: {code}\n{content['ename']}: {content['evalue']}")
            if kind == "stream":
                texts.append(content["text"])
            elif kind == "execute_result":
                texts.append(content["data"]["text/plain"])
            elif kind == "status" and content["execution_state"] == "idle":
                break
        self.client.get_shell_msg(timeout=600)
        return time.perf_counter() - began, texts

    def family(self):
        """The kernel's process and all below it."""
        return [self.process, *self.process.children(recursive=True)]

    def memory(self):
        """What all processes hold when the kernel has come to rest, in MiB; shared pages count in shares."""
        time.sleep(0.5)
        return self.sum(lambda process: process.memory_full_info().pss) / 2**20

    def open_files(self):
        """The number of file descriptors of all processes."""
        return self.sum(lambda process: process.num_fds())

    def sum(self, value):
        """The sum of a value over all processes that are still there."""
        total = 0
        for process in self.family():
            try:
                total += value(process)
            except psutil.NoSuchProcess:
                pass
        return total


def lesson(kernel):
    """The cells of the first lesson in the kernel's language."""
    return [cell.strip("\n") for cell in (HERE / LESSONS[kernel]).read_text().split("\n//---\n")]


def floor(folder):
    """rustc on an empty cdylib, in milliseconds."""
    source = pathlib.Path(folder, "empty.rs")
    source.write_text('#[unsafe(no_mangle)] pub extern "C" fn f() {}\n')
    rustc = subprocess.run(["rustc", "--print", "sysroot"], capture_output=True, text=True, check=True).stdout.strip() + "/bin/rustc"
    command = [rustc, "--edition", "2024", "--crate-type", "cdylib", "-C", "prefer-dynamic", "-o", f"{folder}/empty.so", source]
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return (time.perf_counter() - began) * 1e3


def installed(wanted):
    """Those of the wanted kernels that are installed, and the others."""
    there = KernelSpecManager().find_kernel_specs()
    return [kernel for kernel in wanted if kernel in there], sorted(kernel for kernel in wanted if kernel not in there)


def soma_binary():
    """The program of the installed Soma kernel."""
    return KernelSpecManager().get_kernel_spec("soma").argv[0]
