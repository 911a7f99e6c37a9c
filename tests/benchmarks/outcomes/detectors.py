"""Detectors: what is scored, each as a function of a case."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from diagnostics import Curve, Diagnosis, Verdict, diagnose
from diagnostics.context import Context
from tests.benchmarks.outcomes.cases import Case
from tests.benchmarks.replay import overfitting_so_far
from tests.benchmarks.rivals import Rival, rivals

Detector = Callable[[Case], bool]
Live = Callable[[Case], NDArray[np.bool_]]
ASKED = 100


def diagnosed(case: Case) -> Diagnosis:
    """What this repository says of it, from the two curves alone."""
    return diagnose(case.train, case.val, finished=True)


def fitwatch(case: Case) -> bool:
    """Does it say overfitting?"""
    return diagnosed(case).verdict == Verdict.OVERFITTING


def probability(case: Case) -> float:
    """The chance it gives for overfitting."""
    chance = diagnosed(case).probability
    return 0.0 if chance is None else chance


def informed(case: Case) -> bool:
    """Does it say overfitting where it is told the number of validation samples?"""
    diagnosis = diagnose(case.train, case.val, finished=True, val_samples=case.val_samples)
    return diagnosis.verdict == Verdict.OVERFITTING


def informed_live(case: Case) -> NDArray[np.bool_]:
    """The same at each evaluation."""
    context = Context(val_samples=case.val_samples)
    return overfitting_so_far(Curve.of(case.train), Curve.of(case.val), context=context)


def fitwatch_live(case: Case) -> NDArray[np.bool_]:
    """Does it say overfitting at each evaluation, knowing those before alone?"""
    return overfitting_so_far(Curve.of(case.train), Curve.of(case.val))


def from_rival(rival: Rival) -> Detector:
    """A rival as a detector."""
    return lambda case: rival(case.train, case.val)


def from_rival_live(rival: Rival) -> Live:
    """The slow way to watch: ask again after each evaluation, of a long training at ``ASKED`` places."""

    def live(case: Case) -> NDArray[np.bool_]:
        asked = np.unique(np.linspace(1, len(case.val), min(len(case.val), ASKED)).round().astype(int))
        said = np.array([rival(case.train[:n], case.val[:n]) for n in asked])
        return said[np.searchsorted(asked, np.arange(1, len(case.val) + 1), side="right") - 1]

    return live


def detectors() -> dict[str, tuple[Detector, Live]]:
    """By name: at the end, and while the training is watched."""
    others = {name: (from_rival(rival), from_rival_live(rival)) for name, rival in rivals().items()}
    ours = {"**fitwatch**": (fitwatch, fitwatch_live), "fitwatch, samples known": (informed, informed_live)}
    return {**ours, **others}
