"""Forecasts: of the new bests that were given a chance of 80 %, do four in five come?

python -m tests.benchmarks.forecasts FILE prints the correction that diagnostics/signals/forecast.py carries.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diagnostics.signals.forecast import ODDS, forecast
from tests.benchmarks.families import History
from tests.benchmarks.scores import load

EDGES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.85, 0.95, 1.01)
PLACES = (0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
FOLDS = 5
LENGTHS = (60, 100, 400)
Values = NDArray[np.float64]


def asked(histories: Sequence[History]) -> tuple[Values, Values, NDArray[np.int64]]:
    """Log-odds of the raw share, what came of it, and which history it was, for many places in each history."""
    rows = []
    for which, history in enumerate(histories):
        for length in LENGTHS:
            val = history.thinned(length).val
            for known in (int(place * length) for place in PLACES):
                for points in {max(3, known // 10), known // 4}:
                    found = forecast(val[:known], points) if known + points <= length else None
                    if found is not None:
                        rows.append((found.odds, val[known : known + points].min() < val[:known].min(), which))
    odds, came, which_one = np.array(rows, dtype=np.float64).T
    return odds, came, which_one.astype(np.int64)


def correction(odds: Values, came: Values) -> Values:
    """Chance at each of ``ODDS``: least squares of straight lines between them, made to rise."""
    knots = np.array(ODDS)
    hats = np.column_stack([np.interp(odds, knots, row) for row in np.eye(len(knots))])
    prior = 0.1 + 0.8 * (knots > -3)
    heights = np.linalg.solve(hats.T @ hats + 0.5 * np.eye(len(knots)), hats.T @ came + 0.5 * prior)
    rising: Values = np.clip(np.maximum.accumulate(heights), 0.01, 0.99)
    return rising


def table(histories: Sequence[History]) -> list[str]:
    """Share that came true by stated chance; each fifth of the histories is judged by a correction
    fitted on the rest."""
    odds, came, which = asked(histories)
    chances = np.empty_like(odds)
    for part in range(FOLDS):
        out = which % FOLDS == part
        chances[out] = np.interp(odds[out], ODDS, correction(odds[~out], came[~out]))
    rows = ["| stated chance | forecasts | mean stated | came true |", "|---|---|---|---|"]
    for low, high in pairwise(EDGES):
        inside = (chances >= low) & (chances < high)
        if inside.any():
            mean, share = chances[inside].mean(), came[inside].mean()
            rows.append(f"| {low:.2f}-{min(high, 1):.2f} | {inside.sum():,} | {mean:.2f} | {share:.2f} |")
    note = (
        f"Forecasts of a new best within the next tenth or quarter of the points known, at {len(PLACES)} places of "
        "each history; each fifth of the histories is judged by a correction fitted on the rest."
    )
    return [note, "", *rows]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the correction, and how often what it states came true."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.forecasts", description=__doc__)
    parser.add_argument("file", type=Path, metavar="FILE", help="labeled histories")
    labeled = load(parser.parse_args(arguments).file)
    odds, came, _ = asked(labeled)
    print(np.round(correction(odds, came), 2))
    print("\n".join(table(labeled)))


if __name__ == "__main__":
    main()
