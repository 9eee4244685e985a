"""Lesson 10 in PyTorch: names letter by letter with an LSTM, and names that it invents. Prints the seconds of the whole, the losses, and
how many invented names of 200 are in the list."""

import pathlib
import time

import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset, random_split

DATA = pathlib.Path(__file__).resolve().parents[3] / "notebooks/data"
SYMBOLS = ".abcdefghijklmnopqrstuvwxyz"

start = time.perf_counter()
torch.manual_seed(10)
names = [line.lower() for line in (DATA / "texts/names.txt").read_text().splitlines() if "-" not in line]

counts = torch.zeros(27, 27)
for name in names:
    before = 0
    for letter in name + ".":
        now = SYMBOLS.index(letter)
        counts[before, now] += 1
        before = now
shares = counts / counts.sum(1, keepdim=True)
for _ in range(8):
    last = 0
    while True:
        last = torch.multinomial(shares[last], 1).item()
        if last == 0:
            break


class Speller(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(27, 16)
        self.lstm = nn.LSTM(16, 128, batch_first=True)
        self.output = nn.Linear(128, 27)

    def forward(self, letters):
        states, _ = self.lstm(self.embed(letters))
        return self.output(states)


model = Speller()
table = torch.full((len(names), 17), -100)
for row, name in zip(table, names):
    row[: len(name) + 2] = torch.tensor([SYMBOLS.index(letter) for letter in f".{name}."])
questions, answers = table[:, :-1].clamp(min=0), table[:, 1:]
train, valid = random_split(TensorDataset(questions, answers), [0.9, 0.1])
train_loader, valid_loader = DataLoader(train, batch_size=50, shuffle=True), DataLoader(valid, batch_size=1000)


def loss_of(letters, targets):
    return F.cross_entropy(model(letters).flatten(0, 1), targets.flatten(), ignore_index=-100)


@torch.no_grad()
def invent(temperature):
    letters = [0]
    while True:
        scores = model(torch.tensor(letters)[None])[0, -1]
        following = torch.multinomial((scores / temperature).softmax(0), 1).item()
        if following == 0 or len(letters) > 15:
            return "".join(SYMBOLS[letter] for letter in letters[1:])
        letters.append(following)


epochs = 8
optimizer = optim.Adam(model.parameters(), lr=0.01)
schedule = optim.lr_scheduler.OneCycleLR(optimizer, 0.01, total_steps=epochs * len(train_loader))
for _ in range(epochs):
    total = 0.0
    for letters, targets in train_loader:
        loss = loss_of(letters, targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        total += loss.item()
    with torch.no_grad():
        for letters, targets in valid_loader:
            valid_loss = loss_of(letters, targets).item()
    some = [invent(0.8) for _ in range(3)]

for temperature in [0.3, 0.7, 1.0, 1.6]:
    some = [invent(temperature) for _ in range(9)]
invented = []
while len(invented) < 12:
    name = invent(0.8)
    if name not in names and name not in invented:
        invented.append(name)
known = sum(invent(0.8) in names for _ in range(200))
print(
    f"lesson 10: {time.perf_counter() - start:.2f} s, loss {total / len(train_loader):.2f}, of names not seen {valid_loss:.2f}; "
    f"{known} of 200 invented names are in the list; others: {', '.join(invented[:6])}"
)
