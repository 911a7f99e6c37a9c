"""Notes: what a person should know beside the verdict, whatever it is."""

from __future__ import annotations

import numpy as np

from diagnostics.curves import Curve, align, overlap, trailing_median
from diagnostics.evidence import FEW_POINTS, Evidence, measure

NOTES = (
    "val_below_train",
    "overconfident",
    "scale_mismatch",
    "noisy_validation",
    "few_points",
    "flat",
    "not_finite",
    "restarted",
    "memorising",
)


def notes(found: Evidence, accuracy: Curve | None = None, scaled: Curve | None = None) -> tuple[str, ...]:
    """Those of ``NOTES`` that curves tell; validation's ``accuracy`` and ``scaled`` loss may be missing."""
    holds = {
        "val_below_train": found.same_scale and np.mean(found.val[-5:]) < np.mean(found.train[-5:]),
        "overconfident": found.overfits and overconfident(found, accuracy, scaled),
        "scale_mismatch": not found.same_scale,
        "noisy_validation": found.recent.jitter[-1] > found.recent.magnitude[-1],
        "flat": found.has_level and found.recent.range[-1] < 0.05 * found.recent.level[-1],
        "few_points": len(found.val) < FEW_POINTS,
    }
    return tuple(name for name, is_so in holds.items() if is_so)


def overconfident(found: Evidence, accuracy: Curve | None, scaled: Curve | None) -> bool:
    """Is a rise of the loss all certainty and no error? The model is right as often as before, but too sure of it.

    Told by the loss after one fitted temperature, which then does not rise; without it, by an accuracy that has not
    fallen since the loss was best. Guo et al. 2017, https://arxiv.org/abs/1706.04599, section 3.
    """
    if scaled is not None and overlap(found.raw_train, scaled) and np.isfinite(scaled.values).all():
        return not measure(found.raw_train, scaled, limits=found.limits).rose
    if accuracy is None or not overlap(accuracy, found.raw_val):
        return False
    smooth = trailing_median(align(accuracy, found.raw_val), found.window)
    return bool(smooth[-1] >= smooth[found.recent.best[-1]])
