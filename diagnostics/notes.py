"""Notes: what a person should know beside the verdict, whatever it is."""

from __future__ import annotations

import numpy as np

from diagnostics.curves import Curve, align, trailing_median
from diagnostics.evidence import FEW_POINTS, Evidence

NOTES = (
    "val_below_train",
    "overconfident",
    "scale_mismatch",
    "noisy_validation",
    "few_points",
    "flat",
    "not_finite",
)


def notes(found: Evidence, accuracy: Curve | None = None) -> tuple[str, ...]:
    """Those of ``NOTES`` that hold; ``accuracy`` is validation's, and may be missing."""
    holds = {
        "val_below_train": found.same_scale and np.mean(found.val[-5:]) < np.mean(found.train[-5:]),
        "overconfident": accuracy is not None and overconfident(found, accuracy),
        "scale_mismatch": not found.same_scale,
        "noisy_validation": found.recent.jitter[-1] > found.recent.magnitude[-1],
        "flat": found.has_level and found.recent.range[-1] < 0.05 * found.recent.level[-1],
        "few_points": len(found.val) < FEW_POINTS,
    }
    return tuple(name for name, is_so in holds.items() if is_so)


def overconfident(found: Evidence, accuracy: Curve) -> bool:
    """Has val accuracy not fallen since val loss was best, though the loss rose? The model is right but too sure of it.

    Guo et al. 2017, https://arxiv.org/abs/1706.04599, section 3: loss overfits to certainty before accuracy suffers.
    """
    if not found.overfits or len(accuracy) < found.window:
        return False
    smooth = trailing_median(align(accuracy, Curve(found.steps, found.val)), found.window)
    return bool(smooth[-1] >= smooth[found.recent.best[-1]])
