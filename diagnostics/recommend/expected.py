"""Expected: what the first dose will do to the validation loss of a run that does not regularize yet.

Lines of 50, 10 and 90 % through what it did to random tasks, those of 10 and 90 % moved so that they held 80 % of the
tasks of each family of data when it was left out: conformal quantile regression, https://arxiv.org/abs/1905.03222.
``python -m tests.benchmarks.cases`` fits them again and prints what they cover.
"""

from __future__ import annotations

from math import exp, log1p
from typing import NamedTuple

from diagnostics.trials.trial_file import Effect


class QuantileLine(NamedTuple):
    """``intercept + slope * x``."""

    intercept: float
    slope: float


# of the logarithm of the loss at the best checkpoint, over the gap there, within 0 and 1
LINES = (QuantileLine(0.002, -0.090), QuantileLine(-0.014, -0.242), QuantileLine(0.013, -0.038))
# of the logarithm of the last loss, over ln(1 + how far it is above the best)
LAST_EPOCH = (QuantileLine(-0.021, -0.784), QuantileLine(-0.099, -0.881), QuantileLine(0.026, -0.255))


def best_checkpoint_effect(gap: float) -> Effect:
    """The change of the best validation loss, for the gap at the best checkpoint as a share of its loss."""
    return _effect(LINES, min(max(gap, 0.0), 1.0))


def last_epoch_effect(rise: float) -> Effect:
    """The change of the last validation loss, of a run that ended ``rise`` above its best (relative, 0 or more)."""
    return _effect(LAST_EPOCH, log1p(rise))


def _effect(lines: tuple[QuantileLine, QuantileLine, QuantileLine], x: float) -> Effect:
    median, low, high = (exp(line.intercept + line.slope * x) - 1 for line in lines)
    return Effect(median, min(low, median), max(high, median))
