"""DropPath (stochastic depth): a sample skips a whole residual branch in training.

Huang et al. 2016, https://arxiv.org/abs/1603.09382: ``y = x + m * f(x) / keep, m ~ Bernoulli(keep)`` for each sample,
``keep = 1 - drop_prob``, with drop_prob rising linearly from 0 at the first block to the given one at the last.
"""

from dataclasses import dataclass

from torch import Tensor, nn

from trainer.regularizers.base import Regularizer
from trainer.strengths import RegularizerError


def drop_path(branch: Tensor, drop_prob: float, *, training: bool) -> Tensor:
    """The residual branch ``(N, ...)`` with whole samples zero, the rest scaled by 1 / (1 - drop_prob)."""
    if not training or drop_prob == 0:
        return branch
    keep = 1 - drop_prob
    mask = branch.new_empty(len(branch), *[1] * (branch.ndim - 1)).bernoulli_(keep)
    return branch * mask.div_(keep)


class DropPath(nn.Module):
    """The place for stochastic depth: the last module of a residual branch."""

    def __init__(self, drop_prob: float = 0.0) -> None:
        super().__init__()
        self.drop_prob = drop_prob

    def forward(self, branch: Tensor) -> Tensor:
        return drop_path(branch, self.drop_prob, training=self.training)

    def extra_repr(self) -> str:
        return f"drop_prob={self.drop_prob:.3g}"


@dataclass(eq=False)
class StochasticDepth(Regularizer):
    """Sets the ramp over the blocks, in the model's order; the places of one block share their probability."""

    name = "drop_path"
    drop_prob: float = 0.1

    def build(self, model: nn.Module) -> nn.Module:
        blocks = [
            places
            for block in model.modules()
            if (places := [child for child in block.children() if isinstance(child, DropPath)])
        ]
        if not blocks:
            raise RegularizerError(
                "drop_path needs a network of residual branches and found no DropPath in this model; "
                "use cnn, vit or transformer, or leave drop_path out"
            )
        for place, drop_prob in zip(blocks, ramp(self.drop_prob, len(blocks)), strict=True):
            for module in place:
                module.drop_prob = drop_prob
        return model


def ramp(drop_prob: float, blocks: int) -> list[float]:
    """The probability of each block, from 0 to ``drop_prob``; a single block has it all."""
    return [drop_prob * (index / (blocks - 1) if blocks > 1 else 1.0) for index in range(blocks)]
