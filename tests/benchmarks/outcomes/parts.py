"""Parts: train, validation and test of a plan's data set, with noise in the targets as planned."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor

from tests.benchmarks.outcomes.datasets import DATASETS, Samples
from tests.benchmarks.outcomes.plans import Plan

PRETRAINED_ON = 1000  # samples


class Parts(NamedTuple):
    """Inputs shared by all networks; targets of train are those of each network, ``(members, samples, ...)``."""

    train_x: Tensor
    train_y: Tensor
    val_x: Tensor
    val_y: Tensor
    test_x: Tensor
    test_y: Tensor
    pretraining: tuple[Tensor, Tensor] | None


def prepare(plan: Plan, rng: Generator) -> tuple[Samples, Parts, float]:
    """The parts of the data set, with noise in the targets as planned, and the deviation of what is learned."""
    pretrained = PRETRAINED_ON if plan.pretraining else 0
    sizes = (plan.train_samples, plan.val_pool, plan.test_samples, pretrained)
    samples = DATASETS[plan.workload](rng, sum(sizes))
    order = rng.permutation(len(samples.y))[: sum(sizes)]
    y = samples.y[order]
    if not samples.classes and not plan.raw:
        y = (y - y[: plan.train_samples].mean()) / y[: plan.train_samples].std()
    edges = np.cumsum(sizes)
    clean = y[edges[2] :]
    y = noisy(y, plan.noise, samples.classes, rng)
    x = torch.from_numpy(samples.x[order])
    x = x.float() if x.is_floating_point() else x
    trained = np.stack([noisy(y[: edges[0]], member.train_noise, samples.classes, rng) for member in plan.members])
    targets = [_targets(part, samples.classes) for part in (trained, y[edges[0] : edges[1]], y[edges[1] : edges[2]])]
    pretraining = (x[edges[2] :], _targets(clean, samples.classes)) if pretrained else None
    inputs = [x[start:end] for start, end in ((0, edges[0]), (edges[0], edges[1]), (edges[1], edges[2]))]
    mixed = [part for pair in zip(inputs, targets, strict=True) for part in pair]
    return samples, Parts(*mixed, pretraining), 1.0 if samples.classes else float(y.std())


def noisy(y: NDArray[np.generic], share: float, classes: int, rng: Generator) -> NDArray[np.generic]:
    """Targets of which a ``share`` is another class, or with as much noise as 1.5 ``share`` of their spread."""
    if not classes:
        return y + 1.5 * share * y.std() * rng.standard_normal(y.shape)
    wrong = rng.random(y.shape) < share
    return np.where(wrong, (y + rng.integers(1, classes, y.shape)) % classes, y)


def _targets(y: NDArray[np.generic], classes: int) -> Tensor:
    return torch.tensor(y, dtype=torch.int64 if classes else torch.float32)
