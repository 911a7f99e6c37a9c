"""Recorder: what is measured of a stack of networks while they are trained."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from tests.benchmarks.outcomes.parts import Parts
from tests.benchmarks.outcomes.plans import Plan

Values = NDArray[np.float64]
AT_ONCE = 512


class Losses(NamedTuple):
    """Of each network at each evaluation, ``(members, evaluations)``; accuracies are NaN in a regression.

    ``test_error`` is the standard error of test's mean rise over the evaluation where validation was best so far,
    paired over the test samples. ``rise`` and ``rise_error`` ``(members,)`` are those of the mean of the last
    few.
    ``start`` is train's and test's loss before the first step, ``(2, members)``; ``constant`` the test loss of the
    best constant prediction.
    """

    train_optimised: Values
    train: Values
    val: Values
    test: Values
    train_accuracy: Values
    val_accuracy: Values
    test_accuracy: Values
    test_error: Values
    lr: Values
    rise: Values
    rise_error: Values
    start: Values
    first_lr: Values
    constant: float
    classes: int


class Recorder:
    """Measures all losses at an evaluation, and what going on past validation's best has cost in the end."""

    def __init__(self, plan: Plan, parts: Parts, network: nn.Module, rng: Generator) -> None:
        members = len(plan.members)
        self.plan, self.parts, self.network = plan, parts, network
        self.clean = plan.clean_samples
        self.x = torch.cat([parts.train_x[: self.clean], parts.val_x, parts.test_x])
        shared = torch.cat([parts.val_y, parts.test_y])
        self.y = torch.cat([parts.train_y[:, : self.clean], shared.expand(members, *shared.shape)], 1)
        ranks = rng.random((members, plan.val_pool)).argsort(1).argsort(1)
        sizes = np.array([member.val_samples for member in plan.members])[:, None]
        self.in_val = torch.tensor((ranks < sizes) / sizes, dtype=torch.float32)
        self.optimized: list[Tensor] = []
        self.lowest = torch.full((members,), torch.inf)
        self.best = torch.zeros(members, dtype=torch.int64)
        self.test_at_best = torch.full((members, len(parts.test_y)), torch.nan)
        self.ends: list[Tensor] = []
        self.rows: list[list[Tensor]] = []
        with torch.no_grad():
            before, _ = self.everything()
        self.start = torch.stack([before[:, : self.clean].mean(1), before[:, -len(parts.test_y) :].mean(1)])

    @torch.no_grad()
    def measure(self, lr: Tensor) -> None:
        """One evaluation."""
        losses, right = self.everything()
        places = (slice(0, self.clean), slice(self.clean, self.clean + self.plan.val_pool))
        test = losses[:, places[1].stop :]
        val = (losses[:, places[1]] * self.in_val).sum(1)
        better = val < self.lowest
        self.lowest = torch.where(better, val, self.lowest)
        self.best[better] = len(self.rows)
        self.test_at_best[better] = test[better]
        self.ends = [*self.ends, test][-last_few(self.plan.evaluations) :]
        optimized = torch.stack(self.optimized).mean(0) if self.optimized else losses[:, places[0]].mean(1)
        self.optimized.clear()
        accuracies = [right[:, places[0]].mean(1), (right[:, places[1]] * self.in_val).sum(1)]
        accuracies.append(right[:, places[1].stop :].mean(1))
        error = standard_error(test - self.test_at_best)
        self.rows.append([optimized, losses[:, places[0]].mean(1), val, test.mean(1), *accuracies, error, lr])

    def everything(self) -> tuple[Tensor, Tensor]:
        """Loss and accuracy of every sample of the three parts, ``(members, samples)``, in eval mode."""
        self.network.eval()
        losses, right = [], []
        members = len(self.plan.members)
        for x, y in zip(self.x.split(AT_ONCE), self.y.split(AT_ONCE, 1), strict=True):
            outputs = self.network(x.expand(members, *x.shape))
            losses.append(each_loss(outputs, y))
            hits = torch.full(y.shape, torch.nan) if y.is_floating_point() else (outputs.argmax(-1) == y).float()
            right.append(hits.flatten(2).mean(2) if hits.dim() > 2 else hits)
        return torch.cat(losses, 1), torch.cat(right, 1)

    def end(self) -> Tensor:
        """Mean test losses of the last few evaluations, of those that are not before validation's best."""
        places = torch.arange(len(self.rows))[-len(self.ends) :]
        counted = (places >= self.best[:, None]).float()
        shares = counted / counted.sum(1, keepdim=True)
        terms = [each * share[:, None] for each, share in zip(self.ends, shares.T, strict=True)]
        return torch.stack(terms).sum(0)

    def losses(self, classes: int, first_lr: Tensor) -> Losses:
        """All of it as arrays."""
        kinds = [torch.stack(kind, 1).double().numpy() for kind in zip(*self.rows, strict=True)]
        rise = self.end() - self.test_at_best
        y = self.parts.test_y
        if classes:
            shares = torch.bincount(y.flatten(), minlength=classes).double() / y.numel()
            constant = float(torch.special.entr(shares).sum())
        else:
            constant = float(y.var(unbiased=False))
        means = [part.double().numpy() for part in (rise.mean(1), standard_error(rise), self.start, first_lr)]
        return Losses(*kinds, *means, constant, classes)


def last_few(evaluations: int) -> int:
    """How many evaluations at the end are averaged to say what going on has cost."""
    return 1 if evaluations < 8 else 2 if evaluations < 20 else 3 if evaluations < 60 else 5


def each_loss(outputs: Tensor, y: Tensor) -> Tensor:
    """Cross entropy or squared error of each sample, ``(members, samples)``; of a stretch, the mean of its places."""
    if y.is_floating_point():
        return (outputs[..., 0] - y) ** 2
    every = functional.cross_entropy(outputs.flatten(0, -2), y.flatten(), reduction="none")
    return every.view(*y.shape[:2], -1).mean(2)


def standard_error(differences: Tensor) -> Tensor:
    """Of the mean over the samples, ``(members,)``."""
    return differences.std(1) / differences.shape[1] ** 0.5
