"""RandAugment: num_ops random changes of one common magnitude.

Cubuk et al. 2020, https://arxiv.org/abs/1909.13719, by kornia on the training device; the operations are drawn for each
batch, their directions for each image.
"""

from dataclasses import dataclass

import numpy as np
from torch import Tensor, nn

from trainer.regularizers.base import Regularizer, Targets
from trainer.regularizers.images import as_pictures, need_images, seeded

Policy = list[list[tuple[str, float | int, float | int | None]]]

# What each operation does at magnitude 0 and at 30. None mirrors, so that digits stay what they are.
SHAPES: Policy = [
    [("rotate", -30.0, 30.0)],
    [("shear_x", -0.3, 0.3)],
    [("shear_y", -0.3, 0.3)],
    [("translate_x", -0.1, 0.1)],
    [("translate_y", -0.1, 0.1)],
]
TONES: Policy = [
    [("auto_contrast", 0, 1)],
    [("contrast", 0.1, 1.9)],
    [("brightness", 0.1, 1.9)],
    [("sharpness", 0.1, 1.9)],
    [("posterize", 4.0, 8.0)],
]
COLORS: Policy = [
    [("equalize", 0, 1)],
    [("invert", 0, 1)],
    [("solarize", 0.0, 1.0)],
    [("solarize_add", 0.0, 0.43)],
    [("color", 0.1, 1.9)],
]


@dataclass(eq=False)
class RandAugment(Regularizer):
    """All fifteen operations for color images; for others without those that turn background into ink."""

    name = "randaugment"
    magnitude: int = 9
    num_ops: int = 2

    def check(self, inputs: Tensor, targets: Tensor) -> None:
        need_images(self.name, inputs)
        self.change = self.pipeline(inputs.shape[1])

    def batch(self, inputs: Tensor, targets: Targets, rng: np.random.Generator) -> tuple[Tensor, Targets]:
        with seeded(rng):
            return as_pictures(self.change, inputs), targets

    def pipeline(self, channels: int) -> nn.Module:
        """kornia's RandAugment over the operations that fit the number of channels."""
        from kornia.augmentation import auto  # a third of a second that only those who augment should wait

        policy = SHAPES + TONES + (COLORS if channels == 3 else [])
        return auto.RandAugment(self.num_ops, self.magnitude, policy=policy, transformation_matrix_mode="skip")
