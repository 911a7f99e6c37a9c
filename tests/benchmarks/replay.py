"""Replay: what would have been said after each point, had somebody watched the training live."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from diagnostics.context import Context
from diagnostics.curves import Curve
from diagnostics.evidence import measure
from diagnostics.thresholds import Thresholds


def overfitting_so_far(
    train: Curve,
    val: Curve,
    *,
    context: Context | None = None,
    higher_is_better: bool = False,
    limits: Thresholds | None = None,
) -> NDArray[np.bool_]:
    """For each val point: does the evidence up to it amount to overfitting?

    One pass over the curves, so that replaying a run of n points costs O(n) and not n diagnoses.
    All values must be finite, ``n >= 1``. Raises ``CurveError`` when the two curves share no steps.
    """
    with np.errstate(all="ignore"):
        return measure(
            train, val, context=context, higher_is_better=higher_is_better, limits=limits, points=None
        ).alarms


def first_alarm(flags: NDArray[np.bool_]) -> int | None:
    """Index of the first point at which overfitting was said, or ``None``."""
    return int(np.argmax(flags)) if flags.any() else None
