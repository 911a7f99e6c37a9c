"""Trend: which way a curve is heading, per point."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray


def least_squares_slope(values: Sequence[float] | NDArray[np.float64], last: int = 10) -> float:
    """Slope of the least-squares line through the ``last`` values, per point; 0.0 for fewer than two points."""
    y = np.asarray(values, dtype=np.float64)[-last:]
    if len(y) < 2:
        return 0.0
    x = np.arange(len(y)) - (len(y) - 1) / 2
    return float(x @ (y - y.mean()) / (x @ x))


def theil_sen_slope(values: Sequence[float] | NDArray[np.float64], last: int = 20) -> float:
    """Median of the slopes between all pairs of the ``last`` values, per point; 0.0 for fewer than two points.

    Up to 29 % of the values may be arbitrary without moving it (Sen 1968, https://doi.org/10.2307/2285891).
    """
    y = np.asarray(values, dtype=np.float64)[-last:]
    if len(y) < 2:
        return 0.0
    i, j = _pairs(len(y))
    return float(np.median((y[j] - y[i]) / (j - i)))


@lru_cache(maxsize=32)
def _pairs(count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    first, second = np.triu_indices(count, 1)
    return first, second
