"""Notes: what a person should know beside the verdict, whatever it is."""

from __future__ import annotations

import math

import numpy as np

from diagnostics.context import Context
from diagnostics.curves import Curve, align, overlap, trailing_median
from diagnostics.diagnosis import CheckNotRun
from diagnostics.evidence import FEW_POINTS, Evidence, measure
from diagnostics.signals.floors import label_smoothing_floor
from diagnostics.signals.scales import steady_width

NOTES = (
    "val_below_train",
    "overconfident",
    "scale_mismatch",
    "noisy_validation",
    "few_points",
    "flat",
    "not_finite",
    "restarted",
    "memorizing",
    "metric_only",
    "other_loss_overfits",
    "disagree",
    "below_sampling_error",
    "data_limit",
    "level_shift",
    "lr_changed",
    "resumed",
    "augmentation_off",
    "epoch_steps",
)

NEAR_FLOOR = 0.95, 1.15  # times the loss that wrong labels alone cost; below it, validation's labels are better ones


def notes(evidence: Evidence, context: Context) -> tuple[str, ...]:
    """Those of ``NOTES`` that curves and what is known beside them tell."""
    seen = evidence.recent
    span = max(float(np.ptp(evidence.val)), float(np.ptp(evidence.train)) if evidence.same_scale else 0.0)
    holds = {
        "val_below_train": evidence.same_scale and np.mean(evidence.val[-5:]) < np.mean(evidence.train[-5:]),
        "overconfident": evidence.overfits and overconfident(evidence, context),
        "scale_mismatch": evidence.same_quantity and not evidence.same_scale,
        "noisy_validation": 4 * seen.sigma[-1] > 0.03 * seen.size[-1],
        "flat": len(evidence.val) > 1 and evidence.has_level and span < 0.05 * evidence.size,
        "few_points": len(evidence.val) < FEW_POINTS,
        "metric_only": context.metric is not None,
        "disagree": disagreement(evidence, context) is not None,
        "below_sampling_error": _below_sampling_error(evidence),
        "data_limit": data_limit(evidence, context) is not None,
    }
    return tuple(name for name, is_so in holds.items() if is_so)


def overconfident(evidence: Evidence, context: Context) -> bool:
    """Is a rise of the loss all certainty and no error? The model is right as often as before, but too sure of it.

    Told by the loss after one fitted temperature, which then does not rise; without it, by an accuracy that has not
    fallen since the loss was best. Guo et al. 2017, https://arxiv.org/abs/1706.04599, section 3.
    """
    scaled, train = context.scaled_val, Curve(evidence.steps, evidence.train)
    if scaled is not None and overlap(train, scaled) and np.isfinite(scaled.values).all():
        other = measure(train, scaled, limits=evidence.limits)
        return not other.overfits and not other.rose
    smooth = _smooth_accuracy(evidence, context)
    return smooth is not None and bool(smooth[-1] >= smooth[evidence.recent.best[-1]])


def disagreement(evidence: Evidence, context: Context) -> tuple[int, int] | None:
    """The steps at which loss and accuracy were best, where one was clearly worse at the other's best; or ``None``.

    Trailing medians decide whether they disagree; the steps are those of the best values as logged, which every table
    and chart shows.
    """
    smooth = _smooth_accuracy(evidence, context)
    if smooth is None or len(smooth) < 5:
        return None
    loss, accuracy = evidence.medians, smooth
    at_loss, at_accuracy = int(np.argmin(loss)), int(np.argmax(accuracy))
    if abs(at_loss - at_accuracy) <= max(2, steady_width(len(loss)), len(loss) // 10):
        return None
    costs_loss = float(loss[at_accuracy] - loss[at_loss])
    costs_accuracy = float(accuracy[at_accuracy] - accuracy[at_loss])
    best = float(accuracy[at_accuracy])
    best, scale = (best / 100, 100.0) if best > 1 else (best, 1.0)
    error = math.sqrt(max(best * (1 - best), 0.0) / (evidence.val_samples or 1000))
    enough_loss = max(0.03 * evidence.size, 4 * float(evidence.recent.sigma[-1]))
    if costs_loss < enough_loss or costs_accuracy < max(0.005, error) * scale:
        return None
    values = _accuracy(evidence, context)
    steps = evidence.best.step, int(evidence.steps[at_accuracy if values is None else int(np.argmax(values))])
    return None if steps[0] == steps[1] else steps


def data_limit(evidence: Evidence, context: Context) -> str | None:
    """Why the data is the limit, and no regularizer: what wrong labels cost, or what the samples can resolve."""
    best = float(evidence.val[evidence.lowest])
    noise, classes = context.label_noise, context.classes
    if noise and classes and 0 < noise < 1 and context.metric is None and not evidence.higher_is_better:
        floor = label_smoothing_floor(noise, classes)
        if NEAR_FLOOR[0] * floor < best < NEAR_FLOOR[1] * floor:
            return (
                f"Validation's best, {best:.4g}, is near the {floor:.4g} that {noise:.0%} wrong labels alone cost: "
                "cleaner labels can lower it further, more regularization hardly."
            )
    error = evidence.sampling_error
    if error is not None and evidence.overfits and evidence.relative_rise < 2 * error:
        return (
            f"The rise of {evidence.relative_rise:.0%} is within twice the sampling error of {evidence.val_samples} "
            f"validation samples ({error:.1%}): with more of them it could be told, and with more training data mended."
        )
    recognized, chance = context.canary, context.canary_chance
    if noise and recognized is not None and chance is not None and recognized > 2 * chance and evidence.overfits:
        return (
            f"{recognized:.0%} of the training samples with random labels are recognized, and {noise:.0%} of all "
            "labels are wrong: the network learns the wrong ones by heart, and cleaner labels would help most."
        )
    return None


def checks_not_run(evidence: Evidence, context: Context) -> tuple[CheckNotRun, ...]:
    """The checks that what was logged does not allow, and why."""
    missing = {
        "sampling_error": (evidence.val_samples is None, "the number of validation samples is not known"),
        "gap": (not evidence.same_scale, "training and validation are not in one unit"),
        "clean_train": (context.clean_train is None, "no training loss without penalties and augmentation was logged"),
        "accuracy": (context.accuracy is None and context.metric is None, "no validation accuracy was logged"),
        "chance_level": (context.classes is None, "the number of classes is not known"),
        "learning_rate": (context.learning_rate is None, "no learning rate was logged"),
        "epoch_borders": (not context.epoch_ends, "nothing tells where epochs end"),
        "resume": (not context.resumed_at, "no resume was logged"),
        "augmentation": (not context.augmentation_off_at, "no augmentation was logged as switched off"),
        "canaries": (context.canary is None, "no training samples with random labels are watched"),
        "label_noise": (context.label_noise is None, "the share of wrong labels is not known"),
    }
    return tuple(CheckNotRun(name, reason) for name, (is_missing, reason) in missing.items() if is_missing)


def _below_sampling_error(evidence: Evidence) -> bool:
    error = evidence.sampling_error
    return error is not None and evidence.relative_rise > 0 and evidence.relative_rise < error


def _smooth_accuracy(evidence: Evidence, context: Context) -> np.ndarray | None:
    """Trailing medians of validation's accuracy at the points judged."""
    values = _accuracy(evidence, context)
    return None if values is None else trailing_median(values, steady_width(len(values)))


def _accuracy(evidence: Evidence, context: Context) -> np.ndarray | None:
    """Validation's accuracy at the points judged."""
    accuracy = context.accuracy
    judged = Curve(evidence.steps, evidence.val)
    if accuracy is None or not overlap(accuracy, judged) or not np.isfinite(accuracy.values).all():
        return None
    return align(accuracy, judged)
