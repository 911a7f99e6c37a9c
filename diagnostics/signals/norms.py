"""Norms: how large the weights have grown, and how far each epoch moves them."""

from __future__ import annotations

import numpy as np

from diagnostics.curves import Curve, align


def growth(norm: Curve) -> float:
    """Last finite norm over the first one: 1.0 stands still, 2.0 has doubled; NaN when there is no positive norm.

    Weights that keep growing after the training loss is small are the signature of unregularized cross-entropy
    (Soudry et al. 2018, https://arxiv.org/abs/1710.10345: the norm grows as the logarithm of time).
    """
    finite = norm.values[np.isfinite(norm.values)]
    if not len(finite) or finite[0] <= 0:
        return float("nan")
    return float(finite[-1] / finite[0])


def update_to_weight(update: Curve, weight: Curve) -> float:
    """Median over the last fifth of (norm of an epoch's update / norm of the weights); NaN when nothing is positive.

    Raises ``CurveError`` when the two curves share no steps.
    """
    norms = align(weight, update)
    last = max(1, len(update) // 5)
    ratios = update.values[-last:][norms[-last:] > 0] / norms[-last:][norms[-last:] > 0]
    ratios = ratios[np.isfinite(ratios)]
    return float(np.median(ratios)) if len(ratios) else float("nan")
