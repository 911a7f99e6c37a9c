"""Networks: what the lab trains, each for all members at once, from their dropout ``p``, ``(members,)``."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from tests.benchmarks.lab.layers import Attention, BatchNorm, Conv1d, Dropout, Embedding, LayerNorm, Linear, repeated

CHANNELS, WIDTH = 16, 100


def linear(p: Tensor, inputs: int, outputs: int) -> nn.Module:
    """Logistic regression."""
    return Linear(len(p), inputs, outputs)


def mlp(p: Tensor, inputs: int, outputs: int, *, width: int = WIDTH, depth: int = 2, norm: bool = False) -> nn.Module:
    """``depth`` hidden layers of ``width`` units, dropout after each; ``norm`` puts BatchNorm before each ReLU."""
    layers: list[nn.Module] = []
    for _ in range(depth):
        normed = [BatchNorm(len(p), width)] if norm else []
        layers += [Linear(len(p), inputs, width), *normed, nn.ReLU(), Dropout(p)]
        inputs = width
    return nn.Sequential(*layers, Linear(len(p), inputs, outputs))


class Signal(nn.Module):
    """``(members, batch, length)`` as a signal of one channel."""

    def forward(self, x: Tensor) -> Tensor:
        return x[..., None]


def cnn(p: Tensor, inputs: int, outputs: int, *, channels: int = CHANNELS, normed: bool = False) -> nn.Module:
    """As in the mnist1d paper (https://arxiv.org/abs/2011.14439): three convolutions of 16 maps, a linear layer."""
    layers: list[nn.Module] = [Signal()]
    before, length = 1, inputs
    for kernel in (5, 3, 3):
        layers.append(Conv1d(len(p), before, channels, kernel=kernel, stride=2))
        layers += [BatchNorm(len(p), channels)] * normed
        layers += [nn.ReLU(), Dropout(p, maps=True)]
        before, length = channels, (length + 1) // 2
    return nn.Sequential(*layers, nn.Flatten(2), Linear(len(p), channels * length, outputs))


normed_mlp = partial(mlp, norm=True)


def normed_cnn(p: Tensor, inputs: int, outputs: int, *, channels: int = CHANNELS) -> nn.Module:
    """The same with BatchNorm before each ReLU."""
    return cnn(p, inputs, outputs, channels=channels, normed=True)


class Residual(nn.Module):
    """``x + branch(x)``."""

    def __init__(self, *branch: nn.Module) -> None:
        super().__init__()
        self.branch = nn.Sequential(*branch)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.branch(x)
        return out


def transformer(p: Tensor, inputs: int, outputs: int, *, width: int = 32, depth: int = 2) -> nn.Module:
    """A small decoder of ``inputs`` places and ``outputs`` kinds of tokens, norms first, dropout on each branch."""
    members = len(p)
    ends = (LayerNorm(members, width), Linear(members, width, outputs))
    return nn.Sequential(Embedding(members, outputs, inputs, width), *_blocks(p, width, depth, causal=True), *ends)


class Patches(nn.Module):
    """``(members, batch, features)`` as a row of patches, each embedded with its place."""

    def __init__(self, members: int, inputs: int, width: int) -> None:
        super().__init__()
        self.size = next(size for size in (5, 4, 3, 2, 1) if inputs % size == 0)
        self.embed = Linear(members, self.size, width)
        self.places = repeated(0.2 * torch.randn(inputs // self.size, width), members)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.embed(x.reshape(*x.shape[:2], -1, self.size)) + self.places[:, None]
        return out


class Mean(nn.Module):
    """Over the row of patches."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(2)


def vit(p: Tensor, inputs: int, outputs: int, *, width: int = 32, depth: int = 2) -> nn.Module:
    """A small encoder of patches, as in https://arxiv.org/abs/2010.11929, averaged at the end."""
    members = len(p)
    ends = (LayerNorm(members, width), Mean(), Linear(members, width, outputs))
    return nn.Sequential(Patches(members, inputs, width), *_blocks(p, width, depth, causal=False), *ends)


def _blocks(p: Tensor, width: int, depth: int, *, causal: bool) -> list[nn.Module]:
    members, blocks = len(p), list[nn.Module]()
    for _ in range(depth):
        attention = (LayerNorm(members, width), Attention(members, width, heads=2, causal=causal), Dropout(p))
        hidden = (Linear(members, width, 4 * width), nn.GELU(), Dropout(p), Linear(members, 4 * width, width))
        blocks += [Residual(*attention), Residual(LayerNorm(members, width), *hidden, Dropout(p))]
    return blocks
