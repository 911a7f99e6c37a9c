"""Transformer: predicts each token of a text from those before it (decoder only, as GPT-2, Radford et al. 2019)."""

from __future__ import annotations

from torch import Tensor, nn

from trainer.models import ModelError, need_sequence
from trainer.models.block import Block, initialized


class Transformer(nn.Module):
    """Tokens ``(N, length)`` to the logits of the next one at each place, ``(N, vocabulary, length)``."""

    def __init__(self, vocabulary: int, length: int, *, width: int, depth: int) -> None:
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.places = nn.Embedding(length, width)
        self.blocks = nn.Sequential(*[Block(width, causal=True) for _ in range(depth)])
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, vocabulary, bias=False)

    def forward(self, tokens: Tensor) -> Tensor:
        if tokens.is_floating_point():
            raise ModelError("transformer needs text, whole numbers for tokens, found real numbers; use mlp")
        x = self.tokens(tokens) + self.places.weight[: tokens.shape[1]]
        logits: Tensor = self.head(self.norm(self.blocks(x)))
        return logits.transpose(1, 2)


def build(shape: tuple[int, ...], outputs: int, *, width: int = 128, depth: int = 4) -> Transformer:
    """``depth`` blocks of ``width`` features over texts of ``shape[0]`` tokens out of ``outputs`` kinds."""
    network = Transformer(outputs, need_sequence("transformer", shape), width=width, depth=depth)
    return initialized(network, network.head)
