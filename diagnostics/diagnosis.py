"""Diagnosis: a verdict on a training, with the numbers that decided it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, NamedTuple

Severity = Literal["mild", "moderate", "severe"]


class Verdict(StrEnum):
    """The closed set, in the order in which they are tried: the first that applies is given."""

    DIVERGED = "diverged"
    NO_VALIDATION = "no_validation"
    TOO_EARLY = "too_early"
    NOT_LEARNING = "not_learning"
    OVERFITTING = "overfitting"
    UNSTABLE = "unstable"
    PLATEAU = "plateau"
    IMPROVING = "improving"
    HEALTHY = "healthy"


class Best(NamedTuple):
    """The best validation value and the step it was logged at."""

    step: int
    value: float


class CheckNotRun(NamedTuple):
    """A check that could not be made, by name, and why."""

    check: str
    reason: str


@dataclass(frozen=True)
class Diagnosis:
    """What was found: ``confidence`` in 0..1, ``onset_step`` in val's steps, ``reason`` with the numbers that decided.

    ``probability`` is P(going on past validation's best cost test loss), whatever the verdict; ``None`` where the
    curves do not tell.
    """

    verdict: Verdict
    reason: str
    confidence: float
    severity: Severity | None = None
    onset_step: int | None = None
    best: Best | None = None
    signals: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    probability: float | None = None
    checks_not_run: tuple[CheckNotRun, ...] = ()
