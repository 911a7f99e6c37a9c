"""Training: every member of a table in one batched program, with its own weight decay, dropout and augmentation."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from diagnostics.recommend import Architecture
from tests.benchmarks.lab.data import Data, Split

Values = NDArray[np.float64]
CLEAN = 300  # training samples for the plain training loss, about as many as there are for validation


class Member(NamedTuple):
    """How strongly one network is regularized; dropout is of feature maps in a CNN."""

    dropout: float = 0.0
    weight_decay: float = 0.0
    augmentation: bool = False

    @property
    def strengths(self) -> dict[str, float]:
        """By registry name."""
        return {"dropout": self.dropout, "weight_decay": self.weight_decay}


PLAIN = Member()


@dataclass(frozen=True)
class Task:
    """Something to learn. ``kind`` is what an unregularized run of it is expected to do."""

    name: str
    kind: Literal["overfitting", "healthy", "underfit", "held back"]
    architecture: Architecture
    data: Callable[[int], Data]
    network: Callable[[Tensor, int, int], nn.Module]
    epochs: int
    batch_size: int = 50
    lr: float = 1e-3
    momentum: float | None = None
    cosine: bool = False

    @property
    def steps_per_epoch(self) -> Callable[[int], int]:
        return lambda samples: -(-samples // self.batch_size)

    def rate(self, done: float) -> float:
        """The learning rate when a share ``done`` of the training is over."""
        return self.lr * (0.5 * (1 + math.cos(math.pi * done)) if self.cosine else 1.0)


class Curves(NamedTuple):
    """Losses ``(members, epochs)``, and the test loss ``(members,)`` with the best weights by val and the last.

    ``test`` is that of every epoch, where it was asked for.
    """

    train: Values
    clean: Values
    val: Values
    lr_sum: Values
    test_best: Values
    test_last: Values
    test: Values | None = None


def train(task: Task, data: Data, members: Sequence[Member], seed: int, *, follow_test: bool = False) -> Curves:
    """Train all ``members`` from the same weights on the same batches."""
    torch.manual_seed(seed)
    p = torch.tensor([member.dropout for member in members])
    decay = torch.tensor([member.weight_decay for member in members])
    augmented = torch.tensor([int(member.augmentation) for member in members])
    network = task.network(p, data.train.x.shape[-1], data.classes)
    parameters = list(network.parameters())
    decayed = [weights for name, weights in network.named_parameters() if name.endswith("weight")]
    state = list(network.state_dict().values())
    optimizer = make_optimizer(task, parameters)
    clean = Split(data.train.x[:CLEAN], data.train.y[:CLEAN])
    best = [values.clone() for values in state]
    lowest = torch.full((len(members),), torch.inf)
    rows: list[tuple[Tensor, Tensor, Tensor]] = []
    rates: list[float] = []
    followed: list[Tensor] = []
    per_epoch = task.steps_per_epoch(len(data.train.y))
    for epoch in range(task.epochs):
        network.train()
        logged, rate_sum = torch.zeros(len(members)), 0.0
        for step, chosen in enumerate(batches(len(data.train.y), task.batch_size, seed, epoch)):
            rate = task.rate((epoch * per_epoch + step) / (task.epochs * per_epoch))
            x, y = data.train.x[chosen], data.train.y[chosen]
            views = torch.stack([x, noisy(x)])[augmented] if bool(augmented.any()) else x.expand(len(members), *x.shape)
            loss = losses(network(views), y)
            optimizer.zero_grad()
            loss.sum().backward()  # type: ignore[no-untyped-call]
            shrink(decayed, 1 - rate * decay)
            optimizer.param_groups[0]["lr"] = rate
            optimizer.step()
            logged, rate_sum = logged + loss.detach() * len(y) / len(data.train.y), rate_sum + rate
        measured = evaluate(network, data.val, len(members))
        rows.append((logged, evaluate(network, clean, len(members)), measured))
        rates.append(rate_sum)
        if follow_test:
            followed.append(evaluate(network, data.test, len(members)))
        better = measured < lowest
        lowest = torch.where(better, measured, lowest)
        for kept, values in zip(best, state, strict=True):
            kept[better] = values[better]
    last = evaluate(network, data.test, len(members))
    for kept, values in zip(best, state, strict=True):
        values.copy_(kept)
    train_loss, clean_loss, val_loss = (torch.stack(values, 1).double().numpy() for values in zip(*rows, strict=True))
    test_best = evaluate(network, data.test, len(members))
    return Curves(
        train_loss,
        clean_loss,
        val_loss,
        np.asarray(rates),
        test_best.double().numpy(),
        last.double().numpy(),
        torch.stack(followed, 1).double().numpy() if followed else None,
    )


def batches(samples: int, size: int, seed: int, epoch: int) -> Iterator[Tensor]:
    """The places of each batch of an epoch, in an order of its own."""
    order = torch.randperm(samples, generator=torch.Generator().manual_seed(1000 * seed + epoch))
    yield from order.split(size)


def make_optimizer(task: Task, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
    """Adam or SGD for all members; the weight decay is each member's own, and is done before the step as AdamW does."""
    if task.momentum is None:
        return torch.optim.Adam(parameters, lr=task.lr, fused=True)
    return torch.optim.SGD(parameters, lr=task.lr, momentum=task.momentum, fused=True)


@torch.no_grad()
def shrink(weights: Sequence[Tensor], by: Tensor) -> None:
    """Multiply each member's weights by its own factor."""
    for one in weights:
        one.mul_(by.view(-1, *([1] * (one.dim() - 1))))


def noisy(x: Tensor) -> Tensor:
    """The augmentation of the lab, for any standardized input: a little louder or softer, with white noise."""
    return x * (1 + 0.2 * (torch.rand(len(x), 1) - 0.5)) + 0.1 * torch.randn_like(x)


def losses(outputs: Tensor, y: Tensor) -> Tensor:
    """Mean cross entropy of each member, from ``(members, samples, ..., classes)``."""
    members = len(outputs)
    targets = y.expand(members, *y.shape).reshape(-1)
    every = functional.cross_entropy(outputs.reshape(len(targets), -1), targets, reduction="none")
    return every.view(members, -1).mean(1)


@torch.no_grad()
def evaluate(network: nn.Module, data: Split, members: int, *, at_once: int = 250) -> Tensor:
    """Mean loss of each member, without dropout."""
    network.eval()
    total = torch.zeros(members)
    for x, y in zip(data.x.split(at_once), data.y.split(at_once), strict=True):
        total += losses(network(x.expand(members, *x.shape)), y) * len(y)
    return total / len(data.y)
