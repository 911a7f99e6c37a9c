"""Trend: which way a curve is heading, per point."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def least_squares_slope(values: Sequence[float] | NDArray[np.float64], last: int = 10) -> float:
    """Slope of the least-squares line through the ``last`` values, per point; 0.0 for fewer than two points."""
    y = np.asarray(values, dtype=np.float64)[-last:]
    if len(y) < 2:
        return 0.0
    x = np.arange(len(y)) - (len(y) - 1) / 2
    return float(x @ (y - y.mean()) / (x @ x))
