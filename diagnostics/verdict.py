"""Verdict: what two curves say about a training, with the numbers that say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from diagnostics.curves import Curve, align, trailing_median
from diagnostics.signals.gap import mean_gap
from diagnostics.signals.noise import noise
from diagnostics.signals.rise import best_so_far
from diagnostics.signals.trend import least_squares_slope

Severity = Literal["mild", "moderate", "severe"]
Numbers = Curve | Sequence[float] | NDArray[np.float64]


class Verdict(StrEnum):
    """The closed set, in the order in which they are tried: the first that applies is given."""

    DIVERGED = "diverged"
    NO_VALIDATION = "no_validation"
    TOO_EARLY = "too_early"
    OVERFITTING = "overfitting"
    UNSTABLE = "unstable"
    PLATEAU = "plateau"
    IMPROVING = "improving"
    HEALTHY = "healthy"


class Best(NamedTuple):
    """The best validation value and the step it was logged at."""

    step: int
    value: float


@dataclass(frozen=True)
class Diagnosis:
    """What was found: ``confidence`` in 0..1, ``onset_step`` in val's steps, ``reason`` one sentence."""

    verdict: Verdict
    reason: str
    confidence: float
    severity: Severity | None = None
    onset_step: int | None = None
    best: Best | None = None
    signals: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def check_overfitting(
    train_losses: Sequence[float], val_losses: Sequence[float], threshold: float = 0.1
) -> tuple[bool, str]:
    """The textbook check: a gap above ``threshold`` while the last 10 validation losses rise.

    The gap is the mean of the last 5 val losses minus the mean of the last 5 train losses.
    """
    if min(len(train_losses), len(val_losses)) < 10:
        return False, "Not enough data"
    gap, slope = mean_gap(train_losses, val_losses), least_squares_slope(val_losses)
    return gap > threshold and slope > 0, f"Gap: {gap:.4f}, Val trend: {slope:.4f}"


def diagnose(
    train: Numbers | None = None,
    val: Numbers | None = None,
    *,
    higher_is_better: bool = False,
    window: int = 5,
    persistence: int = 5,
    min_rise: float = 0.04,
    min_sigmas: float = 3.0,
    min_points: int = 10,
) -> Diagnosis:
    """Judge one training from its curves, or plain sequences of numbers; lower is better unless ``higher_is_better``.

    Raises ``CurveError`` for what is no curve.
    """
    curve = None if val is None else Curve.of(val)
    if curve is None or not len(curve):
        return Diagnosis(Verdict.NO_VALIDATION, "No validation series; log the validation loss once an epoch.", 1.0)
    sign = -1.0 if higher_is_better else 1.0
    losses = sign * curve.values
    fitted = None if train is None else sign * align(Curve.of(train), curve)
    if not np.isfinite(losses).all():
        step = int(curve.steps[~np.isfinite(losses)][0])
        return Diagnosis(Verdict.DIVERGED, f"Validation is no finite number from step {step} on.", 1.0)
    if len(curve) < min_points:
        return Diagnosis(Verdict.TOO_EARLY, f"Not enough data: {len(curve)} of {min_points} validation points.", 1.0)
    smooth = trailing_median(losses, window)
    best = best_so_far(smooth)
    rises = smooth - smooth[best]
    sigma = noise(losses)
    hits = rises > np.maximum(min_rise * np.abs(smooth[best]), min_sigmas * sigma)
    if fitted is not None:
        follow = trailing_median(fitted, window)
        hits &= follow < follow[best]
    lowest = int(np.argmin(losses))
    found = Best(int(curve.steps[lowest]), float(curve.values[lowest]))
    rise = float(rises[-1])
    relative = rise / abs(float(smooth[best[-1]])) if smooth[best[-1]] else 0.0
    signals = {
        "rise": rise,
        "relative_rise": relative,
        "noise": sigma,
        "val_slope": sign * least_squares_slope(losses),
    }
    if fitted is not None:
        signals["gap"] = mean_gap(fitted, losses)
    if hits[-persistence:].all():
        severity: Severity = "severe" if relative > 0.3 else "moderate" if relative > 0.1 else "mild"
        onset = int(curve.steps[best[-1]])
        reason = f"Validation is {relative:.0%} worse than its best at step {onset} while train keeps improving."
        return Diagnosis(Verdict.OVERFITTING, reason, 0.9, severity, onset, found, signals)
    if lowest >= 0.8 * (len(losses) - 1):
        reason = f"Validation set a new best at step {found.step}, within the last fifth."
        return Diagnosis(Verdict.IMPROVING, reason, 0.8, None, None, found, signals)
    reason = f"Validation is within noise of its best at step {found.step}."
    return Diagnosis(Verdict.HEALTHY, reason, 0.7, None, None, found, signals)
