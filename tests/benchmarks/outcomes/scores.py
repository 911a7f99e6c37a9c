"""Scores: how right a detector is about cases, at their end and while they are watched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.outcomes.cases import Case
from tests.benchmarks.outcomes.detectors import Live
from tests.benchmarks.outcomes.labels import FLAT

Flags = NDArray[np.bool_]
Values = NDArray[np.float64]
BINS = 10


class Score(NamedTuple):
    """Mean F1 of both classes, the share of the overfitting that is found, and how many others are called so."""

    macro_f1: float
    recall: float
    false_alarms: int
    others: int


class Watched(NamedTuple):
    """False live alarms, of how many runs that do not overfit; the median alarm's delay as a share of the run."""

    false_alarms: int
    others: int
    delay: float


class Calibration(NamedTuple):
    """Per bin of the stated chance, how many there are, their mean, and the share that overfits.

    ``error`` is the expected calibration error (https://arxiv.org/abs/1706.04599); ``sure`` the share that is right
    among the answers with a chance of 0.9 or more, either way.
    """

    bins: list[tuple[int, float, float]]
    error: float
    sure: float


def score(answers: Flags, overfit: Flags) -> Score:
    """A detector's answers against the labels; a class that neither of them has counts as right."""
    return Score(
        (f1(answers, overfit) + f1(~answers, ~overfit)) / 2,
        float(answers[overfit].mean()) if overfit.any() else float("nan"),
        int((answers & ~overfit).sum()),
        int((~overfit).sum()),
    )


def f1(answers: Flags, overfit: Flags) -> float:
    """Harmonic mean of precision and recall."""
    named = int(answers.sum()) + int(overfit.sum())
    return 2 * int((answers & overfit).sum()) / named if named else 1.0


def watch(live: Live, cases: Sequence[Case]) -> Watched:
    """Replay each case.

    An alarm of a run that does not overfit in the end is false where test had not risen at that evaluation either
    (or is unknown). The delay counts from validation's best to the first alarm after it; without one, it is endless.
    """
    false_alarms, delays = 0, []
    for case in cases:
        raised = live(case)
        if not case.overfit:
            false_alarms += bool((raised & ~risen(case)).any())
            continue
        best = int(np.nanargmin(case.val))
        alarms = np.flatnonzero(raised[best:])
        delays.append(alarms[0] / (len(case.val) - 1) if len(alarms) else np.inf)
    others = sum(not case.overfit for case in cases)
    return Watched(false_alarms, others, float(np.median(delays)) if delays else float("nan"))


def risen(case: Case) -> Flags:
    """At each evaluation: is test above its value where validation was best until then?"""
    if case.test is None:
        return np.zeros(len(case.val), np.bool_)
    filled = np.where(np.isnan(case.val), np.inf, case.val)
    lowest = np.minimum.accumulate(filled)
    places = np.maximum.accumulate(np.where(filled <= lowest, np.arange(len(filled)), 0))
    then = case.test[places]
    return np.asarray(case.test - then > FLAT * np.abs(then), np.bool_)


def calibration(chances: Values, overfit: Flags) -> Calibration:
    """How often the trainings overfit that are given a chance, against that chance."""
    which = np.minimum((chances * BINS).astype(int), BINS - 1)
    bins, error = [], 0.0
    for place in range(BINS):
        inside = which == place
        if inside.any():
            bins.append((int(inside.sum()), float(chances[inside].mean()), float(overfit[inside].mean())))
            error += inside.mean() * abs(bins[-1][1] - bins[-1][2])
    sure = np.maximum(chances, 1 - chances) >= 0.9
    right = (chances >= 0.5) == overfit
    return Calibration(bins, float(error), float(right[sure].mean()) if sure.any() else float("nan"))
