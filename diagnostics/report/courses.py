"""Courses: what a run's validation quantities came to, and whether a logarithmic scale shows more of its curves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from diagnostics.curves import Curve
from diagnostics.logs.run import Run

LOG_FROM = 50.0  # largest over smallest value


@dataclass(frozen=True)
class Course:
    """What a validation quantity came to: its best value, the step of that, and its last finite value."""

    name: str
    best: float
    step: int
    last: float
    higher_is_better: bool = False

    @property
    def at_best(self) -> bool:
        """Whether the last value is as good as the best."""
        return self.best == self.last

    @property
    def is_share(self) -> bool:
        """Whether its values read as percent."""
        return self.higher_is_better and 0 <= self.best <= 1 and 0 <= self.last <= 1


def course(curve: Curve | None, name: str, *, higher_is_better: bool = False) -> Course | None:
    """From its best to its last value; ``None`` where no value is finite."""
    if curve is None or not np.isfinite(curve.values).any():
        return None
    finite = np.isfinite(curve.values)
    values, steps = curve.values[finite], curve.steps[finite]
    at = int(np.argmax(values) if higher_is_better else np.argmin(values))
    return Course(name, float(values[at]), int(steps[at]), float(values[-1]), higher_is_better)


def courses(run: Run) -> list[Course]:
    """That of the quantity which the verdict is about, and that of an accuracy or another metric beside it.

    None where the first has no finite value.
    """
    if run.primary is None:
        return []
    others = [pair for pair in run.pairs if pair.val and pair is not run.primary and pair.higher_is_better]
    others.sort(key=lambda pair: "acc" not in pair.name.lower())
    pairs = [(run.primary, run.val), *((pair, run.curves[pair.val]) for pair in others[:1] if pair.val)]
    whole = [course(curve, pair.name, higher_is_better=pair.higher_is_better) for pair, curve in pairs]
    return [each for each in whole if each is not None] if whole[0] is not None else []


def wants_log(curves: Iterable[Curve | None]) -> bool:
    """Whether a logarithmic scale shows more: all values above 0, the largest ``LOG_FROM`` times the smallest.

    While a run grows this changes at most once or twice, so that the chart does not go back and forth.
    """
    finite = [curve.values[np.isfinite(curve.values)] for curve in curves if curve is not None]
    values = np.concatenate([np.empty(0), *finite])
    return bool(len(values) and values.min() > 0 and values.max() / LOG_FROM > values.min())
