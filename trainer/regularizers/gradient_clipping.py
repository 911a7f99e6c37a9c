"""Gradient clipping: the whole gradient is scaled down to a largest norm.

Pascanu et al. 2013, https://arxiv.org/abs/1211.5063: ``g <- g * min(1, max_norm / |g|)``, by torch's
``clip_grad_norm_``.
"""

from dataclasses import dataclass

from torch.nn.utils import clip_grad_norm_
from torch.optim import Optimizer

from trainer.regularizers.base import Regularizer


@dataclass(eq=False)
class GradientClipping(Regularizer):
    """Clips between the backward pass and the step."""

    name = "gradient_clipping"
    max_norm: float = 1.0

    def after_backward(self, optimizer: Optimizer) -> None:
        clip_grad_norm_((p for group in optimizer.param_groups for p in group["params"]), self.max_norm)
