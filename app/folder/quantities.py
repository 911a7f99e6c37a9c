"""Quantities: what several pages pick out of a run."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from diagnostics import Curve, CurveError, Diagnosis, Run
from diagnostics.curves import align
from diagnostics.diagnosis import Best
from diagnostics.logs.matching.axis import on_one_axis
from diagnostics.report import courses as of_courses

Course = of_courses.Course
course, courses = of_courses.course, of_courses.courses
RECENT = 10  # points over which a card's change is taken


@dataclass(frozen=True)
class Figure:
    """One number with how it moved over the last ``over`` points, and its line; ``None`` where there is none."""

    value: float | None
    change: float | None
    over: int
    line: list[float]


def figure(curve: Curve | None) -> Figure:
    """A curve's last value and its change over the last ``RECENT`` points (fewer when there are fewer)."""
    from app.charts.frames import spark  # needs pandas, which takes a noticeable part of the app's start

    if curve is None or not len(curve):
        return Figure(None, None, 0, [])
    over = min(RECENT, len(curve) - 1)
    last, before = float(curve.values[-1]), float(curve.values[-1 - over])
    change = last - before if over and np.isfinite([last, before]).all() else None
    return Figure(last if np.isfinite(last) else None, change, over, spark(curve))


def metrics(run: Run) -> list[str]:
    """The metrics that can be drawn with their training and validation on one axes, the verdict's first."""
    names = [
        pair.name for pair in run.pairs if any(key and any_finite(run.curves[key]) for key in (pair.train, pair.val))
    ]
    return list(dict.fromkeys([*([run.primary.name] if run.primary is not None else []), *names]))


def with_metric(run: Run, metric: str) -> Run | None:
    """The run as if that metric were the one its verdict is about; ``None`` where it has no such metric."""
    if run.primary is not None and run.primary.name == metric:
        return run
    pair = next((pair for pair in run.pairs if pair.name == metric), None)
    return None if pair is None else replace(run, primary=pair, train_on_val=on_one_axis(run, pair)[0])


def marked(diagnosis: Diagnosis | None, run: Run | None, shown: Run) -> Diagnosis | None:
    """The diagnosis of a run, of which another metric than its own has nothing but a best point."""
    if diagnosis is None or run is shown or shown.primary is None:
        return diagnosis
    best = course(shown.val, shown.primary.name, higher_is_better=shown.primary.higher_is_better)
    return replace(diagnosis, onset_step=None, best=None if best is None else Best(best.step, best.best))


def gap(run: Run) -> Curve | None:
    """How much worse validation is than training, at its steps; ``None`` where one is missing or no step is shared."""
    fitted = train_at_val(run)
    if fitted is None or run.val is None or run.primary is None:
        return None
    return Curve(run.val.steps, (run.val.values - fitted) * (-1.0 if run.primary.higher_is_better else 1.0))


def any_finite(curve: Curve) -> bool:
    """Whether there is anything to draw."""
    return bool(np.isfinite(curve.values).any())


def last_gap(run: Run | None) -> float | None:
    """The gap at the last point; ``None`` where there is none."""
    curve = gap(run) if run is not None else None
    last = float(curve.values[-1]) if curve is not None and len(curve) else np.nan
    return last if np.isfinite(last) else None


def train_at_val(run: Run) -> np.ndarray | None:
    if run.train is None or run.val is None:
        return None
    try:
        return align(run.train, run.val)
    except CurveError:
        return None
