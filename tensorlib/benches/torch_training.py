"""The PyTorch side of the bench `torch_training`: prints `model size microseconds`, the median time of one step.

    python torch_training.py THREADS [memory]

With `memory`, KiB in place of microseconds: how far above what it is before a step the memory of the process rises in it.

Models have the shapes of the lessons, and are written as a learner writes them. Data is random: times do not depend on it.
The size is the number of examples in a batch.
"""
import ctypes
import gc
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn, optim

torch.set_num_threads(int(sys.argv[1]))
torch.manual_seed(0)


def measure(name, size, inner, call):
    for _ in range(3):
        call()
    if "memory" in sys.argv:
        return print(name, size, peak(call), flush=True)
    times = []
    for _ in range(15):
        began = time.perf_counter()
        for _ in range(inner):
            call()
        times.append((time.perf_counter() - began) / inner)
    print(name, size, sorted(times)[7] * 1e6, flush=True)


def peak(call):
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")
    before = kibibytes("VmRSS:")
    call()
    return kibibytes("VmHWM:") - before


def kibibytes(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name))


def trained(name, size, inner, model, optimizer, loss_of):
    def step():
        optimizer.zero_grad()
        loss_of(model).backward()
        optimizer.step()
    measure(name, size, inner, step)


def mlp(name, make_optimizer, batch, inner):
    model = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(),
                          nn.Linear(64, 10))
    x, y = torch.rand(batch, 784), torch.randint(10, (batch,))
    trained(name, batch, inner, model, make_optimizer(model.parameters()), lambda m: F.cross_entropy(m(x), y))


def cnn(batch, inner):
    model = nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(),
                          nn.MaxPool2d(2), nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(),
                          nn.Linear(84, 10))
    x, y = torch.rand(batch, 1, 28, 28), torch.randint(10, (batch,))
    optimizer = optim.SGD(model.parameters(), 0.01, momentum=0.9)
    trained("cnn_sgd", batch, inner, model, optimizer, lambda m: F.cross_entropy(m(x), y))


class Names(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.out = nn.Embedding(28, 32), nn.Linear(128, 28)
        self.lstm = nn.LSTM(32, 128, batch_first=True)

    def forward(self, x):
        return self.out(self.lstm(self.embed(x))[0])


def lstm(batch, inner, length=16):
    model = Names()
    x, y = torch.randint(28, (batch, length)), torch.randint(28, (batch, length))
    optimizer = optim.Adam(model.parameters(), 1e-3)
    trained("lstm_adam", batch, inner, model, optimizer, lambda m: F.cross_entropy(m(x).flatten(0, 1), y.flatten()))


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.norm1, self.norm2 = heads, nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        b, t, c = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(b, t, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        x = x + self.proj(F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(b, t, c))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class Gpt(nn.Module):
    def __init__(self, symbols=65, context=64, width=64):
        super().__init__()
        self.tokens, self.places = nn.Embedding(symbols, width), nn.Embedding(context, width)
        self.blocks = nn.Sequential(*[Block(width, 4) for _ in range(4)])
        self.norm, self.out = nn.LayerNorm(width), nn.Linear(width, symbols)

    def forward(self, x):
        x = self.tokens(x) + self.places(torch.arange(x.shape[1]))
        return self.out(self.norm(self.blocks(x)))


def gpt(batch, inner, length=64):
    model = Gpt()
    x, y = torch.randint(65, (batch, length)), torch.randint(65, (batch, length))
    optimizer = optim.AdamW(model.parameters(), 1e-3)
    trained("gpt_adamw", batch, inner, model, optimizer, lambda m: F.cross_entropy(m(x).flatten(0, 1), y.flatten()))


def forward_alone(inner):
    model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))
    x = torch.rand(1, 784)

    def call():
        with torch.no_grad():
            model(x)
    measure("mlp_forward", 1, inner, call)


def scalar_graph():
    w = torch.tensor(1.0, requires_grad=True)

    def step():
        w.grad = None
        y = w
        for _ in range(100):
            y = y * w + 1.0
        y.backward()
    measure("scalar_graph", 200, 50, step)


mlp("mlp_sgd", lambda p: optim.SGD(p, 0.01, momentum=0.9), 64, 50)
mlp("mlp_adam", lambda p: optim.Adam(p, 1e-3), 64, 50)
mlp("mlp_adam", lambda p: optim.Adam(p, 1e-3), 512, 10)
cnn(64, 10)
lstm(32, 10)
gpt(16, 3)
forward_alone(500)
scalar_graph()
