"""Gap: how much worse the model is on validation than on what it was trained on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from diagnostics.curves import Curve, align


def mean_gap(train: Sequence[float] | NDArray[np.float64], val: Sequence[float] | NDArray[np.float64]) -> float:
    """Mean of the last 5 ``val`` minus mean of the last 5 ``train``; positive when validation is worse."""
    return float(np.mean(val[-5:]) - np.mean(train[-5:]))


def generalization_gap(train: Curve, val: Curve, *, tail: float = 0.2) -> float:
    """Mean ``val - train`` over the last ``tail`` of validation, in loss units; positive when validation is worse.

    Training loss is averaged over the window between two validation points, because it is usually logged more often.
    Give the clean training loss (no penalty, dropout or augmentation) where it is known: the logged one is inflated.

    Raises ``CurveError`` when the two curves share no range of steps.
    """
    last = max(1, round(tail * len(val)))
    return float(np.mean(val.values[-last:] - align(train, val)[-last:]))


def relative_gap(train: Curve, val: Curve, *, tail: float = 0.2) -> float:
    """``generalization_gap`` as a share of the training loss there; infinite when training has reached 0.

    The quantity of SageMaker Debugger's rule, which warns at 0.1:
    https://docs.aws.amazon.com/sagemaker/latest/dg/debugger-built-in-rules.html#overfit
    """
    last = max(1, round(tail * len(val)))
    reached = abs(float(np.mean(align(train, val)[-last:])))
    gap = generalization_gap(train, val, tail=tail)
    return gap / reached if reached > 0 else float(np.copysign(np.inf, gap)) if gap else 0.0
