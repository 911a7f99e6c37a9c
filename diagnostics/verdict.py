"""Verdict: what two curves say about a training, with the numbers that say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from diagnostics.confidence import confidence
from diagnostics.curves import Curve
from diagnostics.evidence import Evidence, Thresholds, measure
from diagnostics.notes import notes
from diagnostics.signals.gap import mean_gap
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
    clean_train: Numbers | None = None,
    accuracy: Numbers | None = None,
    scaled_val: Numbers | None = None,
    floor: float = 0.0,
    known_noise: float = 0.0,
    min_points: int = 10,
    min_rise: float = 0.02,
    min_range: float = 0.04,
    min_sigmas: float = 4.0,
) -> Diagnosis:
    """Judge one training from its curves, or plain sequences of numbers; lower is better unless ``higher_is_better``.

    ``clean_train`` (loss in eval mode, no penalty), validation's ``accuracy`` and ``scaled_val`` (its loss after one
    fitted temperature) only add signals and notes; where they share no steps with val, they are left out. ``floor`` is
    the training loss that label smoothing or mixup leaves a perfect model (``signals.floors``): the gap is taken from
    the training loss without it. ``known_noise`` is a standard deviation of val known from elsewhere, as from other
    seeds; the noise is never taken to be smaller.
    The thresholds are explained in docs/method.md, one heading each.

    Raises ``CurveError`` for what is no curve, and for two curves that share no steps.
    """
    limits = Thresholds(min_points, min_rise, min_range, min_sigmas)
    fit, held_out = _curve(train), _curve(val)
    with np.errstate(all="ignore"):
        if held_out is None or fit is None:
            return _one_sided(fit, held_out, higher_is_better)
        stop = _first_not_finite(fit, held_out)
        head = held_out if stop is None else held_out.head(int(np.searchsorted(held_out.steps, stop)))
        found = (
            measure(fit, head, higher_is_better=higher_is_better, limits=limits, known_noise=known_noise)
            if len(head)
            else None
        )
        judged = _judge(found, stop)
        if found is None:
            return judged
        extra = notes(found, _curve(accuracy), _curve(scaled_val)) + (("not_finite",) if stop is not None else ())
        signals = MappingProxyType(dict(found.signals(_curve(clean_train), floor)))
        return replace(judged, best=_best(head, found.lowest), signals=signals, notes=extra)


def _curve(values: Numbers | None) -> Curve | None:
    curve = None if values is None else Curve.of(values)
    return curve if curve is not None and len(curve) else None


def _best(val: Curve, index: int) -> Best:
    return Best(int(val.steps[index]), float(val.values[index]))


def _first_not_finite(*curves: Curve) -> int | None:
    steps = [int(curve.steps[~np.isfinite(curve.values)][0]) for curve in curves if not np.isfinite(curve.values).all()]
    return min(steps, default=None)


def _one_sided(train: Curve | None, val: Curve | None, higher_is_better: bool) -> Diagnosis:
    """With only one of the two curves nobody can tell overfitting from anything else; say what there is."""
    if val is None:
        stop = None if train is None else _first_not_finite(train)
        logged = "nothing" if train is None else f"only a training curve of {len(train)} points"
        broke = "" if stop is None else f", no longer finite from step {stop} on"
        reason = f"No validation curve: found {logged}{broke}; evaluate on held-out data each epoch and log its loss."
        return Diagnosis(Verdict.NO_VALIDATION, reason, 1.0, notes=() if stop is None else ("not_finite",))
    stop = _first_not_finite(val)
    if stop is not None:
        return Diagnosis(Verdict.DIVERGED, f"Validation is not finite from step {stop} on.", 1.0, notes=("not_finite",))
    best = _best(val, int(np.argmax(val.values) if higher_is_better else np.argmin(val.values)))
    reason = (
        f"Not enough data: validation has {len(val)} points, best {best.value:.4g} at step {best.step}, but there is "
        "no training curve to tell overfitting from instability."
    )
    return Diagnosis(Verdict.TOO_EARLY, reason, 1.0, best=best)


def _judge(found: Evidence | None, stop: int | None) -> Diagnosis:
    """The first verdict that applies, in the order of ``Verdict``; ``stop`` is the first step that is not finite.

    A loss that broke after a clear overfitting is still judged as overfitting: the best model is the same one.
    """
    if found is None or (stop is not None and (len(found.val) < found.limits.min_points or not found.overfits)):
        return Diagnosis(Verdict.DIVERGED, f"The loss is not finite from step {stop} on.", 1.0)
    if _train_diverged(found):
        sign = -1.0 if found.higher_is_better else 1.0
        low, now = sign * float(found.train.min()), sign * float(np.median(found.train[-5:]))
        reason = f"Training stands at {now:.4g}, after a best of {low:.4g}, and does not come back."
        return Diagnosis(Verdict.DIVERGED, reason, 0.95)
    if len(found.val) < found.limits.min_points:
        reason = f"Not enough data: {len(found.val)} validation points of the {found.limits.min_points} needed."
        return Diagnosis(Verdict.TOO_EARLY, reason, 1.0)
    sure = confidence(found)
    if found.overfits:
        return _overfitting(found, sure)
    if found.rose:
        reason = f"Validation is {_rise(found)}, but training got worse too."
        return Diagnosis(Verdict.UNSTABLE, reason, sure)
    return _steady(found, sure)


def _overfitting(found: Evidence, sure: float) -> Diagnosis:
    worse = found.relative_rise
    severity: Severity = "severe" if worse >= 0.3 else "moderate" if worse >= 0.1 else "mild"
    went_on = bool(found.recent.follow[-1] < found.recent.follow[found.recent.best[-1]])
    fit = "kept improving" if went_on else "stays at its best"
    reason = f"Validation is {_rise(found)}, while training {fit}."
    return Diagnosis(Verdict.OVERFITTING, reason, sure, severity, int(found.steps[found.onset]))


def _rise(found: Evidence) -> str:
    of = "than its best" if found.has_level else "(of the range) than its best"
    height = float(found.recent.range[-1])
    share = f"{found.rise / height:.0%} of the range, " if found.has_level and height > 0 else ""
    times = f"{found.sigmas:.0f} times its noise" if found.sigmas < 1000 else "far above its noise"
    return f"{found.relative_rise:.0%} worse {of} at step {found.steps[found.onset]} ({share}{times})"


def _steady(found: Evidence, sure: float) -> Diagnosis:
    best = _best(found.raw_val, found.lowest)
    sigma, height = float(found.recent.sigma[-1]), float(found.recent.range[-1])
    if found.progress > found.still:
        reason = f"Validation improved by {found.progress:.3g} within the last fifth, to its best at step {best.step}."
        return Diagnosis(Verdict.IMPROVING, reason, sure)
    if found.stalled > max(5, len(found.val) / 5) and found.gap_growth > 0 and found.train_fell > 0.02 * height:
        reason = (
            f"Validation has not improved on {best.value:.4g} for {found.stalled} points, while training improved by "
            f"{found.train_fell:.3g} and the gap grew by {found.gap_growth:.3g}."
        )
        return Diagnosis(Verdict.PLATEAU, reason, sure)
    reason = f"Validation stays within {max(found.rise, sigma):.2g} of its best, {best.value:.4g} at step {best.step}."
    return Diagnosis(Verdict.HEALTHY, reason, sure)


def _train_diverged(found: Evidence) -> bool:
    """Has train given back nearly everything it gained, and more than half its best value, for the last 5 points?"""
    if len(found.train) < 5:
        return False
    lowest, now = float(found.train.min()), float(found.train[-5:].min())
    return now - lowest > max(0.9 * (float(found.train[0]) - lowest), 0.5 * abs(lowest), 0.0)
