"""Quantities: what several pages pick out of a run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.charts.frames import spark
from diagnostics import Curve, CurveError, Run
from diagnostics.curves import align

RECENT = 10  # points over which a card's change is taken
LOG_FROM = 50.0  # largest over smallest value


@dataclass(frozen=True)
class Figure:
    """One number with how it moved over the last ``over`` points, and its line; ``None`` where there is none."""

    value: float | None
    change: float | None
    over: int
    line: list[float]


def figure(curve: Curve | None) -> Figure:
    """A curve's last value and its change over the last ``RECENT`` points (fewer when there are fewer)."""
    if curve is None or not len(curve):
        return Figure(None, None, 0, [])
    over = min(RECENT, len(curve) - 1)
    last, before = float(curve.values[-1]), float(curve.values[-1 - over])
    change = last - before if over and np.isfinite([last, before]).all() else None
    return Figure(last if np.isfinite(last) else None, change, over, spark(curve))


def gap(run: Run) -> Curve | None:
    """How much worse validation is than training, at its steps; ``None`` where one is missing or no step is shared."""
    fitted = train_at_val(run)
    if fitted is None or run.val is None or run.primary is None:
        return None
    return Curve(run.val.steps, (run.val.values - fitted) * (-1.0 if run.primary.higher_is_better else 1.0))


def wants_log(run: Run) -> bool:
    """Whether a logarithmic scale shows more: a loss above 0 whose largest value is ``LOG_FROM`` times its smallest.

    While a run grows this changes at most once, so that the chart does not go back and forth.
    """
    if run.primary is not None and run.primary.higher_is_better:
        return False
    sides = [side.values[np.isfinite(side.values)] for side in (run.train, run.val) if side is not None]
    values = np.concatenate([np.empty(0), *sides])
    return bool(len(values) and values.min() > 0 and values.max() / LOG_FROM > values.min())


def last_gap(run: Run | None) -> float | None:
    """The gap at the last point; ``None`` where there is none."""
    return figure(gap(run)).value if run is not None else None


def train_at_val(run: Run) -> np.ndarray | None:
    if run.train is None or run.val is None:
        return None
    try:
        return align(run.train, run.val)
    except CurveError:
        return None
