"""CutMix: a box of one image is pasted into another, and the loss is mixed by area.

Yun et al. 2019, https://arxiv.org/abs/1905.04899: ``lam ~ Beta(alpha, alpha)``, a box of ``sqrt(1 - lam)`` of each side
about a uniform center, clipped at the border; lam is then corrected to the area really kept.
"""

import math
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from trainer.regularizers.base import Criterion, Mixed, Regularizer, Targets
from trainer.regularizers.mixup import MixedLoss, partners
from trainer.strengths import RegularizerError

Box = tuple[slice, slice]


def cut_box(height: int, width: int, lam: float, rng: np.random.Generator) -> Box:
    """Rows and columns of a box of about ``1 - lam`` of the area, smaller where the border clips it."""
    share = math.sqrt(1 - lam)
    return _span(height, round(height * share), rng), _span(width, round(width * share), rng)


def _span(size: int, length: int, rng: np.random.Generator) -> slice:
    start = int(rng.integers(size)) - length // 2
    return slice(max(0, start), min(size, start + length))


def cutmix(inputs: Tensor, partners: Tensor, box: Box) -> tuple[Tensor, float]:
    """A copy of ``(N, C, H, W)`` with the partners' pixels in the box, and lam, the share of the area kept."""
    rows, columns = box
    mixed = inputs.clone()
    mixed[..., rows, columns] = inputs[..., rows, columns][partners]
    height, width = inputs.shape[-2:]
    return mixed, 1 - (rows.stop - rows.start) * (columns.stop - columns.start) / (height * width)


@dataclass(eq=False)
class CutMix(Regularizer):
    """Cuts and mixes every batch with itself."""

    name = "cutmix"
    alpha: float = 1.0

    def check(self, inputs: Tensor, targets: Tensor) -> None:
        if inputs.ndim != 4:
            raise RegularizerError(
                f"cutmix needs images (N, C, H, W), found inputs of shape {tuple(inputs.shape)}; leave cutmix out"
            )

    def criterion(self, criterion: Criterion) -> Criterion:
        return criterion if isinstance(criterion, MixedLoss) else MixedLoss(criterion)

    def batch(self, inputs: Tensor, targets: Targets, rng: np.random.Generator) -> tuple[Tensor, Targets]:
        assert isinstance(targets, Tensor)
        height, width = inputs.shape[-2:]
        box = cut_box(height, width, float(rng.beta(self.alpha, self.alpha)), rng)
        other = partners(inputs, rng)
        mixed, lam = cutmix(inputs, other, box)
        return mixed, Mixed(targets, targets[other], lam)
