"""Onset: the point since which validation has been getting worse."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def onset(values: NDArray[np.float64], best: int, *, window: int = 5) -> int:
    """Index of the lowest value within ``window`` of ``best``, the index of the best trailing median.

    A lucky value elsewhere is not it.
    """
    first = max(0, best - window + 1)
    return first + int(np.argmin(values[first : best + window]))
