"""Block: attention, then an MLP, each a residual branch after a norm (Xiong et al. 2020, https://arxiv.org/abs/2002.04745).

Dropout has its places on the attention weights, inside the MLP and on each branch, and DropPath on each branch.
"""

from __future__ import annotations

import math
from typing import TypeVar

from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from trainer.regularizers.drop_path import DropPath
from trainer.regularizers.dropout import AttentionDropout, FastDropout, dropout

Network = TypeVar("Network", bound=nn.Module)

HEAD = 32  # least width of an attention head
PLACE = 0.2  # standard deviation of first tokens and places; at the usual 0.02 a short training learns no order
ANSWER = 0.02  # of the last layer's weights, so that the first loss is that of a guess


class Attention(nn.Module):
    """Every place of a sequence ``(N, length, width)`` looks at every other, or if ``causal`` at those before it."""

    def __init__(self, width: int, *, causal: bool) -> None:
        super().__init__()
        self.heads = max(
            heads for heads in range(1, width + 1) if width % heads == 0 and width // heads >= min(HEAD, width)
        )
        self.causal = causal
        self.queries_keys_values = nn.Linear(width, 3 * width)
        self.weights = AttentionDropout(0.0)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        n, length, width = x.shape
        heads = self.queries_keys_values(x).view(n, length, 3, self.heads, width // self.heads)
        queries, keys, values = heads.permute(2, 0, 3, 1, 4).unbind()
        attended = attend(queries, keys, values, p=self.weights.rate, causal=self.causal)
        out: Tensor = self.out(attended.transpose(1, 2).reshape(n, length, width))
        return out


def attend(queries: Tensor, keys: Tensor, values: Tensor, *, p: float, causal: bool) -> Tensor:
    """``dropout(softmax(q k / sqrt(d))) v`` for ``(N, heads, length, d)``.

    torch's own is the quickest but for dropout on a CPU, where ours is.
    """
    if p == 0 or queries.device.type != "cpu":
        return scaled_dot_product_attention(queries, keys, values, dropout_p=p, is_causal=causal)
    scores = queries / math.sqrt(queries.shape[-1]) @ keys.mT
    if causal:
        scores = scores + scores.new_full(scores.shape[-2:], -math.inf).triu(1)
    return dropout(scores.softmax(-1), p, training=True) @ values


class Block(nn.Module):
    """``x + attention(norm(x))``, then ``x + mlp(norm(x))``."""

    def __init__(self, width: int, *, causal: bool = False) -> None:
        super().__init__()
        self.attention = nn.Sequential(nn.LayerNorm(width), Attention(width, causal=causal), FastDropout(0.0))
        self.attention_path = DropPath()
        self.mlp = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, 4 * width),
            nn.GELU(),
            FastDropout(0.0),
            nn.Linear(4 * width, width),
            FastDropout(0.0),
        )
        self.mlp_path = DropPath()

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention_path(self.attention(x))
        out: Tensor = x + self.mlp_path(self.mlp(x))
        return out


def initialized(network: Network, head: nn.Linear) -> Network:
    """The network with first weights that keep the size of what passes through, but for those of its last layer."""
    for module in network.modules():
        if isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=PLACE)
        elif isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    nn.init.normal_(head.weight, std=ANSWER)
    return network
