"""Lesson 2 in PyTorch: what its cells compute, without the pictures. Prints seconds and the accuracy."""
import time

start = time.perf_counter()
import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.utils.data import DataLoader

from pictures import dataset

torch.manual_seed(7)
train = dataset("digits", "train")
image, digit = train[20]
loader = DataLoader(train, 64, shuffle=True)
for _, (images, labels) in zip(range(3), loader):
    pass
images, labels = next(iter(loader))
inputs = images.flatten(1)


def layer(x, weights, bias):
    return x @ weights + bias


def softmax(scores):
    powers = scores.exp()
    return powers / powers.sum(1, keepdim=True)


def accuracy(predictions, labels):
    return (predictions.argmax(1) == labels).float().mean().item()


w1, b1 = torch.randn(784, 64) * 0.05, torch.zeros(64)
w2, b2 = torch.randn(64, 10) * 0.2, torch.zeros(10)
scores = layer(layer(inputs, w1, b1).relu(), w2, b2)
probabilities = softmax(scores)
hidden_layer = nn.Linear(784, 64)
assert torch.allclose(layer(inputs, hidden_layer.weight.t(), hidden_layer.bias), hidden_layer(inputs), atol=1e-6)
model = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10), nn.Softmax(1))
predictions = model(images)
accuracy(predictions, labels)

reader = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
optimizer = optim.SGD(reader.parameters(), lr=0.05)
for _ in range(10):
    total = 0.0
    for images, labels in loader:
        loss = F.cross_entropy(reader(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
test_images, test_labels = next(iter(DataLoader(dataset("digits", "t10k"), 2000)))
test_scores = reader(test_images)
wrong = (test_scores.argmax(1) != test_labels).nonzero()
softmax(test_scores[wrong[0]])
print(f"lesson 02: {time.perf_counter() - start:.2f} s, loss {total / len(loader):.3f}, accuracy {accuracy(test_scores, test_labels):.3f}")
