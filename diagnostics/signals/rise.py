"""Rise: how far a curve stands above its own best so far."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def best_so_far(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Index of the smallest value up to each point (the first of equals), shape ``(n,)``."""
    if not len(values):
        return np.empty(0, np.int64)
    lowest = np.minimum.accumulate(values)
    new_best = np.concatenate([[True], lowest[1:] < lowest[:-1]])
    return np.maximum.accumulate(np.where(new_best, np.arange(len(values)), 0))


def rise(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each value minus the smallest value up to it, in the curve's units, shape ``(n,)``; never negative."""
    return values - np.minimum.accumulate(values)
