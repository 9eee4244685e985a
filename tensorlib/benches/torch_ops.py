"""The PyTorch side of the bench `torch_ops`: prints `operation size microseconds`, the median of seven runs.

    python torch_ops.py THREADS
"""
import sys
import time

import torch


def measure(name, size, inner, call):
    call()
    times = []
    for _ in range(7):
        began = time.perf_counter()
        for _ in range(inner):
            call()
        times.append((time.perf_counter() - began) / inner)
    print(name, size, sorted(times)[3] * 1e6, flush=True)


torch.set_num_threads(int(sys.argv[1]))
torch.set_grad_enabled(False)
for n in (64, 256, 512, 1024):
    a, b = torch.randn(n, n), torch.randn(n, n)
    measure("matmul", n, max(1, int(2e8 / n**3)), lambda: a @ b)
for n in (6, 1000, 1_000_000, 16_000_000):
    a, b = torch.randn(n), torch.randn(n)
    inner = max(1, min(20_000, int(2e6 / n)))
    measure("add", n, inner, lambda: a + b)
    measure("add_", n, inner, lambda: a.add_(b))
    measure("mul_scalar", n, inner, lambda: a * 2.0)
    measure("exp", n, inner, lambda: b.exp())
    measure("sigmoid", n, inner, lambda: b.sigmoid())
    measure("sum", n, inner, lambda: b.sum())
m = torch.randn(1000, 1000)
measure("add_row_broadcast", 1000, 200, lambda: m + m[0])
measure("sum_dim1", 1000, 200, lambda: m.sum(dim=1))
measure("softmax_dim1", 1000, 200, lambda: torch.softmax(m, dim=1))
measure("transpose_contiguous", 1000, 200, lambda: m.t().contiguous())
measure("add_transposed", 1000, 200, lambda: m + m.t())
measure("sum_dim0", 1000, 200, lambda: m.sum(dim=0))
layers = [torch.nn.Linear(784, 128), torch.nn.ReLU(), torch.nn.Linear(128, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10), torch.nn.LogSoftmax(dim=1)]
model = torch.nn.Sequential(*layers)
x = torch.randn(1, 784)
measure("mlp_forward_batch1", 784, 1000, lambda: model(x))
