"""Verdict: what two curves say about a training, with the numbers that say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from diagnostics.context import Context
from diagnostics.curves import Curve, overlap
from diagnostics.diagnosis import Best, CheckNotRun, Diagnosis, Severity, Verdict
from diagnostics.evidence import EVEN, Evidence, measure
from diagnostics.judging import reasons
from diagnostics.judging.causes import other_cause
from diagnostics.judging.rules import judge, one_sided
from diagnostics.notes import checks_not_run, data_limit, disagreement, notes
from diagnostics.signals.gap import mean_gap
from diagnostics.signals.trend import least_squares_slope
from diagnostics.thresholds import Thresholds

__all__ = ["Best", "CheckNotRun", "Diagnosis", "Numbers", "Severity", "Verdict", "check_overfitting", "diagnose"]

FINISHED_POINTS = 2  # a training that is over gets no more evaluations: it is judged by those it has
Numbers = Curve | Sequence[float] | NDArray[np.float64]


def check_overfitting(
    train_losses: Sequence[float], val_losses: Sequence[float], threshold: float = 0.1
) -> tuple[bool, str]:
    """The textbook check, for comparison: a gap above a threshold while validation rises.

    Parameters
    ----------
    train_losses, val_losses
        One value an epoch, the latest last.
    threshold
        The gap from which on it counts, in units of the loss.

    Returns
    -------
    tuple[bool, str]
        Whether the mean of the last 5 validation losses is more than ``threshold`` above that of the last 5 training
        losses while the least-squares slope of the last 10 validation losses is positive; and both numbers. ``False``
        and "Not enough data" below 10 values.

    Raises
    ------
    TypeError, ValueError
        A value is no number.

    Notes
    -----
    Many healthy trainings have such a gap; docs/method.md has the error rates of this check beside those of
    ``diagnose``.

    Examples
    --------
    >>> check_overfitting([0.1] * 10, [0.5 + 0.01 * epoch for epoch in range(10)])
    (True, 'Gap: 0.4700, Val trend: 0.0100')
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
    metric: str | None = None,
    perplexity: bool = False,
    finished: bool = False,
    val_samples: int | None = None,
    classes: int | None = None,
    accuracy: Numbers | None = None,
    scaled_val: Numbers | None = None,
    clean_train: Numbers | None = None,
    learning_rate: Numbers | None = None,
    epoch_ends: Sequence[int] = (),
    resumed_at: Sequence[int] = (),
    augmentation_off_at: Sequence[int] = (),
    canary: float | None = None,
    canary_chance: float | None = None,
    label_noise: float | None = None,
    floor: float = 0.0,
    known_noise: float = 0.0,
    min_points: int = Thresholds.min_points,
    min_rise: float = Thresholds.min_rise,
    min_range: float = Thresholds.min_range,
    min_sigmas: float = Thresholds.min_sigmas,
    min_probability: float = Thresholds.min_probability,
) -> Diagnosis:
    """Judge one training from its curves.

    Parameters
    ----------
    train, val
        Training and validation loss, as ``Curve`` or as plain numbers, which get the steps 0, 1, 2 and so on. Values
        that are not finite are left out, and noted. ``None`` for a side that was not logged.
    higher_is_better
        The direction of ``val``, and of ``train`` where both measure the same.
    metric
        What ``val`` measures where that is not training's loss, such as "accuracy" or "WER"; ``train`` is a loss then.
    perplexity
        Both curves are perplexities, and are judged by their logarithm.
    finished
        No more points will come; a finished training is never too early to be judged.
    val_samples, classes
        How many samples validation has, and how many classes; for the sampling error and the level of chance.
    accuracy, scaled_val, clean_train
        Validation's accuracy, its loss after one fitted temperature, and the training loss in evaluation mode without
        penalties; left out where they share no steps with ``val``.
    learning_rate, epoch_ends, resumed_at, augmentation_off_at
        The learning rate, the steps at which an epoch ended, those from which the training was resumed, and those from
        which an augmentation was off, all in ``val``'s steps; other causes of a jump.
    canary, canary_chance
        The share of training samples with random labels that are recognized at the end, and what chance gives.
    label_noise
        The share of labels that are wrong, 0 to 1.
    floor
        The training loss that label smoothing or mixup leaves a perfect model, in nats
        (``diagnostics.signals.floors``); the gap is taken from the training loss without it.
    known_noise
        A standard deviation of ``val`` known from elsewhere, as from other seeds; the noise is never taken to be
        smaller.
    min_points, min_rise, min_range, min_sigmas, min_probability
        The thresholds, those of ``Thresholds``; docs/method.md has a heading for each.

    Returns
    -------
    Diagnosis
        ``verdict`` with its ``confidence``, 0 to 1, ``reason`` in words and, where it is overfitting, ``severity`` and
        ``onset_step``; ``probability`` that training past the best validation value cost test loss; ``best``,
        ``signals`` and ``notes``; ``checks_not_run`` with the reason why each was not.

    Raises
    ------
    CurveError
        A curve that is none, or two that share no steps.

    Notes
    -----
    docs/method.md explains the rule and reports how often it errs on trainings that were labeled by their test loss.

    Examples
    --------
    >>> train = [2.0 * 0.9**epoch for epoch in range(60)]
    >>> val = [0.5 + 1.5 * 0.8**epoch + 0.01 * max(0, epoch - 15) for epoch in range(60)]
    >>> diagnosis = diagnose(train, val)
    >>> str(diagnosis.verdict), diagnosis.severity, diagnosis.best.step
    ('overfitting', 'severe', 16)
    """
    needed = min(min_points, FINISHED_POINTS) if finished else min_points
    limits = Thresholds(needed, min_rise, min_range, min_sigmas, min_probability)
    context = Context(
        metric=metric,
        perplexity=perplexity,
        finished=finished,
        val_samples=val_samples if val_samples is None or val_samples > 0 else None,
        classes=classes if classes is None or classes > 1 else None,
        accuracy=_curve(accuracy),
        scaled_val=_curve(scaled_val),
        clean_train=_curve(clean_train),
        learning_rate=_curve(learning_rate),
        epoch_ends=tuple(epoch_ends),
        resumed_at=tuple(resumed_at),
        augmentation_off_at=tuple(augmentation_off_at),
        canary=canary,
        canary_chance=canary_chance,
        label_noise=label_noise,
    )
    with np.errstate(all="ignore"):
        return _diagnose(_curve(train), _curve(val), context, limits, higher_is_better, floor, known_noise)


def _diagnose(
    train: Curve | None,
    val: Curve | None,
    context: Context,
    limits: Thresholds,
    higher_is_better: bool,
    floor: float,
    known_noise: float,
) -> Diagnosis:
    fit, held_out = _finite(train), _finite(val)
    if fit is None or held_out is None or train is None or val is None:
        return one_sided(train, val, context, higher_is_better)
    if overlap(train, val) and not overlap(fit, held_out):
        reason = "There is no step at which both losses are finite."
        return Diagnosis(Verdict.DIVERGED, reason, 1.0, notes=("not_finite",))
    evidence = measure(
        fit, held_out, context=context, higher_is_better=higher_is_better, limits=limits, known_noise=known_noise
    )
    diagnosis = judge(evidence, context, _broke_at(train))
    extra = notes(evidence, context)
    diagnosis = replace(diagnosis, probability=evidence.probability if len(held_out) > 1 else None)
    if diagnosis.verdict is Verdict.OVERFITTING and (cause := other_cause(evidence, context)) is not None:
        extra = (*extra, cause.note)
        diagnosis = _explained(diagnosis, cause.reason, cause.instead)
    if len(fit) < len(train) or len(held_out) < len(val):
        extra = (*extra, "not_finite")
    reason = " ".join(
        [
            *_first_said(evidence, context),
            diagnosis.reason,
            *_then_said(evidence, context),
            *_of_not_a_number(train, val, diagnosis.verdict),
        ]
    )
    return replace(
        diagnosis,
        reason=reason,
        best=evidence.best,
        signals=MappingProxyType(dict(evidence.signals(context.clean_train, floor))),
        notes=extra,
        checks_not_run=checks_not_run(evidence, context),
    )


def _explained(diagnosis: Diagnosis, reason: str, instead: bool) -> Diagnosis:
    """An overfitting that has another cause is none; one that comes in steps still is."""
    if not instead:
        return replace(diagnosis, reason=f"{diagnosis.reason} {reason}")
    return replace(
        diagnosis,
        verdict=Verdict.UNSTABLE,
        confidence=EVEN,
        probability=min(diagnosis.probability or EVEN, EVEN),
        severity=None,
        onset_step=None,
        reason=reason,
    )


def _first_said(evidence: Evidence, context: Context) -> list[str]:
    """What the reader must know before the verdict: loss and accuracy want different epochs."""
    steps = disagreement(evidence, context)
    if steps is None:
        return []
    return [f"Loss and accuracy disagree: the loss was best at step {steps[0]}, accuracy at step {steps[1]}."]


def _then_said(evidence: Evidence, context: Context) -> list[str]:
    said = []
    if context.metric is not None:
        said.append(f"Judged by {context.metric} alone, which is weaker evidence than a validation loss.")
    if (limit := data_limit(evidence, context)) is not None:
        said.append(limit)
    return said


def _of_not_a_number(train: Curve, val: Curve, verdict: Verdict) -> list[str]:
    """Validation broke although training did not: say what that usually is. Or training did, after the verdict."""
    step, train_step = _broke_at(val), _broke_at(train)
    if verdict is Verdict.DIVERGED:
        return []
    if train_step is not None:
        return [f"The training loss is not finite from step {train_step} on."]
    if step is None:
        return []
    return [reasons.NOT_A_NUMBER.format(where=f"from step {step} on")]


def _curve(values: Numbers | None) -> Curve | None:
    curve = None if values is None else Curve.of(values)
    return curve if curve is not None and len(curve) else None


def _finite(curve: Curve | None) -> Curve | None:
    """The points that are numbers; ``None`` where none is. One NaN hides itself alone."""
    if curve is None:
        return None
    finite = np.isfinite(curve.values)
    return curve if finite.all() else Curve(curve.steps[finite], curve.values[finite]) if finite.any() else None


def _broke_at(curve: Curve) -> int | None:
    """The step after which no value is finite, or ``None`` where the last one is."""
    finite = np.flatnonzero(np.isfinite(curve.values))
    last = int(finite[-1]) + 1 if len(finite) else 0
    return int(curve.steps[last]) if last < len(curve) else None
