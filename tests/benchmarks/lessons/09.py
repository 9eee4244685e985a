"""Lesson 9 in PyTorch: filters by hand, a small network on clothes, its maps, and what it makes of a boot that is covered in places.
Prints the seconds of the whole and the accuracy."""

import time

import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.utils.data import DataLoader

from pictures import dataset, read

start = time.perf_counter()
torch.manual_seed(9)
images, test_labels = read("clothes", "t10k")
test_images = images.float() / 255
boot, label = test_images[0], test_labels[0]

image = boot[0]
kernel = torch.tensor([[-1.0, 0.0, 1.0]] * 3)
edges = torch.zeros(26, 26)
for row in range(26):
    for column in range(26):
        edges[row, column] = (image[row : row + 3, column : column + 3] * kernel).sum()
assert torch.allclose(F.conv2d(boot[None], kernel.view(1, 1, 3, 3))[0, 0], edges)

blur = torch.ones(3, 3) / 9
sharpen = torch.tensor([[0.0, -1.0, 0.0], [-1.0, 5.0, -1.0], [0.0, -1.0, 0.0]])
outline = torch.tensor([[-1.0, -1.0, -1.0], [-1.0, 8.0, -1.0], [-1.0, -1.0, -1.0]])
emboss = torch.tensor([[-2.0, -1.0, 0.0], [-1.0, 1.0, 1.0], [0.0, 1.0, 2.0]])
filters = torch.stack([kernel, kernel.t(), blur, sharpen, outline, emboss])[:, None]
maps = F.conv2d(boot[None], filters, padding=1)
lower = F.conv2d(boot.roll(2, 1)[None], filters, padding=1)
assert torch.allclose(lower[:, :, 4:24], maps.roll(2, 2)[:, :, 4:24])
F.max_pool2d(maps, 2)

model = nn.Sequential(
    nn.Conv2d(1, 16, 5, padding=2),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Dropout(0.3),
    nn.Linear(32 * 7 * 7, 10),
)
loader = DataLoader(dataset("clothes", "train"), batch_size=50, shuffle=True)
epochs = 6
optimizer = optim.Adam(model.parameters(), lr=0.004)
schedule = optim.lr_scheduler.OneCycleLR(optimizer, 0.004, total_steps=epochs * len(loader))
losses = []
for _ in range(epochs):
    model.train()
    total = 0.0
    for images, labels in loader:
        loss = F.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        total += loss.item()
    model.eval()
    with torch.no_grad():
        losses.append((total / len(loader), F.cross_entropy(model(test_images), test_labels).item()))

with torch.no_grad():
    scores = model(test_images)
    accuracy = (scores.argmax(1) == test_labels).float().mean().item()
    first = model[0](boot[None]).relu()
    second = model[3](F.max_pool2d(first, 2)).relu()
    covered = []
    for row in range(22):
        for column in range(22):
            copy = boot.clone()
            copy[:, row : row + 7, column : column + 7] = 0.0
            covered.append(copy)
    sure = model(torch.stack(covered)).softmax(1)[:, label].view(22, 22)
print(f"lesson 09: {time.perf_counter() - start:.2f} s, accuracy {accuracy:.3f}")
