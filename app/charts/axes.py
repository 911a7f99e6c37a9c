"""Axes: what the horizontal axis of a run can count, and where a point of the run stands on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from app.charts.look import Ends
from diagnostics import Curve, Run
from diagnostics.report import courses as of_courses

Kind = Literal["epoch", "step", "tree", "time"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Values = NDArray[np.float64]
LOG_FROM = of_courses.LOG_FROM
wants_log = of_courses.wants_log


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
        steps_here, at = self.steps, self.at
        placed = np.interp(steps, steps_here, at)
        if len(steps_here) > 1:
            first, last = ((at[i + 1] - at[i]) / (steps_here[i + 1] - steps_here[i]) for i in (0, len(steps_here) - 2))
            placed = np.where(steps < steps_here[0], at[0] + first * (steps - steps_here[0]), placed)
            placed = np.where(steps > steps_here[-1], at[-1] + last * (steps - steps_here[-1]), placed)
        return placed


AS_LOGGED = Axis("step")


@dataclass(frozen=True, eq=False)
class View:
    """How a person looks at curves: along what, how much smoothed (0 is not, below 1), and with a logarithmic scale.

    ``ends`` is the part of the axis that was zoomed into; None for all of it. ``heights`` is the part of the vertical
    axis that is shown until somebody zooms.
    """

    axis: Axis = AS_LOGGED
    smoothing: float = 0.0
    log: bool = False
    ends: Ends = None
    heights: Ends = None


def axes(run: Run, optimizer_steps: Values | None = None) -> dict[Kind, Axis]:
    """What the axis can count, the run's own first; ``optimizer_steps`` are those done at each validation point."""
    own: Kind = run.unit
    axes_of_run: dict[Kind, Axis] = {own: Axis(own)}
    base = run.val if run.val is not None and len(run.val) else run.train
    if base is None or not len(base):
        return axes_of_run
    steps = base.steps.astype(float)
    if own == "step" and run.x_axis == "step" and run.epochs is not None and np.isfinite(run.epochs.values).any():
        finite = np.isfinite(run.epochs.values)
        axes_of_run["epoch"] = Axis("epoch", run.epochs.steps[finite].astype(float), run.epochs.values[finite])
    if own == "epoch" and base is run.val and optimizer_steps is not None:
        axes_of_run["step"] = Axis("step", steps, optimizer_steps)
    if base.wall_times is not None and np.isfinite(base.wall_times).all() and np.ptp(base.wall_times) > 0:
        times = np.maximum.accumulate(base.wall_times)
        axes_of_run["time"] = Axis("time", steps, 1000 * (times - _began(run, float(times[0]))))
    return axes_of_run


def _began(run: Run, first: float) -> float:
    """When the first of the two sides was written, in seconds since 1970."""
    sides = [side.wall_times for side in (run.train, run.val) if side is not None and len(side)]
    return min([first, *(float(times[0]) for times in sides if times is not None and np.isfinite(times[0]))])
