"""Gradient clipping: the whole gradient is scaled down to a largest norm.

Pascanu et al. 2013, https://arxiv.org/abs/1211.5063: ``g <- g * min(1, max_norm / |g|)``, as torch's
``clip_grad_norm_``.
"""

from dataclasses import dataclass

from torch import nn
from torch.nn.utils import clip_grads_with_norm_, get_total_norm
from torch.optim import Optimizer

from trainer.regularizers.base import Regularizer


def clip(parameters: list[nn.Parameter], max_norm: float) -> None:
    """Scales the gradients in place; on a CPU, where looking is free, only when the norm is too large."""
    norm = get_total_norm([p.grad for p in parameters if p.grad is not None])
    if norm.device.type != "cpu" or not norm <= max_norm:
        clip_grads_with_norm_(parameters, max_norm, norm)


@dataclass(eq=False)
class GradientClipping(Regularizer):
    """Clips between the backward pass and the step."""

    name = "gradient_clipping"
    max_norm: float = 1.0

    def after_backward(self, optimizer: Optimizer) -> None:
        clip([p for group in optimizer.param_groups for p in group["params"] if p.grad is not None], self.max_norm)
