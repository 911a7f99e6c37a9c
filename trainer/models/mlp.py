"""MLP: fully connected layers of one width."""

from __future__ import annotations

import math
from itertools import pairwise

from torch import nn


def build(shape: tuple[int, ...], outputs: int, *, width: int = 256, depth: int = 2) -> nn.Sequential:
    """``depth`` hidden layers of ``width`` units with ReLU; samples of any ``shape`` are flattened."""
    sizes = [math.prod(shape), *[width] * depth]
    layers: list[nn.Module] = [nn.Flatten()]
    for inputs, units in pairwise(sizes):
        layers += [nn.Linear(inputs, units), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], outputs))
