"""Lesson 11 in PyTorch: attention by hand, and a small GPT that learns to write like Alice in Wonderland. Prints the seconds of the
whole, the losses, and what it writes."""

import pathlib
import time

import torch
import torch.nn.functional as F
from torch import nn, optim

DATA = pathlib.Path(__file__).resolve().parents[3] / "notebooks/data"
CONTEXT = 64

start = time.perf_counter()
torch.manual_seed(11)
keys = torch.tensor([[1.0, 0.0], [0.7, 0.7], [0.0, 1.0], [-1.0, 0.0]])
shares = (torch.tensor([[0.5, 2.0]]) @ keys.t()).softmax(1)
shares @ torch.tensor([[10.0], [20.0], [30.0], [40.0]])

x = torch.randn(6, 8)
q, k, v = (x @ (torch.randn(8, 8) / 8**0.5) for _ in range(3))
hidden = torch.ones(6, 6).triu(1).bool()
(q @ k.t() / 8**0.5).masked_fill(hidden, float("-inf")).softmax(1)

story = (DATA / "texts/alice.txt").read_text(encoding="utf-8")
symbols = sorted(set(story))
numbers = {symbol: number for number, symbol in enumerate(symbols)}


def encode(text):
    return torch.tensor([numbers[symbol] for symbol in text])


tokens = encode(story)
end = len(tokens) * 19 // 20
train, valid = tokens[:end], tokens[end:]


class SelfAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.qkv, self.project, self.heads = nn.Linear(width, 3 * width), nn.Linear(width, width), heads

    def parts(self, x):
        batch, length, width = x.shape
        parts = self.qkv(x).view(batch, length, 3, self.heads, width // self.heads)
        return parts.permute(2, 0, 3, 1, 4).unbind()

    def weights(self, x):
        q, k, _ = self.parts(x)
        scores = q @ k.transpose(2, 3) / q.shape[3] ** 0.5
        hidden = torch.ones(x.shape[1], x.shape[1]).triu(1).bool()
        return scores.masked_fill(hidden, float("-inf")).softmax(3)

    def forward(self, x):
        seen = F.scaled_dot_product_attention(*self.parts(x), is_causal=True)
        return self.project(seen.transpose(1, 2).reshape(x.shape))


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1, self.attention, self.norm2 = nn.LayerNorm(width), SelfAttention(width, heads), nn.LayerNorm(width)
        self.think = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.think(self.norm2(x))


class Gpt(nn.Module):
    def __init__(self, symbols, width, heads, blocks):
        super().__init__()
        self.letters, self.positions = nn.Embedding(symbols, width), nn.Embedding(CONTEXT, width)
        self.blocks = nn.ModuleList([Block(width, heads) for _ in range(blocks)])
        self.norm, self.output = nn.LayerNorm(width), nn.Linear(width, symbols)

    def forward(self, tokens):
        x = self.letters(tokens) + self.positions(torch.arange(tokens.shape[1]))
        for block in self.blocks:
            x = block(x)
        return self.output(self.norm(x))


model = Gpt(len(symbols), 64, 4, 2)


@torch.no_grad()
def write(start, count, temperature):
    tokens = encode(start).tolist()
    for _ in range(count):
        scores = model(torch.tensor(tokens[-CONTEXT:])[None])[0, -1]
        tokens.append(torch.multinomial((scores / temperature).softmax(0), 1).item())
    return "".join(symbols[token] for token in tokens)


def batch_of(tokens):
    pieces = tokens[torch.randint(len(tokens) - CONTEXT, (16, 1)) + torch.arange(CONTEXT + 1)]
    return pieces[:, :-1], pieces[:, 1:]


def loss_of(batch):
    return F.cross_entropy(model(batch[0]).flatten(0, 1), batch[1].flatten())


write("Alice ", 150, 0.6)
unseen = batch_of(valid)
steps = 2400
optimizer = optim.AdamW(model.parameters(), lr=0.012)
schedule = optim.lr_scheduler.OneCycleLR(optimizer, 0.012, total_steps=steps)
total = 0.0
for step in range(1, steps + 1):
    loss = loss_of(batch_of(train))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    schedule.step()
    total += loss.item()
    if step % 24 == 0:
        with torch.no_grad():
            losses = total / 24, loss_of(unseen).item()
        total = 0.0
    if step in (48, 240, 720, 2400):
        write("Alice ", 200, 0.6)

text = write("‘Curiouser and curiouser!’ cried the ", 700, 0.4)
seen = encode("‘I beg your pardon,’ said the ")[None]
with torch.no_grad():
    x = model.letters(seen) + model.positions(torch.arange(seen.shape[1]))
    for block in model.blocks:
        block.attention.weights(block.norm1(x))
        x = block(x)
    model(seen)[0, -1].softmax(0).topk(16)
print(f"lesson 11: {time.perf_counter() - start:.2f} s, loss {losses[0]:.2f}, of text not seen {losses[1]:.2f}; it writes: {text[:160]!r}")
