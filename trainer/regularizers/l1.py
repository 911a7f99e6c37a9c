"""L1: a price on absolute weight, which makes weights zero.

- penalty: the loss has ``l1 * sum |w|``; its gradient ``l1 * sign(w)`` drives weights about zero, never to it.
- proximal (Parikh & Boyd 2014, section 6.5.2, https://web.stanford.edu/~boyd/papers/prox_algs.html): after the step
  ``w <- sign(w) * max(|w| - lr * l1, 0)``, which gives weights that are exactly zero.

Under SGD without momentum both follow the same objective. Under Adam they do not: the penalty's gradient is divided by
the running size of the whole gradient, so that weights with large gradients pay less; the proximal step takes lr * l1
from every weight alike, as decoupled decay does, and acts more strongly where gradients are large.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from trainer.regularizers.base import Regularizer
from trainer.regularizers.matrices import gradients, matrices


@torch.no_grad()
def l1_penalty(weights: Sequence[Tensor], l1: float) -> Tensor:
    """``l1 * sum |w|``, in loss units."""
    return torch.stack([weight.abs().sum() for weight in weights]).sum() * l1


@torch.no_grad()
def add_l1_gradient(weights: Sequence[Tensor], l1: float) -> None:
    """Adds the penalty's gradient, ``l1 * sign(w)``, to that of each weight."""
    torch._foreach_add_(gradients(weights), torch._foreach_sign(list(weights)), alpha=l1)


@torch.no_grad()
def soft_threshold(weights: Sequence[Tensor], amount: float) -> None:
    """``w <- sign(w) * max(|w| - amount, 0)`` in place."""
    for weight in weights:
        torch.ops.aten.softshrink.out(weight, amount, out=weight)


@dataclass(eq=False)
class L1(Regularizer):
    """L1 on the weight matrices, never on biases, norms or embeddings."""

    name = "l1"
    l1: float = 1e-4
    kind: str = "proximal"

    def build(self, model: nn.Module) -> nn.Module:
        self.weights = matrices(model)
        return model

    def penalty(self) -> Tensor | float:
        return l1_penalty(self.weights, self.l1) if self.kind == "penalty" and self.weights else 0.0

    def after_backward(self, optimizer: Optimizer) -> None:
        if self.kind == "penalty" and self.weights:
            add_l1_gradient(self.weights, self.l1)

    def after_step(self, optimizer: Optimizer) -> None:
        if self.kind != "proximal":
            return
        chosen = set(self.weights)
        for group in optimizer.param_groups:
            soft_threshold([p for p in group["params"] if p in chosen], float(group["lr"]) * self.l1)
