"""Learning: whether a training learned anything, or what it had learned blew up."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from diagnostics.context import Context
from diagnostics.curves import Curve, median
from diagnostics.evidence import Evidence

Values = NDArray[np.float64]

LAST = 5  # points that a broken training must stay broken
LARGEST = 700.0  # whose exponential is a number
FAR = 10.0  # times the start: an end that no learning rate comes back from
ABSURD = 1e12  # no loss that is a mean over samples is this high
NEAR_CHANCE = 0.01  # of ln K, or three standard errors of an accuracy
UNMOVED = 0.002  # of the first value: what rounding and a warm-up move


def diverged(evidence: Evidence, context: Context) -> str | None:
    """Why the training has diverged, or ``None``: it ends far above its start, or has given back all it had gained."""
    train, val = evidence.train, evidence.val
    lowest, now = float(train.min()), median(train[-LAST:])
    ended = min(float(train[-3:].min()), float(val[-3:].min()))
    started = max(abs(float(train[0])), abs(float(val[0])))
    if ended > FAR * max(started, 1e-300) or (evidence.same_scale and ended > ABSURD):
        ends = f"{_logged(now, evidence, context, of_train=True)} and {_logged(float(val[-1]), evidence, context)}"
        return f"Training and validation end at {ends}, far above where they began."
    if len(train) < LAST:
        return None
    given_back = float(train[-LAST:].min()) - lowest
    if given_back > max(0.9 * (float(train[0]) - lowest), 0.5 * abs(lowest), 0.0):
        stands, best = _logged(now, evidence, context, of_train=True), _logged(lowest, evidence, context, of_train=True)
        return f"Training stands at {stands}, after a best of {best}, and does not come back."
    return None


def not_learning(evidence: Evidence, context: Context) -> str | None:
    """Why nothing has been learned, or ``None``: constant curves, chance level, or neither better than its start."""
    train, val = evidence.train, evidence.val
    if len(val) < 2:
        return None
    if not np.ptp(train) and not np.ptp(val):
        first = _logged(float(val[0]), evidence, context)
        return f"Training and validation have not changed at all: {first} from the first point to the last."
    if (reason := _at_chance(evidence, context)) is not None:
        return reason
    if len(val) >= 3 and not evidence.overfits and not _improved(train, 0.0) and not _improved(val, evidence.noise):
        begins = _logged(float(train[0]), evidence, context, of_train=True)
        return (
            f"Neither curve has got better than where it began by more than its noise: training began at {begins}, "
            f"validation at {_logged(float(val[0]), evidence, context)}."
        )
    return None


def _improved(values: Values, noise: float) -> bool:
    """Has a curve been below its first value, by more than noise and rounding, for good or for a while?"""
    few = max(1, min(3, len(values) // 2))
    best = median(np.partition(values, few - 1)[:few])
    spread = max(noise, _jitter(values), UNMOVED * abs(float(values[0])))
    return float(values[0]) - best > 1.5 * spread * math.sqrt(math.log(len(values) + 1))


def _jitter(values: Values) -> float:
    return median(np.abs(np.diff(values[-40:]))) if len(values) > 9 else 0.0


def _at_chance(evidence: Evidence, context: Context) -> str | None:
    """Has the model never been better than guessing, where the number of classes tells what guessing costs?"""
    classes = context.classes
    if classes is None or classes < 2 or evidence.higher_is_better or context.metric is not None:
        return None
    guess = math.log(classes)
    best = float(np.sort(evidence.val)[:3][-1])
    low = float(np.sort(evidence.train)[:3][-1])
    if min(best, low) < (1 - NEAR_CHANCE) * guess or _accuracy_beats_chance(context.accuracy, classes, context):
        return None
    return (
        f"Neither loss has been better than guessing among {classes} classes, which costs ln {classes} = {guess:.4g}."
    )


def _accuracy_beats_chance(accuracy: Curve | None, classes: int, context: Context) -> bool:
    if accuracy is None or not np.isfinite(accuracy.values).any():
        return False
    best, chance = float(np.nanmax(accuracy.values)), 1 / classes
    best = best / 100 if best > 1 else best
    error = math.sqrt(chance * (1 - chance) / (context.val_samples or 100))
    return best > chance + 3 * error


def _logged(value: float, evidence: Evidence, context: Context, *, of_train: bool = False) -> str:
    """A value as it was logged: not turned upside down, and no logarithm."""
    turned = evidence.higher_is_better and (evidence.same_quantity or not of_train)
    value = -value if turned else value
    return f"{math.exp(min(value, LARGEST)) if context.perplexity else value:.4g}"
