"""Loss floor: the least training loss that smoothed and mixed targets allow; less proves that they are not on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainer.regularizers import Regularizers
from trainer.regularizers.base import Mixed
from trainer.regularizers.label_smoothing import LabelSmoothing

Floats = NDArray[np.float64]

DRAWS = 2000  # of lam, to measure the floor
SURE = 4.0  # standard errors below the floor before a loss proves anything


@dataclass(frozen=True)
class Floor:
    """The least mean training loss that the targets allow, in nats, and how much one batch varies about it."""

    mean: float
    spread: float

    def finding(self, train_loss: float, *, steps: int) -> str | None:
        """A sentence when the mean loss of ``steps`` batches proves that the targets were not what was asked for."""
        least = self.mean - SURE * self.spread / steps**0.5
        if not train_loss < least * 0.98:  # a loss that is no number proves nothing
            return None
        return (
            f"training loss {train_loss:.3g} is below {self.mean:.3g}, the least that label smoothing and mixing "
            "allow: they are not applied"
        )


def loss_floor(regularizers: Regularizers, inputs: Tensor, targets: Tensor, *, classes: int) -> Floor:
    """The entropy of the smoothed and mixed targets, by drawing lam as training does; 0 without either.

    ``inputs`` and ``targets`` are a batch of training; class numbers ``(N, ...)``, each class as frequent as there. For
    targets that are no classes it is 0.
    """
    inputs, targets = inputs[:1].cpu(), targets.cpu()  # where two thousand small draws are quick
    if targets.is_floating_point():
        return Floor(0.0, 0.0)
    smoothing = next((r.smoothing for r in regularizers if isinstance(r, LabelSmoothing)), 0.0)
    lams = _draws(regularizers, inputs)
    shares = torch.bincount(targets.flatten(), minlength=classes).double() / targets.numel()
    same = float(shares.square().sum())
    same += (1 - same) / len(targets)  # a sample may be its own partner
    alone = _entropy(np.ones(1), smoothing, classes)[0]
    mixed = _entropy(lams, smoothing, classes)
    per_batch = same * alone + (1 - same) * mixed
    return Floor(float(per_batch.mean()), float(per_batch.std()))


def _draws(regularizers: Regularizers, image: Tensor) -> Floats:
    mixing = [r for r in regularizers if r.name in ("mixup", "cutmix", "one_of")]
    if not mixing:
        return np.ones(1)
    rng, target = np.random.default_rng(0), torch.zeros(1)
    mixed = (mixing[0].batch(image, target, rng)[1] for _ in range(DRAWS))
    return np.array([targets.lam for targets in mixed if isinstance(targets, Mixed)])


def _entropy(lams: Floats, smoothing: float, classes: int) -> Floats:
    spread = smoothing / classes
    parts = [lams * (1 - smoothing) + spread, (1 - lams) * (1 - smoothing) + spread]
    rest = (classes - 2) * _term(np.array(spread))
    return _term(parts[0]) + _term(parts[1]) + rest


def _term(p: Floats) -> Floats:
    """``-p log p``, 0 at 0."""
    terms: Floats = -p * np.log(np.where(p > 0, p, 1.0))
    return terms
