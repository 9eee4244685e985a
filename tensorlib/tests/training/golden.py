"""Writes the losses of fifty steps of small trainings in PyTorch: `python golden.py > runs.txt`. Needs torch.

A line is `name;losses`. Data and models are drawn after `manual_seed(3)`: first the model, then the data. What a name stands
for is written here and, in the same order, in main.rs.
"""
import torch
from torch import nn, optim
from torch.nn import functional as F
from torch.optim import lr_scheduler as lrs

torch.set_num_threads(1)
STEPS = 50


def mlp():
    model = nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Linear(32, 16), nn.Tanh(), nn.Linear(16, 5))
    x, y = torch.randn(64, 20), torch.randint(5, (64,))
    return model, lambda: F.cross_entropy(model(x), y)


def lenet():
    model = nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(),
                          nn.MaxPool2d(2), nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(),
                          nn.Linear(84, 10))
    x, y = torch.rand(16, 1, 28, 28), torch.randint(10, (16,))
    return model, lambda: F.cross_entropy(model(x), y)


def batch_norm():
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Dropout(0.3), nn.Linear(144, 8),
                          nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3))
    x, y = torch.rand(16, 1, 8, 8), torch.randint(3, (16,))
    return model, lambda: F.cross_entropy(model(x), y)


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
    def __init__(self, symbols=20, context=12, width=16):
        super().__init__()
        self.tokens, self.places = nn.Embedding(symbols, width), nn.Embedding(context, width)
        self.blocks = nn.Sequential(*[Block(width, 4) for _ in range(2)])
        self.norm, self.out = nn.LayerNorm(width), nn.Linear(width, symbols)

    def forward(self, x):
        x = self.tokens(x) + self.places(torch.arange(x.shape[1]))
        return self.out(self.norm(self.blocks(x)))


def gpt():
    model = Gpt()
    x, y = torch.randint(20, (4, 12)), torch.randint(20, (4, 12))
    return model, lambda: F.cross_entropy(model(x).flatten(0, 1), y.flatten())


class Names(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.lstm, self.out = nn.Embedding(12, 8), nn.LSTM(8, 16, batch_first=True), nn.Linear(16, 12)

    def forward(self, x):
        return self.out(self.lstm(self.embed(x))[0])


def lstm():
    model = Names()
    x, y = torch.randint(12, (8, 6)), torch.randint(12, (8, 6))
    return model, lambda: F.cross_entropy(model(x).flatten(0, 1), y.flatten())


def encoder():
    layer = nn.TransformerEncoderLayer(16, 4, 32, 0.1, batch_first=True)
    model = nn.Sequential(nn.Linear(6, 16), layer, nn.Linear(16, 4))
    x, y = torch.randn(4, 7, 6), torch.randint(4, (4, 7))
    return model, lambda: F.cross_entropy(model(x).transpose(1, 2), y)


def run(name, make, optimizer, schedule=None, measured=False, clip=None):
    torch.manual_seed(3)
    model, loss_of = make()
    opt = optimizer(model)
    plan = schedule(opt) if schedule else None
    losses = []
    for _ in range(STEPS):
        opt.zero_grad()
        loss = loss_of()
        loss.backward()
        if clip:
            nn.utils.clip_grad_norm_(model.parameters(), clip)
        opt.step()
        losses.append(loss.item())
        if plan:
            plan.step(loss.item()) if measured else plan.step()
    print(name + ";" + ",".join(f"{loss:.7g}" for loss in losses))


def sgd(**o):
    return lambda m: optim.SGD(m.parameters(), 0.1, **o)


def groups(m):
    return optim.Adam([{"params": m[0].parameters(), "lr": 1e-2, "weight_decay": 0.1}, {"params": m[2].parameters()},
                       {"params": m[4].parameters(), "betas": (0.5, 0.9)}], lr=1e-3)


print("# Losses of fifty steps in PyTorch", torch.__version__.split("+")[0] + "; written by golden.py.")
run("sgd", mlp, sgd())
run("sgd momentum", mlp, sgd(momentum=0.9))
run("sgd dampening", mlp, sgd(momentum=0.9, dampening=0.5))
run("sgd nesterov decay", mlp, sgd(momentum=0.9, nesterov=True, weight_decay=1e-2))
run("sgd maximize", mlp, lambda m: optim.SGD(m.parameters(), 1e-3, maximize=True))
run("adam", mlp, lambda m: optim.Adam(m.parameters(), 1e-2))
run("adam decay betas", mlp, lambda m: optim.Adam(m.parameters(), 1e-2, betas=(0.8, 0.95), eps=1e-4, weight_decay=0.1))
run("adam amsgrad", mlp, lambda m: optim.Adam(m.parameters(), 3e-2, amsgrad=True))
run("adam groups", mlp, groups)
run("adamw", mlp, lambda m: optim.AdamW(m.parameters(), 1e-2))
run("adamw decay", mlp, lambda m: optim.AdamW(m.parameters(), 1e-2, weight_decay=0.5, amsgrad=True))
run("rmsprop", mlp, lambda m: optim.RMSprop(m.parameters(), 1e-3))
run("rmsprop momentum", mlp, lambda m: optim.RMSprop(m.parameters(), 1e-3, alpha=0.9, momentum=0.9, weight_decay=1e-2))
run("rmsprop centered", mlp, lambda m: optim.RMSprop(m.parameters(), 1e-3, centered=True, momentum=0.5, eps=1e-3))
run("adagrad", mlp, lambda m: optim.Adagrad(m.parameters(), 3e-2))
run("adagrad decay", mlp, lambda m: optim.Adagrad(m.parameters(), 3e-2, lr_decay=0.05, weight_decay=1e-2, initial_accumulator_value=0.1))
run("clip", mlp, sgd(momentum=0.9), clip=0.1)
run("step", mlp, sgd(), lambda o: lrs.StepLR(o, 10, 0.5))
run("multi-step", mlp, sgd(), lambda o: lrs.MultiStepLR(o, [5, 6, 30], 0.5))
run("exponential", mlp, sgd(), lambda o: lrs.ExponentialLR(o, 0.95))
run("cosine", mlp, sgd(), lambda o: lrs.CosineAnnealingLR(o, 20, 0.01))
run("restarts", mlp, sgd(), lambda o: lrs.CosineAnnealingWarmRestarts(o, 7, 2, 0.01))
run("one-cycle", mlp, sgd(momentum=0.5), lambda o: lrs.OneCycleLR(o, 0.5, 50))
run("one-cycle adam", mlp, lambda m: optim.Adam(m.parameters(), 1e-3),
    lambda o: lrs.OneCycleLR(o, 1e-2, 50, pct_start=0.2, anneal_strategy="linear"))
run("linear", mlp, sgd(), lambda o: lrs.LinearLR(o, 0.1, 1.0, 20))
run("constant", mlp, sgd(), lambda o: lrs.ConstantLR(o, 0.2, 10))
run("polynomial", mlp, sgd(), lambda o: lrs.PolynomialLR(o, 30, 2.0))
run("lambda", mlp, sgd(), lambda o: lrs.LambdaLR(o, lambda epoch: 1 / (1 + epoch)))
run("sequential", mlp, sgd(), lambda o: lrs.SequentialLR(o, [lrs.LinearLR(o, 0.1, 1.0, 10), lrs.CosineAnnealingLR(o, 40)], [10]))
run("plateau", mlp, sgd(), lambda o: lrs.ReduceLROnPlateau(o, factor=0.5, patience=1, cooldown=1, threshold=0.02), measured=True)
run("lenet sgd", lenet, sgd(momentum=0.9))
run("lenet adam", lenet, lambda m: optim.Adam(m.parameters(), 1e-3))
run("batch norm and dropout", batch_norm, sgd())
run("gpt", gpt, lambda m: optim.AdamW(m.parameters(), 1e-3))
run("lstm", lstm, lambda m: optim.Adam(m.parameters(), 1e-2), clip=1.0)
run("encoder", encoder, lambda m: optim.AdamW(m.parameters(), 1e-3))
