#!/usr/bin/env python3
"""Writes cases.txt: what PyTorch's recurrent layers and cells give, for the test `recurrent` to compare with.

    pip install torch==2.15.0 numpy
    python make.py > cases.txt

A line is `layer;options;numbers`. Options are `input_size hidden_size length batch` and, of layers, `num_layers bidirectional
batch_first bias states dropout [function]`, of cells `bias states [function]`; a batch of 0 stands for inputs without one. After
`manual_seed(1)` the layer is made, then its input and, if states are given, these, by `randn`. The numbers are sums over the
elements of results and gradients (of input, states, parameters), the element number i times cos(1.7 i + 0.3), and gradients
are those of the sum of these sums of all results.
"""
import itertools
import warnings

import torch
from torch import nn

warnings.simplefilter("ignore")


def weights(x):
    return torch.cos(torch.arange(x.numel(), dtype=torch.float64) * 1.7 + 0.3).reshape(x.shape)


def checksum(x):
    text = f"{(x.detach().double() * weights(x)).sum().item():.7g}"
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def flat(results):
    return [part for result in results for part in (flat(result) if isinstance(result, tuple) else [result])]


def written(kind, options, module, x, states, results):
    loss = sum((result * weights(result).float()).sum() for result in results)
    asking = [x, *states, *module.parameters()]
    gradients = torch.autograd.grad(loss, asking, allow_unused=True)
    numbers = [checksum(value) for value in (*results, *gradients)]
    print(f"{kind};{' '.join(map(str, options))};{' '.join(numbers)}")


def sized(length, batch, size, batch_first):
    return (length, size) if not batch else (batch, length, size) if batch_first else (length, batch, size)


def of_layer(kind, sizes, layers, bidirectional, batch_first, bias, given, dropout=0, function=None):
    inputs, hidden, length, batch = sizes
    torch.manual_seed(1)
    more = {"nonlinearity": function} if function else {}
    module = getattr(nn, kind)(inputs, hidden, layers, bidirectional=bool(bidirectional), batch_first=bool(batch_first),
                               bias=bool(bias), dropout=dropout, **more)
    x = torch.randn(sized(length, batch, inputs, batch_first)).requires_grad_()
    count = layers * (1 + bidirectional)
    shape = (count, batch, hidden) if batch else (count, hidden)
    states = [torch.randn(shape).requires_grad_() for _ in range((2 if kind == "LSTM" else 1) if given else 0)]
    states_given = () if not given else (tuple(states),) if kind == "LSTM" else (states[0],)
    options = [*sizes, layers, bidirectional, batch_first, bias, given, dropout] + ([function] if function else [])
    written(kind, options, module, x, states, flat(module(x, *states_given)))


def of_cell(kind, sizes, bias, given, function=None):
    inputs, hidden, length, batch = sizes
    torch.manual_seed(1)
    more = {"nonlinearity": function} if function else {}
    module = getattr(nn, kind)(inputs, hidden, bias=bool(bias), **more)
    x = torch.randn(sized(length, batch, inputs, False)).requires_grad_()
    shape = (batch, hidden) if batch else (hidden,)
    states = [torch.randn(shape).requires_grad_() for _ in range((2 if kind == "LSTMCell" else 1) if given else 0)]
    state = None if not given else tuple(states) if kind == "LSTMCell" else states[0]
    for step in x:
        state = module(step, state)
    options = [*sizes, bias, given] + ([function] if function else [])
    written(kind, options, module, x, states, flat((state,)))


KINDS = [("RNN", None), ("RNN", "relu"), ("LSTM", None), ("GRU", None)]

for (kind, function), *options in itertools.product(KINDS, (1, 2), (0, 1), (0, 1), (0, 1), (0, 1)):
    of_layer(kind, (3, 4, 5, 2), *options, function=function)
for kind, function in KINDS:
    of_layer(kind, (19, 37, 7, 11), 1, 0, 1, 1, 1, function=function)
    of_layer(kind, (33, 70, 3, 17), 2, 1, 0, 1, 0, function=function)
    of_layer(kind, (5, 270, 3, 9), 1, 0, 0, 1, 1, function=function)
    for layers, bidirectional, batch_first in ((1, 0, 0), (2, 1, 1)):
        of_layer(kind, (3, 4, 5, 0), layers, bidirectional, batch_first, 1, layers - 1, function=function)
        of_layer(kind, (3, 4, 1, 1), layers, bidirectional, batch_first, 1, layers - 1, function=function)
        of_layer(kind, (3, 4, 5, 2), 3, bidirectional, batch_first, 1, 0, dropout=0.5, function=function)
    for bias, given, batch in itertools.product((0, 1), (0, 1), (0, 3)):
        of_cell(f"{kind}Cell", (3, 4, 3, batch), bias, given, function=function)
