"""Axes: what the horizontal axis of a run can count, and where a point of the run stands on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from diagnostics import Curve, Run

Kind = Literal["epoch", "step", "time"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Axis:
    """``steps`` of the run, rising, and where they stand: ``at``; both of shape ``(n,)``, none where they stand as is.

    Times are milliseconds since the run began.
    """

    kind: Kind
    steps: Values | None = None
    at: Values | None = None

    def of(self, curve: Curve) -> Values:
        """Where the points of ``curve`` stand, shape ``(len(curve),)``."""
        return self.place(curve.steps.astype(float))

    def place(self, steps: Values) -> Values:
        """Where these steps stand: on the line between the known ones, and beyond them on the outermost line."""
        if self.steps is None or self.at is None:
            return steps
        known, at = self.steps, self.at
        found = np.interp(steps, known, at)
        if len(known) > 1:
            first, last = ((at[i + 1] - at[i]) / (known[i + 1] - known[i]) for i in (0, len(known) - 2))
            found = np.where(steps < known[0], at[0] + first * (steps - known[0]), found)
            found = np.where(steps > known[-1], at[-1] + last * (steps - known[-1]), found)
        return found


def axes(run: Run, optimizer_steps: Values | None = None) -> dict[Kind, Axis]:
    """What the axis can count, the run's own first; ``optimizer_steps`` are those done at each validation point."""
    own: Kind = "epoch" if run.x_axis == "epoch" else "step"
    found: dict[Kind, Axis] = {own: Axis(own)}
    base = run.val if run.val is not None and len(run.val) else run.train
    if base is None or not len(base):
        return found
    steps = base.steps.astype(float)
    if own == "step" and run.x_axis == "step" and run.epochs is not None and np.isfinite(run.epochs.values).any():
        known = np.isfinite(run.epochs.values)
        found["epoch"] = Axis("epoch", run.epochs.steps[known].astype(float), run.epochs.values[known])
    if own == "epoch" and base is run.val and optimizer_steps is not None:
        found["step"] = Axis("step", steps, optimizer_steps)
    if base.wall_times is not None and np.isfinite(base.wall_times).all() and np.ptp(base.wall_times) > 0:
        times = np.maximum.accumulate(base.wall_times)
        found["time"] = Axis("time", steps, 1000 * (times - _began(run, float(times[0]))))
    return found


def _began(run: Run, first: float) -> float:
    """When the first of the two sides was written, in seconds since 1970."""
    sides = [side.wall_times for side in (run.train, run.val) if side is not None and len(side)]
    return min([first, *(float(times[0]) for times in sides if times is not None and np.isfinite(times[0]))])
