"""Probability: the chance that going on past validation's best cost test loss, from what the two curves show.

A logistic formula over eight readable quantities, fitted on trainings whose test loss is known:

    python -m tests.benchmarks.fit_verdict CORPUS PUBLISHED

prints the tables below, of trainings of our own and published ones. Where the number of validation samples is known, or
training's unit is another one, the formula with, or without, that term is used.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from diagnostics.signals.scales import Scales

Values = NDArray[np.float64]

TERMS = ("rise", "noise", "lately", "points", "given_back", "late", "upward", "gap", "samples")
_SIZES = 0.001, 0.2  # of the level: smaller rises are none, larger ones say no more
_LATELY = 0.002, 0.3  # the same for single values
_NOISES = 0.3, 10.0  # times the noise of the median
_MOST_POINTS = 200  # as many as the trainings of the fit had, about


Kind = Literal["loss", "other unit", "metric"]  # what val is beside train: the same loss, in another unit, a metric
KINDS: tuple[Kind, ...] = ("loss", "other unit", "metric")


class Formula(NamedTuple):
    """Log-odds: a constant, and a weight for each of the terms that ``chosen`` names."""

    constant: float
    weights: tuple[float, ...]


# what val is, is the number of validation samples known -> formula
FORMULAS: dict[tuple[Kind, bool], Formula] = {
    ("loss", True): Formula(-0.222, (-0.105, 0.265, 1.346, -0.072, 0.129, 0.649, 1.612, 0.836, 0.600)),
    ("loss", False): Formula(2.756, (0.029, 0.378, 1.137, -0.192, 0.133, 0.667, 1.393, 0.974)),
    ("other unit", True): Formula(0.113, (-0.077, 0.286, 1.402, -0.088, 0.131, 0.803, 1.599, 0.635)),
    ("other unit", False): Formula(3.256, (0.069, 0.385, 1.182, -0.191, 0.137, 0.828, 1.412)),
    ("metric", True): Formula(-1.456, (0.233, -0.002, 0.550, 0.064, -0.092, 2.151, 1.690, 0.121)),
    ("metric", False): Formula(-1.217, (0.217, 0.022, 0.514, 0.087, -0.085, 2.203, 1.929)),
}
TRAIN_ROSE = 0.05
# where validation lost all it had ever gained, its rises count ten times: a loss near chance, or with a large constant
# part, hides in its level what was learned
_LOST_ALL = np.array([np.log(10.0), 0.0, np.log(10.0), *[0.0] * 6])
_HIGHEST = np.array([np.log(_SIZES[1]), 0.0, np.log(_LATELY[1]), *[0.0] * 6])
FEW = 7.0  # what exceeds one half is lessened by 7 / n^2: with 6 evaluations nobody is sure


def terms(seen: Scales, val: Values, *, val_samples: int | None = None) -> Values:
    """The terms of the formula at each of the latest points, shape ``(points, 9)``, in the order of ``TERMS``."""
    index, size, rise = seen.index, seen.size, seen.rise
    points = index + 1.0
    lowest = np.minimum.accumulate(val)[index]
    ups = np.concatenate([[0.0], np.cumsum(np.diff(val) > 0)])
    since = index - seen.best
    gap = (seen.now - seen.follow) / size
    columns = np.column_stack(
        [
            _log(rise / size, *_SIZES),
            _log(rise / np.maximum(seen.sigma, 1e-6 * size), *_NOISES),
            _log((val[index] - lowest) / size, *_LATELY),
            np.log(np.minimum(points, _MOST_POINTS)),
            _log(rise / np.maximum(seen.gain, 1e-4 * size), 0.02, 5.0),
            since / points,
            np.where(since > 0, (ups[index] - ups[seen.best]) / np.maximum(since, 1), 0.5),
            np.sign(gap) * np.log1p(np.minimum(np.abs(gap), 20.0)),
            np.full(len(index), np.log(np.clip(val_samples or 1, 10, 10_000))),
        ]
    )
    return np.asarray(np.nan_to_num(columns))  # losses too large to compare say nothing


def _log(ratio: Values, low: float, high: float) -> Values:
    return np.log(np.fmin(np.fmax(ratio, low), high))  # NaN counts as low


def chance(columns: Values, seen: Scales, *, kind: Kind, samples_known: bool) -> Values:
    """The chance at each point, shape ``(points,)``; where training got worse, too, the share among such trainings."""
    formula = FORMULAS[kind, samples_known]
    columns = np.where(seen.lost_all[:, None], np.minimum(columns + _LOST_ALL, np.maximum(columns, _HIGHEST)), columns)
    used = chosen(kind, samples_known=samples_known)
    odds = formula.constant + columns[:, used] @ np.array(formula.weights)
    certain = np.maximum(1.0 - FEW / (seen.index + 1.0) ** 2, 0.0)
    likely = _logistic(odds)
    likely = np.where(likely > 0.5, 0.5 + (likely - 0.5) * certain, likely)
    return np.where(seen.train_rose, np.minimum(TRAIN_ROSE, likely), likely)


def _logistic(odds: Values) -> Values:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(odds, -30.0, 30.0))))


def chosen(kind: Kind, *, samples_known: bool) -> list[int]:
    """The columns of ``terms`` that a formula uses."""
    left_out = {name for name, used in (("gap", kind == "loss"), ("samples", samples_known)) if not used}
    return [column for column, name in enumerate(TERMS) if name not in left_out]
