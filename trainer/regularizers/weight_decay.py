"""Weight decay: weights shrink at every step, in three kinds that differ under Adam.

- decoupled (Loshchilov & Hutter 2019, https://arxiv.org/abs/1711.05101): ``w <- w - lr * wd * w`` beside the gradient
  step. AdamW does it itself; under any other optimizer it is done here before the step.
- coupled: the loss has ``wd / 2 * |w|^2``. Under Adam this gradient is divided by its own running size like any other,
  so that weights with large gradients hardly decay: it is not AdamW.
- sgd: ``torch.optim.SGD(weight_decay=wd)``, which adds ``wd * w`` to the gradient, so that momentum gathers it too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import SGD, AdamW, Optimizer

from trainer.regularizers.base import Groups, Regularizer
from trainer.regularizers.matrices import gradients, matrices
from trainer.strengths import RegularizerError


@torch.no_grad()
def l2_penalty(weights: Sequence[Tensor], weight_decay: float) -> Tensor:
    """``wd / 2 * sum(w^2)``, in loss units."""
    norms = torch.stack(torch._foreach_norm(list(weights)))
    return norms.square().sum() * (weight_decay / 2)


def add_l2_gradient(weights: Sequence[Tensor], weight_decay: float) -> None:
    """Adds the penalty's gradient, ``wd * w``, to that of each weight."""
    torch._foreach_add_(gradients(weights), list(weights), alpha=weight_decay)


def shrink(weights: Sequence[Tensor], rate: float) -> None:
    """``w <- w * (1 - rate)`` in place; the rate is lr * wd."""
    if weights:
        torch._foreach_mul_(list(weights), 1 - rate)


@dataclass(eq=False)
class WeightDecay(Regularizer):
    """Decay of the weight matrices; of biases, norms and embeddings only when asked."""

    name = "weight_decay"
    weight_decay: float = 0.01
    kind: str = "decoupled"
    biases: bool = False
    norms: bool = False
    embeddings: bool = False

    def build(self, model: nn.Module) -> nn.Module:
        self.weights = matrices(model, biases=self.biases, norms=self.norms, embeddings=self.embeddings)
        return model

    def parameter_groups(self, groups: Groups, optimizer: type[Optimizer]) -> Groups:
        """Each group split into what decays and what does not; both keep the group's other keys."""
        if self.kind == "sgd" and not issubclass(optimizer, SGD):
            raise RegularizerError(
                f"weight decay of kind sgd needs the optimizer sgd, found {optimizer.__name__.lower()}; "
                "use kind decoupled or the optimizer sgd"
            )
        self.by_optimizer = self.kind == "sgd" or (self.kind == "decoupled" and issubclass(optimizer, AdamW))
        decay = self.weight_decay if self.by_optimizer else 0.0
        chosen = set(self.weights)
        split = []
        for group in groups:
            decayed = [parameter for parameter in group["params"] if parameter in chosen]
            spared = [parameter for parameter in group["params"] if parameter not in chosen]
            split += [{**group, "params": decayed, "weight_decay": decay}] if decayed else []
            split += [{**group, "params": spared, "weight_decay": 0.0}] if spared else []
        return split

    def penalty(self) -> Tensor | float:
        return l2_penalty(self.weights, self.weight_decay) if self.kind == "coupled" and self.weights else 0.0

    @torch.no_grad()
    def after_backward(self, optimizer: Optimizer) -> None:
        if self.kind == "coupled" and self.weights:
            add_l2_gradient(self.weights, self.weight_decay)
        if self.kind != "decoupled" or self.by_optimizer:
            return
        chosen = set(self.weights)
        for group in optimizer.param_groups:
            shrink([p for p in group["params"] if p in chosen], float(group["lr"]) * self.weight_decay)
