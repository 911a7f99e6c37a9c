"""Samples: what is learned from, as arrays, and the error for data that cannot be."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trainer.errors import TrainerError

Floats = NDArray[np.float32]
Labels = NDArray[np.int64]
Numbers = NDArray[np.float32 | np.int64]
Flags = NDArray[np.bool_]


class DataError(TrainerError):
    """Data that cannot be trained on as asked; the message says what was found, what is needed and the way out."""


class Samples(NamedTuple):
    """``x`` of shape ``(n, ...)``, of whole numbers for tokens of a text.

    ``y`` are class numbers of shape ``(n,)``, for a text ``(n, length)``; or real numbers ``(n, 1)`` to predict.
    """

    x: Numbers
    y: Numbers

    def take(self, indices: NDArray[np.int64]) -> Samples:
        """Those samples, in that order."""
        return Samples(self.x[indices], self.y[indices])
