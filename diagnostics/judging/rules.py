"""Rules: which verdict the evidence of two curves allows, in the order of ``Verdict``."""

from __future__ import annotations

import numpy as np

from diagnostics.context import Context
from diagnostics.curves import Curve
from diagnostics.diagnosis import Best, Diagnosis, Severity, Verdict
from diagnostics.evidence import Evidence
from diagnostics.judging import reasons
from diagnostics.judging.learning import diverged, not_learning
from diagnostics.probability import FEW

SWINGS = 0.15  # noise of one value over its yardstick
MEMORY, TURNS = 40, 1 / 3  # points that show whether val turns, and the share of them above which it does; noise: 2/3
HIGH_END = 0.1  # a validation that ends further above its best is never called healthy
DIVERGED, NOT_LEARNING = 0.95, 0.9


def judge(evidence: Evidence, context: Context, broke_at: int | None) -> Diagnosis:
    """The first verdict that applies; ``broke_at`` is the step from which training is no longer finite.

    A training that broke after a clear overfitting is still judged as overfitting: the best model is the same one.
    """
    if broke_at is not None and not evidence.overfits:
        return Diagnosis(Verdict.DIVERGED, f"The loss is not finite from step {broke_at} on.", 1.0)
    if (reason := diverged(evidence, context)) is not None:
        return Diagnosis(Verdict.DIVERGED, reason, DIVERGED)
    needed = evidence.limits.min_points
    if len(evidence.val) < max(2, needed):
        return _too_early(evidence, context)
    if (reason := not_learning(evidence, context)) is not None:
        return Diagnosis(Verdict.NOT_LEARNING, reason, NOT_LEARNING)
    if evidence.overfits:
        worse = evidence.relative_rise
        severity: Severity = "severe" if worse >= 0.3 else "moderate" if worse >= 0.1 else "mild"
        onset = int(evidence.steps[evidence.onset])
        reason = reasons.overfitting(evidence, context)
        return Diagnosis(Verdict.OVERFITTING, reason, evidence.probability, severity, onset)
    verdict, reason = _not_overfitting(evidence, context)
    return Diagnosis(verdict, reason, _confidence(verdict, evidence))


def _confidence(verdict: Verdict, evidence: Evidence) -> float:
    """One minus the chance of overfitting; an unstable training is as sure as its rise, or its swings, are large.

    With few evaluations nothing is clear, as for the probability itself.
    """
    few = 1.0 - min(0.5 * FEW / len(evidence.val) ** 2, 0.5)
    if verdict is not Verdict.UNSTABLE:
        return min(1.0 - evidence.probability, few)
    swings = 0.5 + float(np.clip(evidence.noise / evidence.size - SWINGS, 0.0, 0.45))
    return min(max(swings, evidence.chance_of_rise) if evidence.train_rose else swings, few)


def _too_early(evidence: Evidence, context: Context) -> Diagnosis:
    """Not enough evaluations; a finished training will not get more, so it is told to evaluate more often."""
    points, needed = len(evidence.val), max(2, evidence.limits.min_points)
    if context.finished:
        return Diagnosis(Verdict.NO_VALIDATION, reasons.SINGLE_EVALUATION, 1.0)
    have = f"{points} validation point{'s' if points > 1 else ''}"
    return Diagnosis(Verdict.TOO_EARLY, f"Not enough data: {have} of the {needed} needed.", 1.0)


def _not_overfitting(evidence: Evidence, context: Context) -> tuple[Verdict, str]:
    if evidence.rose and evidence.train_rose:
        return Verdict.UNSTABLE, reasons.train_rose(evidence, context)
    if evidence.progress > evidence.still and evidence.ends_above_best < HIGH_END:
        return Verdict.IMPROVING, reasons.improving(evidence, context)
    if _swings(evidence):
        return Verdict.UNSTABLE, reasons.swings(evidence, context)
    if evidence.ends_above_best > HIGH_END and evidence.train_rose:
        return Verdict.UNSTABLE, reasons.train_rose(evidence, context)
    if _stands_still(evidence):
        return Verdict.PLATEAU, reasons.plateau(evidence, context)
    if evidence.ends_above_best > HIGH_END or evidence.rise > max(2 * evidence.noise, 0.02 * evidence.size):
        return Verdict.PLATEAU, reasons.ends_high(evidence, context)
    return Verdict.HEALTHY, reasons.healthy(evidence, context)


def _swings(evidence: Evidence) -> bool:
    """Is val loud, and does it turn again and again? What falls and rises once is bent, not loud."""
    ups = np.diff(evidence.val[-MEMORY:]) > 0
    turns = int(np.count_nonzero(ups[1:] != ups[:-1]))
    return evidence.noise > SWINGS * evidence.size and bool(evidence.stalled) and turns > TURNS * (len(ups) - 1)


def _stands_still(evidence: Evidence) -> bool:
    """Has val gained nothing that counts for a fifth of the training, while training went on and the gap grew?"""
    fell = evidence.train_fell
    went_on = fell > 0.02 * (evidence.size if evidence.same_scale else float(np.abs(evidence.train).max()))
    return evidence.standing > max(5, len(evidence.val) / 5) and went_on and evidence.gap_growth > 0


def one_sided(train: Curve | None, val: Curve | None, context: Context, higher_is_better: bool) -> Diagnosis:
    """With only one of the two curves nobody can tell overfitting from anything else; say what there is."""
    broken = tuple("not_finite" for curve in (train, val) if curve is not None and not np.isfinite(curve.values).all())
    if val is None:
        stopped = "" if not broken or train is None else f" It has values that are not finite, {_where(train)}."
        return Diagnosis(Verdict.NO_VALIDATION, reasons.no_validation(train) + stopped, 1.0, notes=broken)
    if not np.isfinite(val.values).any():
        if train is None or not np.isfinite(train.values).any():
            return Diagnosis(Verdict.DIVERGED, "No value of the loss is finite.", 1.0, notes=("not_finite",))
        return Diagnosis(
            Verdict.NO_VALIDATION, reasons.NOT_A_NUMBER.format(where="at any step"), 1.0, notes=("not_finite",)
        )
    if train is not None:
        return Diagnosis(Verdict.DIVERGED, "No value of the training loss is finite.", 1.0, notes=("not_finite",))
    return _validation_alone(val, context, higher_is_better, broken[:1])


def _validation_alone(val: Curve, context: Context, higher_is_better: bool, broken: tuple[str, ...]) -> Diagnosis:
    """A finished training is judged by what validation alone shows; one at work may yet log its training curve."""
    values = val.values[np.isfinite(val.values)] * (-1.0 if higher_is_better else 1.0)
    steps = val.steps[np.isfinite(val.values)]
    lowest = int(np.argmin(values))
    best = Best(int(steps[lowest]), float(-values[lowest] if higher_is_better else values[lowest]))
    if context.finished and len(values) < 2:
        return Diagnosis(Verdict.NO_VALIDATION, reasons.SINGLE_EVALUATION, 1.0, best=best, notes=broken)
    size = abs(float(values[lowest])) or float(np.ptp(values)) or 1.0
    worse = min(float(values[-1] - values[lowest]) / size, 1e6)
    verdict = Verdict.TOO_EARLY
    if context.finished:
        stalled = len(values) - 1 - lowest
        verdict = (
            Verdict.UNSTABLE
            if worse > HIGH_END
            else Verdict.PLATEAU
            if stalled > len(values) / 5
            else Verdict.IMPROVING
        )
    return Diagnosis(verdict, reasons.only_validation(best, len(values), worse), 0.5, best=best, notes=broken)


def _where(curve: Curve) -> str:
    bad = curve.steps[~np.isfinite(curve.values)]
    return f"the first at step {bad[0]}"
