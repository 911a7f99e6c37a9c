"""Labels: what became of a training, by losses on test samples that nobody chose anything by."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Label = Literal["overfit", "not", "unclear"]
Outcome = Literal["diverged", "not_learning", "overfitting", "unstable", "improving", "healthy", "unclear"]
RISE, FLAT = 0.02, 0.005  # test's rise over its value at validation's best, as a share of that value
ERRORS = 2.0
WORSE = 1.3  # how far a diverged run ends above its start
LEARNED = 0.98  # of the start, or of the best constant prediction
AGAIN = 0.01  # test's fall within the last fifth by which a run is still improving


class Ends(NamedTuple):
    """Means of the last few evaluations against the evaluation where validation is best, in loss units."""

    test: float
    test_rise: float
    test_error: float
    train_rise: float


def label(ends: Ends) -> Label:
    """Has going on past validation's best cost test loss, while training did not get worse?

    Training got worse where it rose by a twentieth of test's rise; by half of it, both rose together, which is no
    overfitting. Where that or the size of the rise is open, or a loss is not finite, the label is ``unclear``.
    """
    if not all(map(math.isfinite, ends)):
        return "unclear"
    if ends.test_rise < FLAT * abs(ends.test):
        return "not"
    if ends.test_rise <= RISE * abs(ends.test) or ends.test_rise <= ERRORS * ends.test_error:
        return "unclear"
    if ends.train_rise <= 0.05 * ends.test_rise:
        return "overfit"
    return "not" if ends.train_rise >= 0.5 * ends.test_rise else "unclear"


def outcome(ends: Ends, train: Values, test: Values, start: tuple[float, float], constant: float) -> Outcome:
    """What the run is otherwise; ``start`` is train's and test's loss before it, ``constant`` test's of a constant."""
    if not (np.isfinite(train).all() and np.isfinite(test).all()):
        return "diverged"
    last = max(1, len(test) // 10)
    end = train[-last:].mean(), test[-last:].mean()
    if all(value > WORSE * before for value, before in zip(end, start, strict=True)):
        return "diverged"
    lowest = train.min(), test.min()
    as_before = all(value > LEARNED * before for value, before in zip(lowest, start, strict=True))
    as_constant = all(LEARNED * constant < value < constant / LEARNED for value in lowest)
    if (as_before and start[1] > LEARNED * constant) or as_constant:
        return "not_learning"
    found = label(ends)
    if found == "overfit":
        return "overfitting"
    if ends.test_rise > RISE * abs(ends.test) and ends.train_rise >= 0.5 * ends.test_rise:
        return "unstable"
    since = max(1, len(test) // 5)
    if test[-1] < (1 - AGAIN) * test[-1 - since] and test[-1] <= 1.002 * test.min():
        return "improving"
    return "healthy" if found == "not" else "unclear"
