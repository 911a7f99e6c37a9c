"""Pruner: whether a trial that is still running has anything left to show."""

from __future__ import annotations

from typing import Literal, NamedTuple, Protocol

import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.pruners import BasePruner, HyperbandPruner, NopPruner

from diagnostics import Verdict, diagnose_run
from diagnostics.report.words import as_charted
from trainer.tuning.objective import Reading

PRUNERS = ("fitwatch", "hyperband", "none")
SURE = 0.9  # confidence of a verdict of overfitting from which a trial has shown its best
LOST = 3  # latest points without a number, after which none is expected
LEAST, WINDOW = 10, 5  # points before a trial may be hopeless, and those looked at, at least
Values = NDArray[np.float64]


class Decision(NamedTuple):
    """Stop, and why; ``complete`` where what it reached is what it would have reached anyway."""

    state: Literal["complete", "pruned"]
    reason: str


class Pruner(Protocol):
    """Asked whenever a running trial has logged something new."""

    def __call__(self, reading: Reading, *, best: float | None, planned: int | None) -> Decision | None:
        """``best`` is the study's best cost so far, ``planned`` the points that a whole training logs."""


def fitwatch(reading: Reading, *, best: float | None, planned: int | None, keeps_best: bool = True) -> Decision | None:
    """Stop what diverged, what overfits (its best is behind it) and what cannot reach the study's best any more.

    ``keeps_best`` says that a trial's value is its best one, so that overfitting takes nothing from it.
    """
    diagnosis = diagnose_run(reading.run)
    why = as_charted(diagnosis.reason, reading.run.unit)
    if diagnosis.verdict is Verdict.DIVERGED:
        return Decision("pruned", f"diverged: {why}")
    if "not_finite" in diagnosis.notes and not np.isfinite(reading.curve.values[-LOST:]).any():
        return Decision("pruned", f"nothing to compare: {why}")
    by_validation = reading.run.val is reading.curve
    if keeps_best and by_validation and diagnosis.verdict is Verdict.OVERFITTING and diagnosis.confidence >= SURE:
        reason = f"stopped at {reading.points} points, past its best: {why}"
        return Decision("complete", reason)
    if best is None or planned is None or reading.cost is None or reading.cost <= best:
        return None
    reach = in_reach(reading.costs, planned - reading.points)
    if reach is None or reach <= best:
        return None
    return Decision(
        "pruned",
        f"hopeless: {reading.value:.4g} after {reading.points} of {planned} points; even at its present rate it would "
        f"not reach the {abs(best):.4g} of the best trial",
    )


def in_reach(costs: Values, points: int) -> float | None:
    """The lowest value within ``points`` more, if the latest third fell on in a line; None below 10 points.

    Level and slope are those of a least-squares line, each less its standard error. Learning curves fall ever more
    slowly, so that hardly any gets below: of 14 runs of digits, cut at every point from the tenth on, none reached a
    value more than 2 % below. An extrapolated curve (``signals.forecast``) is wrong that far ahead: it gave up all 14.
    """
    latest = costs[-max(WINDOW, len(costs) // 3) :]
    if len(costs) < LEAST or points < 1 or not np.isfinite(latest).all():
        return None
    ahead = np.arange(len(latest)) - len(latest) + 1.0
    line = np.column_stack([ahead, np.ones_like(ahead)])
    (slope, level), *_ = np.linalg.lstsq(line, latest, rcond=None)
    spread = float(np.sqrt(np.square(latest - line @ (slope, level)).sum() / (len(latest) - 2)))
    steepest = slope - spread / float(np.sqrt(np.square(ahead - ahead.mean()).sum()))
    return float(level - spread + min(steepest, 0.0) * points)


class Hyperband:
    """Optuna's Hyperband, told every point of one trial."""

    def __init__(self, trial: optuna.Trial) -> None:
        self._trial, self._reported = trial, 0

    def __call__(self, reading: Reading, *, best: float | None, planned: int | None) -> Decision | None:  # noqa: ARG002
        lowest = np.fmin.accumulate(reading.costs)
        for step in range(self._reported, len(lowest)):
            self._trial.report(float(lowest[step]), step + 1)
        self._reported = len(lowest)
        if not self._trial.should_prune():
            return None
        return Decision("pruned", f"Hyperband: others were better after {reading.points} points")


def optuna_pruner(kind: str, planned: int | None) -> BasePruner:
    """What Optuna needs to know; ours decides without it."""
    return HyperbandPruner(max_resource=planned or "auto") if kind == "hyperband" else NopPruner()


__all__ = ["PRUNERS", "Decision", "Hyperband", "Pruner", "fitwatch", "optuna_pruner"]
