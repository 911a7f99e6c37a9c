"""Close-up: the part of a chart's height in which a rise of validation can be seen, or what follows a steep start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from diagnostics.curves import Curve
from diagnostics.diagnosis import Best, Diagnosis
from diagnostics.logs.run import Run
from diagnostics.report.courses import LOG_FROM, wants_log

Values = NDArray[np.float64]
RISE = 0.6  # of the height above the best point that the rise takes
BELOW = 0.6  # most height below the best point, where training goes on, as a share of that above it
LEAST = 0.05  # of the best value: a rise of less fills less of the chart
PEAK = 2.0  # a peak counts as at most so many times what nine of ten points stay below
EDGE = 0.1  # of the height above the best point: around what a trial came to
START = 0.1  # of the run
STEEP = 0.1  # of the height of all: what follows a steep start takes no more
FEW = 20  # points, of which none is a start
WORTH = 0.6  # of the height of all: a part that takes more is no close-up


class CloseUp(NamedTuple):
    """From where to where the vertical axis goes, and whether it is logarithmic."""

    low: float
    high: float
    log: bool = False


def close_up(
    run: Run, diagnosis: Diagnosis | None, *, log: bool | None = None, rises: bool = False, also: Sequence[float] = ()
) -> CloseUp | None:
    """What to show of a chart of the run's primary pair unless all is asked for; ``None`` where all serves as well.

    That is the rise of a run that overfits, or that is said to be one that ``rises``; training loss may leave at the
    bottom. Of another run, it is what follows a start that stands far above it. ``log`` is the scale, by default the
    one that suits the part; ``also`` are values to be seen too.
    """
    sides = _sides(run)
    late = [Curve(curve.steps[at], curve.values[at]) for curve in sides if (at := _late(sides, curve)).any()]
    with np.errstate(all="ignore"):
        if (rise := _rise(run, diagnosis, rises=rises)) is not None:
            log = _is_steep(run, rise) if log is None else log
            return _around(rise, sides, log=log, sign=_sign(run), also=also)
        if not late:
            return None
        log = _lower_is_better(run) and wants_log(late) if log is None else log
        return settled(_of(sides), _of(late), log=log, higher_is_better=not _lower_is_better(run), also=also)


def log_by_default(run: Run, diagnosis: Diagnosis | None, *, rises: bool = False) -> bool:
    """Whether a chart of all of the run's primary pair has a logarithmic scale until somebody chooses.

    That of a run that overfits has none where a linear scale shows the rise: training loss would take most of it.
    """
    if not _lower_is_better(run) or not wants_log([run.train, run.val]):
        return False
    with np.errstate(all="ignore"):
        rise = _rise(run, diagnosis, rises=rises)
        if rise is None or _is_steep(run, rise):
            return True
        return close_up(run, diagnosis, log=False, rises=rises) is not None


class _Rise(NamedTuple):
    best: float
    after: Values


def _rise(run: Run, diagnosis: Diagnosis | None, *, rises: bool) -> _Rise | None:
    """Validation's best value and what came after it, where that is to be seen as a rise."""
    best = diagnosis.best if diagnosis is not None else None
    if best is None or diagnosis is None or run.val is None or not (rises or diagnosis.onset_step is not None):
        return None
    after = run.val.values[(run.val.steps > best.step) & np.isfinite(run.val.values)]
    return _Rise(best.value, after) if len(after) and np.isfinite(best.value) else None


def _is_steep(run: Run, rise: _Rise) -> bool:
    """Whether validation rises to so many times its best that a linear scale shows nothing else."""
    positive = _lower_is_better(run) and wants_log([run.train, run.val])
    return positive and _peak(rise.after - rise.best) + rise.best > LOG_FROM * rise.best


def _sides(run: Run) -> list[Curve]:
    return [curve for curve in (run.train, run.val) if curve is not None and np.isfinite(curve.values).any()]


def _lower_is_better(run: Run) -> bool:
    return run.primary is None or not run.primary.higher_is_better


def _sign(run: Run) -> float:
    return 1.0 if _lower_is_better(run) else -1.0


def leaves(train: Curve | None, part: tuple[float, float], *, higher_is_better: bool = False) -> Best | None:
    """Where a curve is last in the part that is shown, or where it begins, and its last value, which lies beyond it.

    ``None`` where it does not leave it on the better side.
    """
    finite = np.isfinite(train.values) if train is not None else np.zeros(0, dtype=bool)
    if train is None or not finite.any():
        return None
    steps, values = train.steps[finite], train.values[finite]
    inside = values <= part[1] if higher_is_better else values >= part[0]
    if inside[-1]:
        return None
    return Best(int(steps[inside][-1] if inside.any() else steps[0]), float(values[-1]))


def _around(rise: _Rise, sides: Sequence[Curve], *, log: bool, sign: float, also: Sequence[float]) -> CloseUp | None:
    """The rise with what is below and above it."""
    whole, later, seen = (_heights(values, log=log, sign=sign) for values in (_of(sides), rise.after, np.array(also)))
    best = _heights(np.array([rise.best]), log=log, sign=sign)
    if not len(later) or not len(best) or not (peak := _peak(later - best[0])) > 0:
        return None
    above = max(peak / RISE, LEAST * (1.0 if log else abs(rise.best)))
    room = EDGE * above
    ends = min([best[0] - BELOW * above, *seen - room]), max([best[0] + above, *seen + room])
    return _shown(np.array(ends), whole, log=log, sign=sign)


def settled(
    values: Values, late: Values, *, log: bool = False, higher_is_better: bool = False, also: Sequence[float] = ()
) -> CloseUp | None:
    """Around the ``late`` ones of these values, with as much again above them; ``None`` where all serves as well.

    Those are the ones behind ``START``, and serve where the others stand far above them.
    """
    sign = -1.0 if higher_is_better else 1.0
    whole, later, seen = (_heights(each, log=log, sign=sign) for each in (values, late, np.array(also)))
    if not len(later) or len(values) < FEW:
        return None
    low, high = min([*later, *seen]), max([*later, *seen])
    if high - low <= 0 or high - low > STEEP * np.ptp(whole):
        return None
    return _shown(np.array([low, 2 * high - low]), whole, log=log, sign=sign)


def _shown(ends: Values, whole: Values, *, log: bool, sign: float) -> CloseUp | None:
    """Those heights as values, no further than the curves go; ``None`` where that is most of them."""
    low, high = np.clip(ends, whole.min(), whole.max())
    if not low < high or high - low > WORTH * np.ptp(whole):
        return None
    values = sorted(float(np.exp(sign * height) if log else sign * height) for height in (low, high))
    return CloseUp(values[0], values[1], log)


def _peak(rises: Values) -> float:
    """How high the highest of these heights is, no matter how high single ones are."""
    usual = float(np.quantile(rises, 0.9))
    return min(float(rises.max()), PEAK * usual) if usual > 0 else float(rises.max())


def _late(sides: Sequence[Curve], curve: Curve) -> NDArray[np.bool_]:
    """Which points of a curve lie behind the start of the run."""
    first, last = min(side.steps[0] for side in sides), max(side.steps[-1] for side in sides)
    return np.asarray(curve.steps > first + START * (last - first))


def _of(sides: Sequence[Curve]) -> Values:
    return np.concatenate([curve.values for curve in sides])


def _heights(values: Values, *, log: bool, sign: float) -> Values:
    """What can be drawn of these values, as heights in a chart in which worse is higher."""
    drawable = values[np.isfinite(values) & (values > 0)] if log else values[np.isfinite(values)]
    return np.asarray(sign * (np.log(drawable) if log else drawable), dtype=float)
