"""Replay: what would have been said after each point, had somebody watched the training live."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from diagnostics.curves import Curve
from diagnostics.evidence import Evidence, Thresholds, measure
from diagnostics.signals.excess import excess


def overfitting_so_far(
    train: Curve, val: Curve, *, higher_is_better: bool = False, limits: Thresholds | None = None
) -> NDArray[np.bool_]:
    """For each val point: is ``diagnose`` of the curves up to it ``overfitting``?

    One pass over the curves, so that replaying a run of n points costs O(n) and not n diagnoses.
    All values must be finite, ``n >= 1``. Raises ``CurveError`` when the two curves share no steps.
    """
    found = measure(train, val, higher_is_better=higher_is_better, limits=limits)
    index = np.arange(1, len(val) + 1)
    few = index < found.limits.few_points
    flags = np.where(few, _flags(found, 1), _flags(found, found.limits.few_points))
    return flags & (index >= found.limits.min_points)


def _flags(found: Evidence, points: int) -> NDArray[np.bool_]:
    """The rule with the smoothing and the persistence that hold when ``points`` points are known."""
    window, persistence = found.limits.smoothing(points)
    seen = excess(
        found.train,
        found.val,
        found.limits.bars,
        window=window,
        has_level=np.logical_and.accumulate(found.raw_val.values > 0),
        same_scale=found.same_scale,
    )
    kept = (seen.excess > 0.5) & ~seen.train_rose
    index = np.arange(len(kept))
    since = index - np.maximum.accumulate(np.where(kept, -1, index))
    return (seen.excess > 1) & (since >= persistence)


def first_alarm(flags: NDArray[np.bool_]) -> int | None:
    """Index of the first point at which overfitting was said, or ``None``."""
    return int(np.argmax(flags)) if flags.any() else None
