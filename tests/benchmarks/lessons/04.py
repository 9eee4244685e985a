"""Lesson 4 in PyTorch: what its cells compute, without the pictures. Prints seconds, loss and accuracy."""
import time

start = time.perf_counter()
import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.utils.data import DataLoader

from pictures import dataset, read

torch.manual_seed(7)
images, labels = read("clothes", "train")
labels.bincount()
torch.stack([images[labels == c].float().mean(0) / 255 for c in range(10)])


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden1 = nn.Linear(784, 256)
        self.hidden2 = nn.Linear(256, 64)
        self.output = nn.Linear(64, 10)

    def forward(self, x):
        x = x.flatten(1)
        x = F.relu(self.hidden1(x))
        x = F.relu(self.hidden2(x))
        return self.output(x)


def accuracy(model, images, labels):
    with torch.no_grad():
        return (model(images).argmax(1) == labels).float().mean().item()


model = Classifier()
loader = DataLoader(dataset("clothes", "train"), 64, shuffle=True)
images, labels = next(iter(loader))
trial = Classifier()
optimizer = optim.Adam(trial.parameters(), lr=0.003)
for _ in range(40):
    loss = F.cross_entropy(trial(images), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    loss.item()

test_images, test_labels = next(iter(DataLoader(dataset("clothes", "t10k"), 1000)))
accuracy(model, test_images, test_labels)
optimizer = optim.Adam(model.parameters(), lr=0.001)
for _ in range(12):
    total = 0.0
    for images, labels in loader:
        loss = F.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    reached = accuracy(model, test_images, test_labels)

with torch.no_grad():
    scores = model(test_images)
matrix = torch.bincount(test_labels * 10 + scores.argmax(1), minlength=100).reshape(10, 10)
shares = matrix.diagonal() / matrix.sum(1)
missed = ((test_labels == 6) & (scores.argmax(1) != 6)).nonzero().flatten()[:12]
drawing = torch.zeros(1, 1, 28, 28)
drawing[0, 0, 2:7, 9:20] = drawing[0, 0, 7:26, 9:14] = drawing[0, 0, 7:26, 15:20] = 0.6
with torch.no_grad():
    F.softmax(model(drawing), 1)
print(f"lesson 04: {time.perf_counter() - start:.2f} s, loss {total / len(loader):.3f}, accuracy {reached:.3f}")
