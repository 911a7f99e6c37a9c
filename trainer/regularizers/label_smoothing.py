"""Label smoothing: the target is spread over all classes, ``y * (1 - smoothing) + smoothing / K``.

Szegedy et al. 2016, https://arxiv.org/abs/1512.00567. The math is torch's ``CrossEntropyLoss(label_smoothing=...)``.
It is linear in the target, so that smoothing after mixing and mixing after smoothing are the same loss.
"""

from dataclasses import dataclass

from torch import nn
from torch.nn.functional import cross_entropy

from trainer.regularizers.base import Criterion, Regularizer
from trainer.strengths import RegularizerError


@dataclass(eq=False)
class LabelSmoothing(Regularizer):
    """Trains with the smoothed loss; validation keeps the plain one."""

    name = "label_smoothing"
    smoothing: float = 0.1

    def criterion(self, criterion: Criterion) -> Criterion:
        if criterion is cross_entropy:
            criterion = nn.CrossEntropyLoss()
        if not isinstance(criterion, nn.CrossEntropyLoss):
            name = getattr(criterion, "__name__", type(criterion).__name__)
            raise RegularizerError(
                f"label_smoothing needs classes and CrossEntropyLoss, found {name}; leave label_smoothing out"
            )
        return nn.CrossEntropyLoss(
            weight=criterion.weight,
            ignore_index=criterion.ignore_index,
            reduction=criterion.reduction,
            label_smoothing=self.smoothing,
        )
