"""OneOf: of several regularizers, one acts on each batch, each as likely as the others.

As ViT recipes train with mixup and CutMix together (Touvron et al. 2021, https://arxiv.org/abs/2012.12877).
"""

import numpy as np
from torch import Tensor

from trainer.regularizers.base import Criterion, Regularizer, Targets


class OneOf(Regularizer):
    """Chooses per batch; every choice checks the data and prepares the loss."""

    name = "one_of"

    def __init__(self, *choices: Regularizer) -> None:
        self.choices = choices

    def check(self, inputs: Tensor, targets: Tensor) -> None:
        for choice in self.choices:
            choice.check(inputs, targets)

    def criterion(self, criterion: Criterion) -> Criterion:
        for choice in self.choices:
            criterion = choice.criterion(criterion)
        return criterion

    def batch(self, inputs: Tensor, targets: Targets, rng: np.random.Generator) -> tuple[Tensor, Targets]:
        return self.choices[int(rng.integers(len(self.choices)))].batch(inputs, targets, rng)
