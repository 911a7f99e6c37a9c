"""Causes: what else than overfitting may have made validation jump, where the log shows it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from diagnostics.context import Context
from diagnostics.curves import Curve, median
from diagnostics.evidence import Evidence

Values = NDArray[np.float64]

WHOLE = 0.8  # of the rise: a jump that explains it
LOUD = 4.0  # times every other change nearby
SIDES = 4  # points that must stand on either side of a jump
STANDS = 0.25  # of the jump: what validation may still drift afterwards
LR_FACTOR = 1.3  # between two neighboring points: a change of the learning rate that can move a loss
AT_BORDERS = 0.8  # of what validation rose in all


class Cause(NamedTuple):
    """Another explanation: the ``note`` that names it, and a sentence. ``instead`` of overfitting, or beside it."""

    note: str
    reason: str
    instead: bool


def other_cause(evidence: Evidence, context: Context) -> Cause | None:
    """What else the rise may come from, or ``None``."""
    if not evidence.overfits and not evidence.rose:
        return None
    if (borders := _at_epoch_borders(evidence, context)) is not None:
        return borders
    if (jump := sudden(evidence)) is None:
        return None
    before, after = int(evidence.steps[jump - 1]), int(evidence.steps[jump])
    share = float(evidence.val[jump] - evidence.val[jump - 1]) / evidence.size
    begin = f"Validation jumped by {share:.0%} between steps {before} and {after}"
    if any(before < step <= after for step in context.augmentation_off_at):
        reason = f"{begin}, where an augmentation was switched off, and has stood there since."
        return Cause("augmentation_off", reason, True)
    if _train_dropped(evidence, jump):
        reason = f"{begin}, where training fell just as suddenly: a pass over the same samples began."
        return Cause("epoch_steps", reason, False)
    if (rates := _rates(context.learning_rate, before, after)) is not None:
        reason = (
            f"{begin}, where the learning rate went from {rates[0]:.3g} to {rates[1]:.3g}, and has stood there since."
        )
        return Cause("lr_changed", reason, True)
    if any(before <= step <= after for step in context.resumed_at):
        return Cause("resumed", f"{begin}, where the training was resumed, and has stood there since.", True)
    reason = (
        f"{begin} and has stood there since, while training did not move: overfitting comes gradually, so look at what "
        "changed in the validation data or the evaluation."
    )
    return Cause("level_shift", reason, True)


def sudden(evidence: Evidence) -> int | None:
    """Index of the one jump that is nearly all of the rise, with validation at rest on both sides; or ``None``.

    A jump like others before or after it is noise, and one in a rise that goes on is part of it.
    """
    val, best = evidence.val, evidence.onset
    if len(val) < 3 * SIDES or best >= len(val) - SIDES:
        return None
    jumps = np.diff(val)
    jump = best + 1 + int(np.argmax(jumps[best:]))
    if not SIDES <= jump <= len(val) - SIDES:
        return None
    height, start = float(jumps[jump - 1]), max(0, min(best, jump - SIDES), jump - 3 * SIDES)
    before, after = val[start:jump], val[jump:]
    others = max(float(np.abs(np.diff(before)).max()), float(np.abs(np.diff(after)).max()))
    drift = abs(median(after[-3:]) - median(after[:3]))
    rest = median(before) - float(before.min()) + drift
    is_one = height > WHOLE * evidence.rise and height > LOUD * others and height > 0.02 * evidence.size
    return jump if is_one and rest < STANDS * height else None


def _train_dropped(evidence: Evidence, jump: int) -> bool:
    """Did training fall where validation jumped, by far more than it does elsewhere?"""
    changes = np.diff(evidence.train)
    near = np.delete(changes, jump - 1)[max(0, jump - 1 - 3 * SIDES) : jump - 1 + 3 * SIDES]
    return bool(-changes[jump - 1] > LOUD * median(np.abs(near)) and changes[jump - 1] < 0)


def _rates(learning_rate: Curve | None, before: int, after: int) -> tuple[float, float] | None:
    """The learning rate before and after, where it changed by enough to matter."""
    if learning_rate is None or not len(learning_rate):
        return None
    first, last = (float(np.interp(step, learning_rate.steps, learning_rate.values)) for step in (before, after))
    if not (first > 0 and last > 0) or max(first / last, last / first) < LR_FACTOR:
        return None
    return first, last


def _at_epoch_borders(evidence: Evidence, context: Context) -> Cause | None:
    """Does validation rise in steps, each where an epoch ends?"""
    ends = np.asarray(context.epoch_ends, dtype=np.int64)
    since = evidence.onset
    inside = ends[(ends >= evidence.steps[since]) & (ends < evidence.steps[-1])]
    if len(inside) < 2 or len(evidence.val) - since < 3 * len(inside):
        return None
    jumps = np.diff(evidence.val)
    at = np.unique(np.searchsorted(evidence.steps, inside, side="right") - 1)
    at = at[(at >= since) & (at < len(jumps))]
    total = float(evidence.val[-1] - evidence.val[since])
    if total <= 0 or float(jumps[at].sum()) < AT_BORDERS * total:
        return None
    reason = f"Validation rises in steps, at {len(inside)} ends of epochs: each pass over the same samples adds to it."
    return Cause("epoch_steps", reason, False)
