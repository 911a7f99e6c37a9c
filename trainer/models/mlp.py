"""MLP: fully connected layers of one width."""

from __future__ import annotations

import math
from collections import OrderedDict

from torch import nn

from trainer.regularizers.dropout import FastDropout


def build(shape: tuple[int, ...], outputs: int, *, width: int = 256, depth: int = 2) -> nn.Sequential:
    """``depth`` hidden layers of ``width`` units with ReLU and a place for dropout; samples are flattened."""
    layers: OrderedDict[str, nn.Module] = OrderedDict(flatten=nn.Flatten())
    inputs = math.prod(shape)
    for number in range(1, depth + 1):
        layers[f"linear{number}"] = nn.Linear(inputs, width)
        layers[f"relu{number}"] = nn.ReLU()
        layers[f"dropout{number}"] = FastDropout(0.0)
        inputs = width
    layers["output"] = nn.Linear(inputs, outputs)
    return nn.Sequential(layers)
