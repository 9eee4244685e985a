"""The PyTorch side of the bench `torch_gradients`: prints `operation size microseconds`, the median of seven runs.

    python torch_gradients.py THREADS
"""
import sys
import time

import torch

torch.set_num_threads(int(sys.argv[1]))


def measure(name, size, inner, call):
    call()
    times = []
    for _ in range(7):
        began = time.perf_counter()
        for _ in range(inner):
            call()
        times.append((time.perf_counter() - began) / inner)
    print(name, size, sorted(times)[3] * 1e6, flush=True)


def there_and_back(name, size, inner, operation, *leaves):
    """An operation, and the gradients of its operands for a gradient of ones."""
    leaves = [leaf.requires_grad_() for leaf in leaves]
    ones = torch.ones_like(operation(*leaves))

    def call():
        for leaf in leaves:
            leaf.grad = None
        operation(*leaves).backward(ones)
    measure(name, size, inner, call)


for n in (64, 256, 512, 1024):
    inner = max(1, int(5e7 / n**3))
    there_and_back("matmul", n, inner, lambda a, b: a @ b, torch.randn(n, n), torch.randn(n, n))
for n in (6, 1000, 1_000_000):
    inner = max(2, min(5_000, int(5e5 / n)))
    there_and_back("add", n, inner, lambda a, b: a + b, torch.randn(n), torch.randn(n))
    there_and_back("mul", n, inner, lambda a, b: a * b, torch.randn(n), torch.randn(n))
    there_and_back("div", n, inner, lambda a, b: a / b, torch.randn(n), torch.rand(n) + 0.5)
    there_and_back("mul_scalar", n, inner, lambda a: a * 2.0, torch.randn(n))
    there_and_back("exp", n, inner, lambda a: a.exp(), torch.randn(n))
    there_and_back("log", n, inner, lambda a: a.log(), torch.rand(n) + 0.5)
    there_and_back("sigmoid", n, inner, lambda a: a.sigmoid(), torch.randn(n))
    there_and_back("tanh", n, inner, lambda a: a.tanh(), torch.randn(n))
    there_and_back("relu", n, inner, lambda a: a.relu(), torch.randn(n))
    there_and_back("gelu", n, inner, lambda a: torch.nn.functional.gelu(a), torch.randn(n))
    there_and_back("sum", n, inner, lambda a: a.sum(), torch.randn(n))
    there_and_back("mean", n, inner, lambda a: a.mean(), torch.randn(n))
m = 1000
there_and_back("add_row_broadcast", m, 50, lambda a, b: a + b, torch.randn(m, m), torch.randn(m))
there_and_back("sum_dim1", m, 50, lambda a: a.sum(1), torch.randn(m, m))
there_and_back("sum_dim0", m, 50, lambda a: a.sum(0), torch.randn(m, m))
there_and_back("softmax_dim1", m, 50, lambda a: a.softmax(1), torch.randn(m, m))
there_and_back("log_softmax_dim1", m, 50, lambda a: a.log_softmax(1), torch.randn(m, m))
there_and_back("transpose_contiguous", m, 50, lambda a: a.t().contiguous(), torch.randn(m, m))
there_and_back("add_transposed", m, 50, lambda a: a + a.t(), torch.randn(m, m))

w = torch.tensor(1.0, requires_grad=True)


def scalar_graph():
    w.grad = None
    y = w
    for _ in range(100):
        y = y * w + 1.0
    y.backward()


measure("scalar_graph", 200, 200, scalar_graph)
