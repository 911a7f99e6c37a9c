"""Onset: the point since which validation has been getting worse."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from diagnostics.curves import trailing_median
from diagnostics.signals.rise import best_so_far


def onset(values: NDArray[np.float64], *, window: int = 5) -> int:
    """Index of the best value within ``window`` of the best trailing median: a lucky value elsewhere is not it."""
    best = int(best_so_far(trailing_median(values, window))[-1])
    first = max(0, best - window + 1)
    return first + int(np.argmin(values[first : best + window]))
