"""Layers: those of torch.nn with weights of their own for each member of a batch of networks.

Every activation is ``(members, batch, ..., features)``. All members begin with the same weights, torch's usual ones.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


def repeated(weights: Tensor, members: int) -> nn.Parameter:
    """``weights`` once for each member."""
    return nn.Parameter(weights.detach().expand(members, *weights.shape).contiguous())


class Linear(nn.Module):
    """``nn.Linear`` for each member: ``(members, ..., inputs)`` to ``(members, ..., outputs)``."""

    def __init__(self, members: int, inputs: int, outputs: int) -> None:
        super().__init__()
        plain = nn.Linear(inputs, outputs)
        self.weight, self.bias = repeated(plain.weight.T, members), repeated(plain.bias[None], members)

    def forward(self, x: Tensor) -> Tensor:
        flat = x.reshape(len(self.weight), -1, x.shape[-1])
        return torch.baddbmm(self.bias, flat, self.weight).view(*x.shape[:-1], -1)


class Conv1d(nn.Module):
    """``nn.Conv1d`` for each member, channels last, zeros outside: every window of the signal through a ``Linear``."""

    def __init__(self, members: int, inputs: int, outputs: int, *, kernel: int, stride: int) -> None:
        super().__init__()
        plain = nn.Conv1d(inputs, outputs, kernel)
        self.weight = repeated(plain.weight.permute(2, 1, 0).reshape(-1, outputs), members)
        self.bias = repeated(plain.bias.detach()[None], members)  # type: ignore[union-attr]
        self.kernel, self.stride = kernel, stride

    def forward(self, x: Tensor) -> Tensor:
        members, batch, _, channels = x.shape
        padded = functional.pad(x, (0, 0, self.kernel // 2, self.kernel // 2))
        windows = Windows.apply(padded, self.kernel, self.stride)
        flat = windows.reshape(members, -1, self.kernel * channels)
        return torch.baddbmm(self.bias, flat, self.weight).view(members, batch, windows.shape[2], -1)


class Windows(torch.autograd.Function):
    """Every window of ``(members, batch, length, channels)``: ``(members, batch, windows, kernel * channels)``.

    torch's own ``unfold`` takes twenty times as long backward.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, kernel: int, stride: int) -> Tensor:
        ctx.shape, ctx.kernel, ctx.stride = x.shape, kernel, stride
        members, batch, length, channels = x.shape
        count = (length - kernel) // stride + 1
        by_member, by_sample, by_place, _ = x.contiguous().stride()
        strides = (by_member, by_sample, stride * by_place, 1)
        return x.contiguous().as_strided((members, batch, count, kernel * channels), strides).contiguous()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (gradient,) = gradients
        whole, channels = gradient.new_zeros(ctx.shape), ctx.shape[-1]
        reach = (gradient.shape[2] - 1) * ctx.stride + 1
        for place in range(ctx.kernel):
            part = gradient[..., place * channels : (place + 1) * channels]
            whole[:, :, place : place + reach : ctx.stride] += part
        return whole, None, None


class Dropout(nn.Module):
    """Each member drops with its own p, and all compare it with the same random numbers.

    ``maps`` drops whole channels: one number for each sample and channel.
    """

    def __init__(self, p: Tensor, *, maps: bool = False) -> None:
        super().__init__()
        self.p, self.maps = p, maps

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or not bool(self.p.any()):
            return x
        shape = (x.shape[1], *([1] * (x.dim() - 3)), x.shape[-1]) if self.maps else x.shape[1:]
        p = self.p.view(-1, *([1] * (x.dim() - 1)))
        return x * (torch.rand(shape) >= p).to(x.dtype).mul_(1 / (1 - p))


class LayerNorm(nn.Module):
    """``nn.LayerNorm`` over the features, for each member."""

    def __init__(self, members: int, features: int) -> None:
        super().__init__()
        self.scale, self.shift = (
            nn.Parameter(torch.ones(members, features)),
            nn.Parameter(torch.zeros(members, features)),
        )

    def forward(self, x: Tensor) -> Tensor:
        shape = (len(x), *([1] * (x.dim() - 2)), -1)
        return functional.layer_norm(x, x.shape[-1:]) * self.scale.view(shape) + self.shift.view(shape)


class BatchNorm(nn.Module):
    """``nn.BatchNorm1d`` of ``(members, batch, ..., features)``: over the batch and all places in it."""

    def __init__(self, members: int, features: int) -> None:
        super().__init__()
        self.scale, self.shift = (
            nn.Parameter(torch.ones(members, features)),
            nn.Parameter(torch.zeros(members, features)),
        )
        self.register_buffer("mean", torch.zeros(members, features))
        self.register_buffer("variance", torch.ones(members, features))

    def forward(self, x: Tensor) -> Tensor:
        members, features = self.mean.shape
        flat = x.reshape(members, -1, features).transpose(0, 1).flatten(1)
        known = (part.reshape(-1) for part in (self.mean, self.variance, self.scale, self.shift))
        normed = functional.batch_norm(flat, *known, training=self.training)
        return normed.view(-1, members, features).transpose(0, 1).reshape(x.shape)


class Attention(nn.Module):
    """Self-attention of ``(members, batch, length, width)``, by default to what came before alone."""

    def __init__(self, members: int, width: int, *, heads: int, causal: bool = True) -> None:
        super().__init__()
        self.causal, self.heads, self.ins, self.out = (
            causal,
            heads,
            Linear(members, width, 3 * width),
            Linear(members, width, width),
        )

    def forward(self, x: Tensor) -> Tensor:
        members, batch, length, width = x.shape
        parts = self.ins(x).view(members * batch, length, 3, self.heads, width // self.heads)
        queries, keys, values = parts.permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(queries, keys, values, is_causal=self.causal)
        return self.out(seen.transpose(1, 2).reshape(x.shape))


class Embedding(nn.Module):
    """Tokens ``(members, batch, length)`` and their places to ``(members, batch, length, width)``."""

    def __init__(self, members: int, tokens: int, length: int, width: int) -> None:
        super().__init__()
        self.tokens = repeated(0.2 * torch.randn(tokens, width), members)
        self.places = repeated(0.2 * torch.randn(length, width), members)

    def forward(self, x: Tensor) -> Tensor:
        members, kinds, width = self.tokens.shape
        own = x + kinds * torch.arange(members).view(-1, 1, 1)
        return functional.embedding(own, self.tokens.reshape(-1, width)) + self.places[:, None, : x.shape[-1]]
