"""Dropout: an activation is zero with probability p in training, the rest scaled by 1 / (1 - p).

Srivastava et al. 2014, https://jmlr.org/papers/v15/srivastava14a.html: ``y = x * m / (1 - p), m ~ Bernoulli(1 - p)``;
the identity in evaluation. A model has places for it, any ``nn.Dropout(0.0)``, and this regularizer sets their p, so
that a person's own network trains here unchanged.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainer.regularizers.base import Regularizer


def dropout(x: Tensor, p: float, *, training: bool) -> Tensor:
    """The formula. On a CPU 16 random bits decide each element, with p rounded to them and the scale as p.

    torch draws Bernoulli numbers there one by one, which takes six times as long: half a step of a small Transformer.
    """
    if not training or p == 0:
        return x
    return x * _mask(x, p) if x.device.type == "cpu" else functional.dropout(x, p)


def _mask(x: Tensor, p: float) -> Tensor:
    """0 or ``1 / (1 - p)`` for each element of x, in its type."""
    draws = torch.empty(-(-x.numel() // 4), dtype=torch.int64).random_(-(2**63), None).view(torch.int16)
    keep = min(max(1, round((1 - p) * 2**16)), 2**16 - 1)
    mask = torch.empty_like(x, requires_grad=False)
    torch.lt(draws[: x.numel()].view(x.shape), keep - 2**15, out=mask)
    return mask.mul_(2**16 / keep)


class FastDropout(nn.Dropout):
    """A place for dropout that is quick on a CPU too."""

    def forward(self, input: Tensor) -> Tensor:
        return dropout(input, self.p, training=self.training)


class AttentionDropout(nn.Dropout):
    """The place for dropout of attention weights; attention hands its p to ``scaled_dot_product_attention``."""

    @property
    def rate(self) -> float:
        return self.p if self.training else 0.0


@dataclass(eq=False)
class Dropout(Regularizer):
    """Sets p at every place; attention weights have their own p when ``attention`` is given.

    A model without a place is left as it is; the audit says so.
    """

    name = "dropout"
    p: float = 0.2
    attention: float | None = None

    def build(self, model: nn.Module) -> nn.Module:
        attention = self.p if self.attention is None else self.attention
        for module in model.modules():
            if isinstance(module, AttentionDropout):
                module.p = attention
            elif isinstance(module, nn.MultiheadAttention):
                module.dropout = attention
            elif isinstance(module, nn.Dropout) or (isinstance(module, nn.RNNBase) and module.num_layers > 1):
                _set(module, self.p)
        return model


def _set(module: nn.Dropout | nn.RNNBase, p: float) -> None:
    if isinstance(module, nn.RNNBase):
        module.dropout = p
    else:
        module.p = p
