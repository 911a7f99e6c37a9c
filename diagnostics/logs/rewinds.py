"""Rewinds: a run that went back to earlier weights, as one training without what came to nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from diagnostics.curves import Curve
from diagnostics.logs.run import Run

LAST = np.iinfo(np.int64).max
BEST_EPOCH = "repair/best_epoch"  # logged at the epoch after which the run went back: the one it went back to


class LoggedRewind(NamedTuple):
    """After step ``after`` the run went back to the weights of step ``best``, and on until step ``end``.

    ``helped`` says whether validation got better than it ever was before.
    """

    after: int
    best: int
    end: int
    helped: bool

    @property
    def sentence(self) -> str:
        """For a person."""
        outcome = "and validation got better" if self.helped else "and validation has not got better"
        return f"It went back from step {self.after} to the weights of step {self.best}, {outcome}."


def rewinds(run: Run) -> tuple[LoggedRewind, ...]:
    """Each time that the run went back, in their order."""
    marks = run.tagged(BEST_EPOCH)
    if marks is None or run.val is None or run.primary is None:
        return ()
    values = run.val.values * (-1.0 if run.primary.higher_is_better else 1.0)
    finite = np.isfinite(marks.values)
    starts, bests = marks.steps[finite].tolist(), marks.values[finite].astype(int).tolist()
    ends = [*starts[1:], LAST]
    logged = []
    for after, best, end in zip(starts, bests, ends, strict=True):
        before, since = values[run.val.steps <= after], values[(run.val.steps > after) & (run.val.steps <= end)]
        helped = bool(np.nanmin(since, initial=np.inf) < np.nanmin(before, initial=np.inf))
        logged.append(LoggedRewind(after, best, end, helped))
    return tuple(logged)


def as_kept(run: Run) -> Run:
    """The run as the training that led to its best weights, and on from there.

    Where going back made validation better, what was given up is left out; else what came after it.
    """
    logged = rewinds(run)
    spans = [(one.best, one.after) if one.helped else (one.after, one.end) for one in logged]
    return _goes_on(_without_spans(run, spans), [one.after for one in logged]) if logged else run


def as_trained(run: Run, step: int) -> Run:
    """The run as the training that the weights after ``step`` come from, and nothing later.

    A training that was killed may have logged more than it goes on from.
    """
    logged = [one for one in rewinds(run) if one.after <= step]
    run = _without_spans(run, [*((one.best, one.after) for one in logged), (step, LAST)])
    curves = {key: curve for key, curve in run.curves.items() if key.tag != BEST_EPOCH}
    return _goes_on(replace(run, curves=curves), [one.after for one in logged])


def _goes_on(run: Run, after: Iterable[int]) -> Run:
    """A training that goes on from its own weights is not resumed there as another program's may be."""
    at = {step + 1 for step in after}
    return replace(run, resumed_at=tuple(step for step in run.resumed_at if step not in at))


def _without_spans(run: Run, spans: Iterable[tuple[int, int]]) -> Run:
    spans = list(spans)
    curves = {key: _without(curve, spans) for key, curve in run.curves.items()}
    train = None if run.train_on_val is None else _without(run.train_on_val, spans)
    return replace(run, curves={key: curve for key, curve in curves.items() if len(curve)}, train_on_val=train)


def _without(curve: Curve, spans: list[tuple[int, int]]) -> Curve:
    """Without the steps after the first of each span, up to its second."""
    kept = np.ones(len(curve), bool)
    for after, end in spans:
        kept &= (curve.steps <= after) | (curve.steps > end)
    times = None if curve.wall_times is None else curve.wall_times[kept]
    return curve if kept.all() else Curve(curve.steps[kept], curve.values[kept], times)
