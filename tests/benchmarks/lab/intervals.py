"""Intervals: what the first dose does, as lines of 10, 50 and 90 % over what the plain run shows, and what they cover.

Conformal quantile regression (Romano et al. 2019, https://arxiv.org/abs/1905.03222): each family of data is left out in
turn, and the lines of 10 and 90 % are moved by the 80 % quantile of how far the family's values lie outside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from sklearn.linear_model import QuantileRegressor

from diagnostics.recommend.expected import LAST_EPOCH, LINES, QuantileLine
from tests.benchmarks.lab.choices import ladder
from tests.benchmarks.lab.scored import Scored
from tests.benchmarks.lab.surfaces import Values

QUANTILES = (0.5, 0.1, 0.9)
INSIDE = 0.8


class Effects(NamedTuple):
    """Of each prescribed task: its family, the predictors, and the change of the log loss, best and last."""

    families: list[str]
    gap: Values
    rise: Values
    best: Values
    last: Values


def effects(tasks: Sequence[Scored]) -> Effects:
    """What the first dose did."""
    rows = []
    for task in tasks:
        order = ladder(task)[0] if task.surface.grid is not None else []
        if order and task.facts.best_gap_share is not None and task.facts.last_over_lowest is not None:
            losses = task.val, task.val_last
            changes = [float(np.log(loss[order[0]] / loss[0])) for loss in losses]
            gap, rise = float(np.clip(task.facts.best_gap_share, 0, 1)), float(np.log1p(task.facts.last_over_lowest))
            rows.append((task.surface.family, gap, rise, *changes))
    families, *numbers = zip(*rows, strict=True)
    return Effects(list(families), *(np.array(values) for values in numbers))


def fit(families: Sequence[str], x: Values, y: Values) -> tuple[QuantileLine, QuantileLine, QuantileLine]:
    """The lines ``intercept + slope * x`` of the median, of 10 % and of 90 %, the latter two conformal."""
    families_ = np.array(families)
    outside = np.zeros(len(y))
    for family in set(families):
        own = families_ == family
        low, high = (_line(x[~own], y[~own], quantile) for quantile in QUANTILES[1:])
        outside[own] = np.maximum(_at(low, x[own]) - y[own], y[own] - _at(high, x[own]))
    moved = float(np.quantile(outside, min(1.0, INSIDE * (len(y) + 1) / len(y))))
    median, low, high = (_line(x, y, quantile) for quantile in QUANTILES)
    return median, QuantileLine(low.intercept - moved, low.slope), QuantileLine(high.intercept + moved, high.slope)


def covered(lines: Sequence[QuantileLine], x: Values, y: Values) -> Values:
    """Does each value lie between the lines of 10 and 90 %?"""
    inside: Values = (y >= _at(lines[1], x)) & (y <= _at(lines[2], x))
    return inside


def table(past: Effects, reported: Effects) -> list[str]:
    """The lines of the development tasks beside those that the product has, and what the latter cover."""
    rows = [
        "| change of the log loss | predictor x | median | 10 % | 90 % | covered | by quarter of x |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, predictor, shipped in (("best", "gap", LINES), ("last", "rise", LAST_EPOCH)):
        x, y = getattr(past, predictor), getattr(past, name)
        cells = " | ".join(f"{line.intercept:+.3f} {line.slope:+.3f} x" for line in fit(past.families, x, y))
        x, y = getattr(reported, predictor), getattr(reported, name)
        inside = covered(shipped, x, y)
        quarters = ", ".join(f"{part.mean():.0%}" for part in np.array_split(inside[np.argsort(x, kind="stable")], 4))
        what = {"gap": "gap at best", "rise": "ln(1 + rise)"}[predictor]
        rows.append(f"| {name} | {what} | {cells} | {inside.mean():.0%} of {len(y)} | {quarters} |")
    return rows


def _line(x: Values, y: Values, quantile: float) -> QuantileLine:
    model = QuantileRegressor(quantile=quantile, alpha=0, solver="highs").fit(x[:, None], y)
    return QuantileLine(float(model.intercept_), float(model.coef_[0]))


def _at(line: QuantileLine, x: Values) -> Values:
    return line.intercept + line.slope * x
