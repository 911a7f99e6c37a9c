"""Dropout: an activation is zero with probability p in training, the rest scaled by 1 / (1 - p).

Srivastava et al. 2014, https://jmlr.org/papers/v15/srivastava14a.html: ``y = x * m / (1 - p), m ~ Bernoulli(1 - p)``;
the identity in evaluation. The maths is torch's own ``nn.Dropout``: a model has places for it, ``nn.Dropout(0.0)``,
and this regularizer sets their p, so that a person's own network trains here unchanged.
"""

from dataclasses import dataclass

from torch import nn

from trainer.regularizers.base import Regularizer


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
