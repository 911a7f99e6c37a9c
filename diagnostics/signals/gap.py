"""Gap: how much worse the model is on validation than on what it was trained on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def mean_gap(train: Sequence[float] | NDArray[np.float64], val: Sequence[float] | NDArray[np.float64]) -> float:
    """Mean of the last 5 ``val`` minus mean of the last 5 ``train``; positive when validation is worse."""
    return float(np.mean(val[-5:]) - np.mean(train[-5:]))
