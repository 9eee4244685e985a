"""Lesson 5 in PyTorch: what its cells compute, without the pictures. Prints seconds, losses and accuracies."""
import time

start = time.perf_counter()
import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.utils.data import DataLoader, random_split

from pictures import dataset

torch.manual_seed(7)
train, valid = random_split(dataset("clothes", "train"), [5000, 1000])
train_loader = DataLoader(train, 64, shuffle=True)
valid_loader = DataLoader(valid, 250)
test_loader = DataLoader(dataset("clothes", "t10k"), 250)


def correct(scores, labels, k):
    return (scores.topk(k).indices == labels.unsqueeze(1)).sum().item()


def classifier(p):
    layers = [nn.Flatten()]
    for inputs, outputs in ((784, 256), (256, 128), (128, 64)):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()] + ([nn.Dropout(p)] if p else [])
    return nn.Sequential(*layers, nn.Linear(64, 10))


def fit(model):
    optimizer = optim.Adam(model.parameters(), lr=0.002)
    losses = []
    for _ in range(30):
        model.train()
        train_loss = 0.0
        for images, labels in train_loader:
            loss = F.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            train_loss += loss.item() / len(train_loader)
        model.eval()
        valid_loss = 0.0
        with torch.no_grad():
            for images, labels in valid_loader:
                valid_loss += F.cross_entropy(model(images), labels).item() / len(valid_loader)
        losses.append(valid_loss)
    return losses


model = classifier(0)
images, labels = next(iter(valid_loader))
with torch.no_grad():
    p = F.softmax(model(images), 1)
correct(p, labels, 1), correct(p, labels, 3)
plain = fit(model)
model = classifier(0.3)
dropped = fit(model)
model.eval()
first = among_three = 0.0
with torch.no_grad():
    for images, labels in test_loader:
        scores = model(images)
        first += correct(scores, labels, 1) / 1000
        among_three += correct(scores, labels, 3) / 1000
print(
    f"lesson 05: {time.perf_counter() - start:.2f} s, validation loss without dropout {min(plain):.2f} to {plain[-1]:.2f}, "
    f"with dropout {min(dropped):.2f} to {dropped[-1]:.2f}; accuracy {first:.3f}, of the first three {among_three:.3f}"
)
