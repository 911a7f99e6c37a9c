"""Mixup: a sample is the weighted mean of two, and so is its loss.

Zhang et al. 2018, https://arxiv.org/abs/1710.09412: ``x = lam * x_i + (1 - lam) * x_j``, one ``lam`` of
Beta(alpha, alpha) a batch, j a random permutation; ``loss = lam * loss(f(x), y_i) + (1 - lam) * loss(f(x), y_j)``.
That is the loss of the mixed target for cross entropy, and for squared error up to a constant.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from trainer.regularizers.base import Criterion, Mixed, Regularizer, Targets
from trainer.strengths import RegularizerError


def mixup(inputs: Tensor, partners: Tensor, lam: float) -> Tensor:
    """``lam * inputs + (1 - lam) * inputs[partners]``; inputs ``(N, ...)``, partners ``(N,)``."""
    return inputs.lerp(inputs[partners], 1 - lam)


def partners(inputs: Tensor, rng: np.random.Generator) -> Tensor:
    """A random permutation of the batch, on its device."""
    return torch.from_numpy(rng.permutation(len(inputs))).to(inputs.device)


class MixedLoss(nn.Module):
    """The given loss, mixed by lam where the targets are."""

    def __init__(self, criterion: Criterion) -> None:
        super().__init__()
        self.criterion = criterion

    def forward(self, outputs: Tensor, targets: Targets) -> Tensor:
        if isinstance(targets, Tensor):
            return self.criterion(outputs, targets)
        first, second = (self.criterion(outputs, part) for part in targets[:2])
        return first * targets.lam + second * (1 - targets.lam)


@dataclass(eq=False)
class Mixup(Regularizer):
    """Mixes every batch with itself."""

    name = "mixup"
    alpha: float = 0.2

    def check(self, inputs: Tensor, targets: Tensor) -> None:
        if not inputs.is_floating_point():
            raise RegularizerError(
                f"mixup takes means of inputs, which must be real numbers, found {inputs.dtype}; leave mixup out"
            )

    def criterion(self, criterion: Criterion) -> Criterion:
        return criterion if isinstance(criterion, MixedLoss) else MixedLoss(criterion)

    def batch(self, inputs: Tensor, targets: Targets, rng: np.random.Generator) -> tuple[Tensor, Targets]:
        assert isinstance(targets, Tensor)
        lam = float(rng.beta(self.alpha, self.alpha))
        other = partners(inputs, rng)
        return mixup(inputs, other, lam), Mixed(targets, targets[other], lam)
