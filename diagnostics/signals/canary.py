"""Canary: since when a model has been memorizing, told by training samples whose labels are random."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from diagnostics.curves import trailing_median


def memorizing_since(
    accuracy: NDArray[np.float64], *, chance: float, samples: int, window: int = 5, min_sigmas: float = 3.0
) -> int | None:
    """Index from which the accuracy on ``samples`` canaries has stood above ``chance``, or ``None``; shape ``(n,)``.

    Nothing but memory can get a random label right more often than chance. Above means by ``min_sigmas`` binomial
    standard deviations, ``sqrt(chance (1 - chance) / samples)``, in the trailing median and to this day. Source:
    Arpit et al. 2017, A closer look at memorization in deep networks, https://arxiv.org/abs/1706.05394.

    Raises ``ValueError`` for a chance outside 0..1 or no samples.
    """
    if not 0 < chance < 1 or samples < 1:
        raise ValueError(f"chance must lie between 0 and 1 and samples be 1 or more, got {chance} and {samples}")
    if not len(accuracy) or not np.isfinite(accuracy).all():
        return None
    bar = chance + min_sigmas * np.sqrt(chance * (1 - chance) / samples)
    below = np.flatnonzero(trailing_median(accuracy, window) <= bar)
    since = int(below[-1]) + 1 if len(below) else 0
    return since if since < len(accuracy) else None
