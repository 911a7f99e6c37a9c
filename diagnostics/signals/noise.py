"""Noise: how much a curve jumps from point to point when nothing happens."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def noise(values: NDArray[np.float64], last: int = 20) -> float:
    """Robust standard deviation of one value, in the curve's units: ``1.4826 MAD(differences) / sqrt(2)``.

    Differences cancel the trend, the median absolute deviation ignores jumps, and the difference of two independent
    values has ``sqrt(2)`` times the standard deviation of one.
    Source: Rousseeuw & Croux 1993, https://doi.org/10.1080/01621459.1993.10476408.
    """
    differences = np.diff(values[-last - 1 :])
    if not len(differences):
        return 0.0
    return float(1.4826 / np.sqrt(2) * np.median(np.abs(differences - np.median(differences))))
