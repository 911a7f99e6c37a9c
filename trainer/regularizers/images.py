"""Images: what an augmentation library needs of a batch, and how its random numbers come from ours."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from trainer.strengths import RegularizerError


def need_images(name: str, inputs: Tensor) -> None:
    """Raises ``RegularizerError`` unless the inputs are real-valued images ``(N, C, H, W)``."""
    if inputs.ndim != 4 or not inputs.is_floating_point():
        raise RegularizerError(
            f"{name} needs images (N, C, H, W) of real numbers, found {inputs.dtype} of shape {tuple(inputs.shape)}; "
            f"leave {name} out"
        )


def as_pictures(change: Callable[[Tensor], Tensor], inputs: Tensor) -> Tensor:
    """``change`` applied to the images with every channel brought to [0, 1] by the batch's own extremes, and back.

    Augmentations are defined on pictures, where 0 is black; batches are usually standardized.
    """
    low, high = inputs.amin((0, 2, 3), keepdim=True), inputs.amax((0, 2, 3), keepdim=True)
    spread = (high - low).clamp_min(torch.finfo(inputs.dtype).tiny)
    return change((inputs - low) / spread) * spread + low


@contextmanager
def seeded(rng: np.random.Generator) -> Iterator[None]:
    """While it is open torch draws on the CPU from a seed of ``rng``; afterwards it goes on where it was."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(int(rng.integers(2**63)))
        yield
