"""ViT: an image as a sequence of patches (Dosovitskiy et al. 2021, https://arxiv.org/abs/2010.11929)."""

from __future__ import annotations

import math

from torch import Tensor, nn

from trainer.models import need_image
from trainer.models.block import Block, initialized

PATCHES = 8  # along the shorter side, about
LARGEST = 16  # pixels a side of a patch


class Patches(nn.Module):
    """Images ``(N, channels, height, width)`` to sequences ``(N, patches, features)``, each patch with its place."""

    def __init__(self, channels: int, height: int, width: int, features: int) -> None:
        super().__init__()
        size = patch_size(height, width)
        self.embedding = nn.Conv2d(channels, features, size, stride=size)
        self.places = nn.Embedding((height // size) * (width // size), features)

    def forward(self, x: Tensor) -> Tensor:
        patches: Tensor = self.embedding(x).flatten(2).transpose(1, 2)
        return patches + self.places.weight


class Mean(nn.Module):
    """The mean over a sequence ``(N, length, width)``."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(1)


def build(shape: tuple[int, ...], outputs: int, *, width: int = 64, depth: int = 4) -> nn.Sequential:
    """``depth`` blocks of ``width`` features over the patches of images ``(channels, height, width)``."""
    patches = Patches(*need_image("vit", shape), width)
    blocks = [Block(width) for _ in range(depth)]
    head = nn.Linear(width, outputs)
    return initialized(nn.Sequential(patches, *blocks, nn.LayerNorm(width), Mean(), head), head)


def patch_size(height: int, width: int) -> int:
    """The largest side of a square patch that tiles the image, up to about an eighth of it: 2 for 8x8, 4 for 32x32."""
    most = min(LARGEST, max(2, min(height, width) // PATCHES))
    return max(size for size in range(1, most + 1) if math.gcd(height, width) % size == 0)
