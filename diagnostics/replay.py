"""Replay: what would have been said after each point, had somebody watched the training live."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from diagnostics.curves import Curve
from diagnostics.evidence import WINDOWS, Evidence, Thresholds, measure
from diagnostics.signals.excess import Excess, excess


def overfitting_so_far(
    train: Curve, val: Curve, *, higher_is_better: bool = False, limits: Thresholds | None = None
) -> NDArray[np.bool_]:
    """For each val point: is ``diagnose`` of the curves up to it ``overfitting``?

    One pass over the curves, so that replaying a run of n points costs O(n) and not n diagnoses.
    All values must be finite, ``n >= 1``. Raises ``CurveError`` when the two curves share no steps.
    """
    found = measure(train, val, higher_is_better=higher_is_better, limits=limits)
    points = np.arange(1, len(val) + 1)
    flags = np.zeros(len(val), np.bool_)
    for start, width in WINDOWS.items():
        if start <= len(val):
            narrow = _excess(found, width)
            either = _flags(narrow, width) | _flags(_excess(found, 2 * width - 1, narrow), width)
            flags = np.where(points >= start, either, flags)
    return flags & (points >= found.limits.min_points)


def _excess(found: Evidence, width: int, narrower: Excess | None = None) -> Excess:
    return excess(
        found.train,
        found.val,
        found.limits.bars,
        window=width,
        has_level=np.logical_and.accumulate(found.raw_val.values > 0),
        same_scale=found.same_scale,
        narrower=narrower,
    )


def _flags(seen: Excess, persistence: int) -> NDArray[np.bool_]:
    """The rule at every point."""
    kept = (seen.excess > 0.5) & ~seen.train_rose
    index = np.arange(len(kept))
    since = index - np.maximum.accumulate(np.where(kept, -1, index))
    return (seen.excess > 1) & (since >= persistence)


def first_alarm(flags: NDArray[np.bool_]) -> int | None:
    """Index of the first point at which overfitting was said, or ``None``."""
    return int(np.argmax(flags)) if flags.any() else None
