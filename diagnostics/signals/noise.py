"""Noise: how much a curve jumps from point to point when nothing happens."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from diagnostics.curves import trailing_median

# The second difference of independent values has sqrt(1 + 4 + 1) times their standard deviation, and the median of
# |N(0, 1)| is 1 / 1.4826.
_SIGMA_OF_MEDIAN = 1.4826 / np.sqrt(6.0)


def noise(values: NDArray[np.float64], *, last: int = 40) -> float:
    """Robust standard deviation of one value, in the curve's units: ``1.4826 median|second differences| / sqrt(6)``.

    Second differences cancel level and slope, the median ignores jumps. 0.0 for fewer than three values.
    Source: difference-based variance estimation, Gasser et al. 1986, https://doi.org/10.1093/biomet/73.3.625.
    """
    return float(noise_so_far(values, last=last, points=1)[-1]) if len(values) else 0.0


def noise_so_far(values: NDArray[np.float64], *, last: int = 40, points: int | None = None) -> NDArray[np.float64]:
    """``noise`` as it was known at each of the latest ``points`` values (at all of them by default)."""
    points = len(values) if points is None else min(points, len(values))
    if len(values) < 3:
        return np.zeros(points)
    seen = np.abs(np.diff(values[-(points + last + 1) :], 2))
    sigma = _SIGMA_OF_MEDIAN * trailing_median(seen, last, keep=points)
    return np.concatenate([np.zeros(max(0, points - len(sigma))), sigma[-points:]])
