"""Sampling: how far a validation loss can rise although the loss on all data of the kind does not."""

from __future__ import annotations

import math


def sampling_error(relative_rise: float, samples: int) -> float:
    """Standard error of a relative rise measured with ``samples`` samples: ``2 sqrt(rise / samples)``.

    What a rise adds to the loss, a few samples add: the variance of the mean grows with the rise. The factor is
    measured on trainings whose validation and test losses are both known (``tests.benchmarks.fit_verdict`` prints it):
    it is about 2 for rises from 1 % to 100 %, for regression and classification alike.

    Raises ``ValueError`` below one sample.
    """
    if samples < 1:
        raise ValueError(f"a validation set has at least 1 sample, got {samples}")
    return 2.0 * math.sqrt(max(relative_rise, 0.0) / samples)
