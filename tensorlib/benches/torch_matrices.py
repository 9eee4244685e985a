"""PyTorch's times for the decompositions of `torch_matrices.rs`: a name, a size and microseconds a line. Argument: threads."""
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
        times.append((time.perf_counter() - began) * 1e6 / inner)
    print(name, size, sorted(times)[3])


for n in (8, 64, 256):
    def count(cost):
        return min(max(cost // n**3, 1), 2000)

    x = torch.randn(n, n).double()
    definite = x @ x.T + torch.eye(n)
    single, single_definite, b = x.float(), definite.float(), torch.randn(n, n).double()
    measure("inverse", n, count(30_000_000), lambda: torch.inverse(x))
    measure("solve", n, count(30_000_000), lambda: torch.linalg.solve(x, b))
    measure("det", n, count(60_000_000), lambda: torch.det(x))
    measure("cholesky", n, count(60_000_000), lambda: torch.linalg.cholesky(definite))
    measure("qr", n, count(30_000_000), lambda: torch.linalg.qr(x))
    measure("eigh", n, count(10_000_000), lambda: torch.linalg.eigh(definite))
    measure("svd", n, count(5_000_000), lambda: torch.svd(x))
    measure("matrix_exp", n, count(10_000_000), lambda: torch.matrix_exp(x))
    measure("inverse_f32", n, count(30_000_000), lambda: torch.inverse(single))
    measure("cholesky_f32", n, count(60_000_000), lambda: torch.linalg.cholesky(single_definite))
    measure("eigh_f32", n, count(10_000_000), lambda: torch.linalg.eigh(single_definite))
    measure("svd_f32", n, count(5_000_000), lambda: torch.svd(single))
