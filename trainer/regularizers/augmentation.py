"""Augmentation: each image is cropped, mirrored, recolored, turned and partly erased at random, its class kept.

Random resized crop (Szegedy et al. 2015, https://arxiv.org/abs/1409.4842), mirror image, color jitter, rotation and
random erasing (Zhong et al. 2020, https://arxiv.org/abs/1708.04896), by kornia on the training device.
"""

from dataclasses import dataclass

import numpy as np
from torch import Tensor, nn

from trainer.regularizers.base import Regularizer, Targets
from trainer.regularizers.images import as_pictures, need_images, seeded


@dataclass(eq=False)
class Augmentation(Regularizer):
    """Every image with its own random numbers. Gray images are digits and letters as often as not: not mirrored."""

    name = "augmentation"
    crop: float = 0.8
    flip: float | None = None
    jitter: float = 0.2
    rotation: float = 10.0
    erasing: float = 0.0

    def check(self, inputs: Tensor, targets: Tensor) -> None:
        need_images(self.name, inputs)
        channels, height, width = inputs.shape[1:]
        self.change = self.pipeline(channels, height, width)

    def batch(self, inputs: Tensor, targets: Targets, rng: np.random.Generator) -> tuple[Tensor, Targets]:
        with seeded(rng):
            return as_pictures(self.change, inputs), targets

    def pipeline(self, channels: int, height: int, width: int) -> nn.Module:
        """kornia's augmentations for pictures of this size; those at no strength are left out."""
        from kornia import augmentation as kornia  # a third of a second that only those who augment should wait

        flip = self.flip if self.flip is not None else 0.5 if channels == 3 else 0.0
        around = (1 - self.jitter, 1 + self.jitter)
        steps: list[tuple[float, nn.Module]] = [
            (1 - self.crop, kornia.RandomResizedCrop((height, width), scale=(self.crop, 1.0))),
            (flip, kornia.RandomHorizontalFlip(p=flip)),
            (self.rotation, kornia.RandomRotation(self.rotation, p=1.0)),
            (self.jitter, kornia.RandomBrightness(around, p=1.0)),
            (self.jitter, kornia.RandomContrast(around, p=1.0)),
            (self.jitter if channels == 3 else 0.0, kornia.RandomSaturation(around, p=1.0)),
            (self.erasing, kornia.RandomErasing(p=self.erasing)),
        ]
        return nn.Sequential(*[step for strength, step in steps if strength])
