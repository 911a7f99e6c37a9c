"""Objective: what a trial reached, read from its log, whatever wrote it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diagnostics import Curve, CurveError, Run, open_logs
from diagnostics.logs.matching.naming import read_name
from diagnostics.signals.gap import generalization_gap
from trainer.errors import TrainerError

OBJECTIVES = ("best_val", "last_val")  # or a tag
CLEAN, VAL = "loss/train_clean", "loss/val"  # as EpochLog writes them, ours or in anybody's loop


class ObjectiveError(TrainerError):
    """A log that does not have what a study is to improve; the message says what was found."""


@dataclass(frozen=True)
class Reading:
    """``value`` in the metric's own unit, ``cost`` so that lower is better; ``points`` were logged of it.

    ``value`` is None where no finite one was logged. ``step`` is where it stands; ``epochs`` how many were trained.
    """

    metric: str
    higher_is_better: bool
    value: float | None
    step: int
    points: int
    epochs: int
    run: Run
    curve: Curve

    @property
    def cost(self) -> float | None:
        """The value, turned so that lower is better."""
        return None if self.value is None else -self.value if self.higher_is_better else self.value

    @property
    def costs(self) -> NDArray[np.float64]:
        """Every value so far, turned so that lower is better; shape ``(points,)``."""
        return -self.curve.values if self.higher_is_better else self.curve.values

    def clean_gap(self) -> float | None:
        """Validation minus the plain training loss over the last fifth; None where that was not logged."""
        clean, val = self.run.tagged(CLEAN), self.run.tagged(VAL)
        if clean is None or val is None:
            return None
        try:
            gap = generalization_gap(clean, val)
        except CurveError:
            return None
        return gap if np.isfinite(gap) else None


class TrialLog:
    """The log of one trial, read as it grows."""

    def __init__(self, folder: Path, objective: str = "best_val") -> None:
        self._folder, self._objective = folder, objective
        self._logs = open_logs(folder)
        self._reading: Reading | None = None
        self._read()

    def poll(self) -> bool:
        """Whether anything new was logged."""
        if not self._logs.poll():
            return False
        self._read()
        return True

    @property
    def reading(self) -> Reading | None:
        """What was reached so far; None while the log does not have it."""
        return self._reading

    def need(self) -> Reading:
        """What was reached in the end. Raises ``ObjectiveError`` with what the log has instead."""
        if self._reading is not None:
            return self._reading
        tags = sorted({key.tag for run in self._logs.runs.values() for key in run.curves})
        if not tags:
            raise ObjectiveError(
                f"the training wrote no log into {self._folder}; let it write TensorBoard scalars (or a CSV or JSON "
                "history) into the folder it is given as {logdir}"
            )
        logged = ", ".join(tags[:8]) + (" ..." if len(tags) > 8 else "")
        if self._objective in OBJECTIVES:
            raise ObjectiveError(
                f"the training logged no validation loss into {self._folder}: there is {logged}; log one each epoch, "
                "or name the tag to improve with --objective"
            )
        raise ObjectiveError(f"the training logged no {self._objective!r} into {self._folder}: there is {logged}")

    def _read(self) -> None:
        readings = [reading for run in self._logs.runs.values() if (reading := read(run, self._objective)) is not None]
        self._reading = max(readings, key=lambda reading: reading.points, default=None)


def read(run: Run, objective: str = "best_val") -> Reading | None:
    """The objective in one run; None where it has no such curve."""
    if objective in OBJECTIVES:
        curve, primary = run.val, run.primary
        if curve is None or primary is None or primary.val is None:
            return None
        metric, higher = primary.val.tag, primary.higher_is_better
    else:
        curve, metric = run.tagged(objective), objective
        pairs = [pair for pair in run.pairs for side in (pair.train, pair.val) if side and side.tag == objective]
        higher = pairs[0].higher_is_better if pairs else read_name(objective).higher_is_better
    if curve is None or not len(curve):
        return None
    at = _place(-curve.values if higher else curve.values, last=objective == "last_val")
    value = None if at is None else float(curve.values[at])
    step = int(curve.steps[at or 0])
    return Reading(metric, higher, value, step, len(curve), _epochs(run, curve), run, curve)


def _place(costs: NDArray[np.float64], *, last: bool) -> int | None:
    """Index of the value that counts; None where it is not finite."""
    finite = np.flatnonzero(np.isfinite(costs))
    if not len(finite) or (last and finite[-1] != len(costs) - 1):
        return None
    return int(finite[-1] if last else finite[np.argmin(costs[finite])])


def _epochs(run: Run, curve: Curve) -> int:
    """How many epochs were trained, as far as the log says; else the points of validation count as one each."""
    if run.epochs is not None and len(run.epochs) and np.isfinite(run.epochs.values[-1]):
        return max(1, round(float(run.epochs.values[-1])))
    return int(curve.steps[-1]) if run.x_axis == "epoch" and curve.steps[0] > 0 else len(curve)
