"""Rise: how far a curve stands above its own best so far."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def best_so_far(values: NDArray[np.float64], *, points: int | None = None) -> NDArray[np.int64]:
    """Index of the smallest value up to each of the latest ``points`` (the first of equals), shape ``(points,)``."""
    points = len(values) if points is None else min(points, len(values))
    before = len(values) - points
    if not points:
        return np.empty(0, np.int64)
    index = np.arange(before, len(values))
    lowest = np.minimum.accumulate(values[before:])
    first = int(np.argmin(values[:before])) if before else 0
    barrier = values[first] if before else np.inf
    is_new = np.concatenate([[True], lowest[1:] < lowest[:-1]]) & ((lowest < barrier) | (before == 0))
    return np.maximum.accumulate(np.where(is_new, index, first))


def rise(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each value minus the smallest value up to it, in the curve's units, shape ``(n,)``; never negative."""
    return values - np.minimum.accumulate(values)


def given_back(values: NDArray[np.float64]) -> float:
    """Share of the improvement since the first value that is lost at the last: 0 at the best, 1 back at the start.

    Blind to the curve's level and unit, so it also reads losses that are negative or carry an offset. 1.0 when the
    first value was the best and the curve has risen since; 0.0 for a curve that never moved.
    """
    lowest = float(values.min())
    gained, lost = float(values[0]) - lowest, float(values[-1]) - lowest
    if lost <= 0:
        return 0.0
    return lost / gained if gained > 0 else 1.0
