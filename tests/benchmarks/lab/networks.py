"""Networks: what the lab trains, each for all members at once, from their dropout ``p``, ``(members,)``."""

from __future__ import annotations

from torch import Tensor, nn

from tests.benchmarks.lab.layers import Conv1d, Dropout, Linear

CHANNELS = 16


def linear(p: Tensor, inputs: int, outputs: int) -> nn.Module:
    """Logistic regression."""
    return Linear(len(p), inputs, outputs)


def mlp(p: Tensor, inputs: int, outputs: int, *, width: int = 100, depth: int = 2) -> nn.Module:
    """``depth`` hidden layers of ``width`` units, dropout after each."""
    layers: list[nn.Module] = []
    for _ in range(depth):
        layers += [Linear(len(p), inputs, width), nn.ReLU(), Dropout(p)]
        inputs = width
    return nn.Sequential(*layers, Linear(len(p), inputs, outputs))


class Signal(nn.Module):
    """``(members, batch, length)`` as a signal of one channel."""

    def forward(self, x: Tensor) -> Tensor:
        return x[..., None]


def cnn(p: Tensor, inputs: int, outputs: int) -> nn.Module:
    """As in the mnist1d paper (https://arxiv.org/abs/2011.14439): three convolutions of 16 maps, a linear layer."""
    layers: list[nn.Module] = [Signal()]
    channels, length = 1, inputs
    for kernel in (5, 3, 3):
        layers += [Conv1d(len(p), channels, CHANNELS, kernel=kernel, stride=2), nn.ReLU(), Dropout(p, maps=True)]
        channels, length = CHANNELS, (length + 1) // 2
    return nn.Sequential(*layers, nn.Flatten(2), Linear(len(p), channels * length, outputs))
