"""Lesson 3 in PyTorch: what its cells compute, without the pictures. Prints seconds, loss and accuracy."""
import time

start = time.perf_counter()
import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.utils.data import DataLoader

from pictures import dataset, read

torch.manual_seed(7)
images, labels = read("digits", "train")
keep = labels < 2
y = labels[keep]
ink = images[keep].float().mean((1, 2, 3))
x = (ink - ink.mean()) / ink.std()


def neuron(x, w, b):
    return torch.sigmoid(x * w + b)


def loss_of(x, y, w, b):
    p = neuron(x, w, b)
    return -torch.where(y == 1, p, 1 - p).log().mean()


for w in (0.5, 0.0, -0.5):
    loss_of(x, y, torch.tensor(w), torch.tensor(0.0)).item()


def descend(learning_rate, steps):
    w = torch.tensor(1.0, requires_grad=True)
    b = torch.tensor(1.5, requires_grad=True)
    path, losses = [], []
    for _ in range(steps):
        path.append((w.item(), b.item()))
        now = loss_of(x, y, w, b)
        losses.append(now.item())
        w.grad = b.grad = None
        now.backward()
        with torch.no_grad():
            w -= w.grad * learning_rate
            b -= b.grad * learning_rate
    return w, b, losses


w, b, losses = descend(1.0, 40)
grid_w = torch.linspace(-7, 2, 91)
rows = []
for height in torch.linspace(-4, 3, 71):
    h = x * grid_w.unsqueeze(1) + height
    rows.append(F.softplus(torch.where(y == 1, -h, h)).mean(1))
surface = torch.stack(rows)
for rate in (0.05, 0.5, 5.0, 50.0):
    descend(rate, 40)
with torch.no_grad():
    alone = ((neuron(x, w, b) > 0.5) == (y == 1)).float().mean().item()

model = nn.Sequential(
    nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10)
)
loader = DataLoader(dataset("digits", "train"), 32, shuffle=True)
images, labels = next(iter(loader))
logits = model(images)
log_p = F.log_softmax(logits, 1)
-log_p.gather(1, labels.unsqueeze(1)).mean()
nn.NLLLoss()(log_p, labels)
criterion = nn.CrossEntropyLoss()
criterion(logits, labels).backward()
optimizer = optim.SGD(model.parameters(), lr=0.1)


def step(images, labels):
    loss = criterion(model(images), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


step(images, labels)
for _ in range(15):
    total = 0.0
    for images, labels in loader:
        total += step(images, labels)
test_images, test_labels = next(iter(DataLoader(dataset("digits", "t10k"), 2000)))
with torch.no_grad():
    right = model(test_images).argmax(1) == test_labels
print(
    f"lesson 03: {time.perf_counter() - start:.2f} s, two parameters: loss {losses[-1]:.3f}, accuracy {alone:.3f}; "
    f"digits: loss {total / len(loader):.3f}, accuracy {right.float().mean():.3f}"
)
