"""Group: runs that differ only by their seed, judged as one, with their spread as the noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diagnostics.curves import Curve, CurveError, align
from diagnostics.verdict import Diagnosis, Numbers, diagnose


@dataclass(frozen=True)
class Group:
    """What the mean curves say; ``low`` and ``high`` are val's mean minus and plus one standard deviation.

    ``agreeing`` is the share of the runs whose own verdict is the group's.
    """

    diagnosis: Diagnosis
    mean: Curve
    low: Curve
    high: Curve
    agreeing: float


def judge_group(trains: Sequence[Numbers], vals: Sequence[Numbers], **thresholds: Any) -> Group:
    """Judge runs of one configuration; ``thresholds`` are those of ``diagnose``. Longer runs are cut to the shortest.

    The noise of the mean is the spread of the runs around it, each freed of its own level, over the root of their
    number.

    Raises ``CurveError`` for fewer than two runs, unequal numbers of curves, or runs that share no steps.
    """
    if len(trains) != len(vals) or len(vals) < 2:
        raise CurveError(
            f"a group needs at least two runs with both curves, got {len(trains)} train and {len(vals)} val"
        )
    fits, held_out = [Curve.of(train) for train in trains], [Curve.of(val) for val in vals]
    if min(len(curve) for curve in (*fits, *held_out)) == 0:
        raise CurveError("a run of the group has no points; leave it out")
    end = min(int(curve.steps[-1]) for curve in held_out)
    axis = min(held_out, key=len)
    axis = axis.head(int(np.searchsorted(axis.steps, end, side="right")))
    if not len(axis):
        raise CurveError(f"the runs of the group share no steps up to {end}; give runs logged at the same steps")
    table = np.array([align(val, axis) for val in held_out])
    mean = Curve(axis.steps, table.mean(axis=0))
    fit = Curve(axis.steps, np.mean([align(train, axis) for train in fits], axis=0))
    judged = diagnose(fit, mean, known_noise=spread(table) / np.sqrt(len(vals)), **thresholds)
    own = [diagnose(train, val, **thresholds).verdict for train, val in zip(fits, held_out, strict=True)]
    band = table.std(axis=0, ddof=1)
    return Group(
        judged,
        mean,
        Curve(axis.steps, mean.values - band),
        Curve(axis.steps, mean.values + band),
        sum(verdict == judged.verdict for verdict in own) / len(own),
    )


def spread(table: NDArray[np.float64]) -> float:
    """Standard deviation of one run around the mean, level aside; ``table`` has shape ``(runs, points)``."""
    residuals = table - table.mean(axis=0)
    residuals = residuals - np.median(residuals, axis=1, keepdims=True)
    deviation = np.sqrt((residuals**2).sum(axis=0) / (len(table) - 1))
    finite = deviation[np.isfinite(deviation)]
    return float(np.median(finite)) if len(finite) else 0.0
