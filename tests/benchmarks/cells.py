#!/usr/bin/env python3
"""Compare the time of single cells between builds of Soma.

usage: cells.py [--rounds N] SOMA [SOMA ...]

SOMA is an executable; the first one is what the others are compared with. The kernels take turns, cell by cell, and every
cell is one that its kernel has not seen: what is not refused before is compiled. The caches are new and go away at the
end.

Prints a table in Markdown: medians in milliseconds, for cells that fail and cells that do not, and for rustc on an empty
cdylib, the floor of a compiled cell without what Soma does about it. Needs jupyter_client and psutil; talks to this
machine only.
"""
import argparse
import math
import os
import statistics
import tempfile
import time

from jupyter_client import KernelManager
from jupyter_client.kernelspec import KernelSpec

from kernels import floor

PREPARE = "use tensorlib::prelude::*;\nlet x = rand([3, 2]);\nlet n = 5;"
FAILING = {
    "no such method": "x.tiles({})",
    "no such name": "wights{}.sum()",
    "syntax, as in Python": "for i in range({}):\n    print(i)",
    "an operation that types do not have": "n * 0.5{}",
    "the number of arguments": "rand(3, {})",
    "another type": 'let s: i32 = "a{}";',
}
GOOD = {
    "a number": "n + {}",
    "a tensor's sum": "(&x * {}.0).sum().item::<f32>()",
    "a new variable": "let y = &x + {}.0;",
    "a function": "fn f(a: i32) -> i32 {{ a + {} }}",
    "a call": "x.dim() + {}",
    "a struct": "struct P {{ a: i32 }}\nlet p = P {{ a: {} }};\np.a",
    "a loop that prints": 'for i in 0..3 {{ println!("{{}}", i + {}); }}',
    "tensors": "let w = rand([3, 2]);\nlet y = (&w * {}.0).exp().sum();\ny.item::<f32>()",
    "tensors, with gradients": "let w = rand([3, 2]).requires_grad_(true);\nlet y = (&w * {}.0).exp().sum();\ny.backward();\nw.grad()",
    "a loop of tensors": "let mut y = x.clone();\nfor i in 0..{} {{\n    y = (&y * 0.5 + i as f64).tanh();\n}}\ny.sum()",
    "a training loop": """let w = zeros([2, 1]).requires_grad_(true);
for _ in 0..200 {{
    let loss = (x.matmul(&w) - {}.0).pow(2.0).mean();
    loss.backward();
    no_grad(|| w.sub_(w.grad() * 0.1));
    w.grad().zero_();
}}
w.sum().item::<f32>()""",
    "a training": """let model = nn::sequential![nn::Linear::new(2, 8), nn::ReLU, nn::Linear::new(8, 1)];
let optimizer = optim::SGD::new(model.parameters(), 0.1);
let loader = data::DataLoader::new(data::TensorDataset::new([&x, &x.sum_keepdim(1)]), 2).shuffle(true);
for _ in 0..{} {{
    for batch in &loader {{
        let loss = F::mse_loss(&model.forward(&batch[0]), &batch[1]);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
    }}
}}""",
}


class Manager(KernelManager):
    """A manager for an executable that is not installed as a kernel."""

    def __init__(self, executable):
        super().__init__()
        self._spec = KernelSpec(argv=[executable, "kernel", "--connection-file", "{connection_file}"], language="rust")

    @property
    def kernel_spec(self):
        return self._spec


class Kernel:
    """A running kernel with a cache of its own below the folder."""

    def __init__(self, executable, folder):
        environment = {**os.environ, "SOMA_HISTORY": "", "SOMA_CACHE_DIR": os.path.join(folder, "cache")}
        os.makedirs(os.path.join(folder, "work"))
        self.manager = Manager(os.path.abspath(executable))
        self.manager.start_kernel(cwd=os.path.join(folder, "work"), env=environment)
        self.client = self.manager.client()
        self.client.start_channels()

    def run(self, code):
        """Run a cell: its seconds, and whether it succeeded."""
        began = time.perf_counter()
        reply = self.client.execute_interactive(code, output_hook=lambda _: None, store_history=False, timeout=600)
        return time.perf_counter() - began, reply["content"]["status"] == "ok"

    def stop(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


def measure(kernels, cell, succeeds, rounds):
    """The median milliseconds of a cell in each kernel."""
    times = [[] for _ in kernels]
    for number in range(1, rounds + 1):
        for kernel, taken in zip(kernels, times):
            code = cell.format(number)
            seconds, succeeded = kernel.run(code)
            assert succeeded == succeeds, f"{'fails' if succeeds else 'does not fail'}: {code}"
            taken.append(seconds * 1000)
    return [statistics.median(taken) for taken in times]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("executables", metavar="SOMA", nargs="+")
    arguments = parser.parse_args()
    others = len(arguments.executables) - 1
    print("| cell |" + " first |" + "".join(f" {number} | ratio |" for number in range(2, others + 2)))
    print("|---|--:|" + "--:|--:|" * others)
    with tempfile.TemporaryDirectory() as folder:
        kernels = []
        try:
            for number, executable in enumerate(arguments.executables):
                kernels.append(Kernel(executable, os.path.join(folder, str(number))))
            for kernel in kernels:
                kernel.client.wait_for_ready(timeout=600)
                assert kernel.run(PREPARE)[1], "the first cell fails"
            floors = []
            for cells, succeeds in ((FAILING, False), (GOOD, True)):
                ratios = [[] for _ in range(others)]
                for name, cell in cells.items():
                    floors.append(floor(folder))
                    first, *rest = measure(kernels, cell, succeeds, arguments.rounds)
                    for ratio, median in zip(ratios, rest):
                        ratio.append(median / first)
                    print(f"| {name} | {first:.1f} |" + "".join(f" {m:.1f} | {m / first:.3f} |" for m in rest), flush=True)
                means = "".join(f" | {math.exp(statistics.fmean(map(math.log, ratio))):.3f} |" for ratio in ratios)
                print(f"| geometric mean, {'good' if succeeds else 'failing'} | |{means}", flush=True)
            print(f"\nrustc on an empty cdylib: {statistics.median(floors):.1f} ms")
        finally:
            for kernel in kernels:
                kernel.stop()


if __name__ == "__main__":
    main()
