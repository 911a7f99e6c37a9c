"""CNN: residual blocks of 3x3 convolutions, as ResNet (He et al. 2016, https://arxiv.org/abs/1512.03385)."""

from __future__ import annotations

from torch import Tensor, nn

from trainer.models import need_image
from trainer.regularizers.drop_path import DropPath
from trainer.regularizers.dropout import FastDropout

STAGES = 3  # as far as there are blocks and pixels, each of twice the channels and half the side of the one before


class Residual(nn.Module):
    """``relu(shortcut(x) + branch(x))``; feature maps are dropped between the convolutions, the branch as a whole."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            nn.Conv2d(channels, width, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Dropout2d(0.0),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            DropPath(),
        )
        same = channels == width and stride == 1
        projection = [] if same else [nn.Conv2d(channels, width, 1, stride, bias=False), nn.BatchNorm2d(width)]
        self.shortcut = nn.Sequential(*projection)

    def forward(self, x: Tensor) -> Tensor:
        total: Tensor = self.shortcut(x) + self.branch(x)
        return total.relu()


def build(shape: tuple[int, ...], outputs: int, *, width: int = 32, depth: int = 3) -> nn.Sequential:
    """``depth`` residual blocks, the first of ``width`` channels; then the mean of each map, and a linear layer.

    Samples are images ``(channels, height, width)``.
    """
    channels, *sides = need_image("cnn", shape)
    layers: list[nn.Module] = [
        nn.Conv2d(channels, width, 3, padding=1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
    ]
    stages = [block * min(STAGES, depth) // depth for block in range(depth)]
    channels, side = width, min(sides)
    for stage, before in zip(stages, [0, *stages], strict=False):
        stride = 2 if stage > before and side > 1 else 1
        layers.append(Residual(channels, width * 2**stage, stride))
        channels, side = width * 2**stage, -(-side // stride)
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), FastDropout(0.0), nn.Linear(channels, outputs))
