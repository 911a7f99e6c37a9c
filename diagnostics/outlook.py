"""Outlook: whether it is worth to train on, and what that costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from diagnostics.curves import Curve
from diagnostics.diagnosis import Verdict
from diagnostics.logs.rewinds import as_kept
from diagnostics.logs.run import Run
from diagnostics.signals.forecast import forecast

# verdicts beside which a forecast would mislead; on a plateau, noise alone brings new bests that gain nothing
NO_OUTLOOK = frozenset(
    {Verdict.NO_VALIDATION, Verdict.TOO_EARLY, Verdict.DIVERGED, Verdict.NOT_LEARNING, Verdict.UNSTABLE}
    | {Verdict.PLATEAU}
)


@dataclass(frozen=True)
class Outlook:
    """``chance`` of a new best of validation within ``points`` more points, which take ``minutes`` at the latest pace.

    ``minutes`` is ``None`` where nobody logged when the points were written.
    """

    points: int
    chance: float
    minutes: float | None


def outlook(run: Run, *, points: int | None = None) -> Outlook | None:
    """What to expect of a tenth of the training more (at least 5 points), or of ``points``.

    ``None`` where nothing can be said: no validation, fewer than 10 points, or values that are not finite.
    """
    val = as_kept(run).val
    if val is None or run.primary is None:
        return None
    sign = -1.0 if run.primary.higher_is_better else 1.0
    ahead = max(5, len(val) // 10) if points is None else points
    expected = forecast(sign * val.values, ahead)
    return None if expected is None else Outlook(ahead, expected.chance, _minutes(val, ahead))


def _minutes(val: Curve, points: int) -> float | None:
    """By the median time between the latest twenty points; a pause in between counts for nothing."""
    if val.wall_times is None or len(val) < 2:
        return None
    return float(np.median(np.diff(val.wall_times[-20:])) * points / 60)
