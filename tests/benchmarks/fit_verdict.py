"""Fit the verdict's probability on trainings whose test loss is known, and print the tables of its formulas.

python -m tests.benchmarks.fit_verdict FILE [FILE ...]

A FILE has one training a line: the corpus of `tests.benchmarks.outcomes`, of which the data sets kept for reports are
left out, or published runs with a `test_rise`. Each training is an example at its end and at a few points before, where
the label is what test had done until then; a small rise counts by what became of it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from diagnostics.probability import TERMS, chosen, terms
from diagnostics.signals.scales import scales
from tests.benchmarks.outcomes.datasets import DATASETS, DEVELOPMENT

Values = NDArray[np.float64]
EARLIER = 3  # points before the end at which a training is an example, too
CLEAR = {"overfit": True, "not": False, "no": False, "5-10": True, "10-20": True, ">20": True}
COSTS, FREE = (0.02, 0.05), (0.005, 0.01)  # rises of test that count, and that do not: of our runs, of published ones
SEED, STEPS = 0, 30
MEDIAN_OF_NORMAL = 0.6745  # of the size of a normal deviate
REPORTING = set(DATASETS) - set(DEVELOPMENT)


class Example(NamedTuple):
    """The terms at one point of one training, and whether going on past validation's best had cost test loss."""

    workload: str
    points: int
    terms: Values
    costs: bool
    at_end: bool
    samples_known: bool


def read(paths: Sequence[Path]) -> Iterator[dict[str, Any]]:
    """The trainings of all files with finite curves, one after the other; a missing number is NaN."""
    for path in paths:
        with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
            for line in lines:
                row = json.loads(line)
                for name in ("train", "train_optimised", "val", "test", "test_error"):
                    if name in row:
                        row[name] = np.array([np.nan if value is None else value for value in row[name]], float)
                if all(np.isfinite(row[name]).all() for name in ("train", "val", "test")) and len(row["val"]) > 2:
                    yield row


def examples(rows: Iterable[dict[str, Any]]) -> list[Example]:
    """Examples of each training, by each training loss that was logged; those where training got worse are left out."""
    rng, found = np.random.default_rng(SEED), []
    for row in rows:
        points = len(row["val"])
        earlier = rng.integers(3, points, EARLIER if points > 4 else 0).tolist()
        for name in ("train", "train_optimised"):
            if name in row and np.isfinite(row[name]).all():
                seen = scales(row[name], row["val"])
                columns = terms(seen, row["val"], val_samples=row.get("val_samples"))
                for point in (points, *earlier):
                    costs = clear(row) if point == points else label(row, point)
                    if costs is not None and not seen.train_rose[point - 1]:
                        known = bool(row.get("val_samples"))
                        found.append(Example(row["workload"], point, columns[point - 1], costs, point == points, known))
    return found


def clear(row: dict[str, Any]) -> bool | None:
    """What the label says of the end; ``None`` where it is not clear."""
    return CLEAR.get(str(row.get("label", row.get("test_rise"))))


def label(row: dict[str, Any], points: int) -> bool | None:
    """Had going on past validation's best cost test loss after ``points``, or would it yet? ``None`` where unclear."""
    published = "test_error" not in row
    val, test = row["val"], row["test"]
    few = (
        max(1, min(9, points // 10))
        if published
        else 1
        if points < 8
        else 2
        if points < 20
        else 3
        if points < 60
        else 5
    )
    best = int(np.argmin(val[:points]))
    few = max(1, min(few, points - 1 - best))
    around = test[max(0, best - few // 2) : best + few // 2 + 1].mean() if published else test[best]
    rise = test[points - few : points].mean() - around
    error = np.abs(np.diff(test[:points])).mean() if published else 2 * row["test_error"][points - 1]
    costs, free = COSTS[published] * abs(around), FREE[published] * abs(around)
    if rise > costs and rise > error:
        return True
    if rise < free or val[points:].min(initial=np.inf) < val[best]:
        return False
    return clear(row) or None


def fit(rows: Sequence[Example], *, same_quantity: bool, samples_known: bool) -> tuple[float, tuple[float, ...]]:
    """A constant and a weight a term, by logistic regression; the ridge is on the terms in units of their spread."""
    columns = chosen(same_quantity=same_quantity, samples_known=samples_known)
    x = np.array([row.terms for row in rows])[:, columns]
    spread = np.where(np.ptp(x, axis=0) > 0, x.std(axis=0), 1.0)
    weights = logistic(np.column_stack([np.ones(len(x)), x / spread]), np.array([float(row.costs) for row in rows]))
    return float(weights[0]), tuple(float(weight) for weight in weights[1:] / spread)


def logistic(x: Values, y: Values, *, ridge: float = 1.0) -> Values:
    """Logistic regression by Newton's method; the first column of ``x`` is the constant, which has no ridge."""
    penalty = np.diag([0.0, *[ridge] * (x.shape[1] - 1)])
    weights = np.zeros(x.shape[1])
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        slope = x.T @ (p - y) + penalty @ weights
        weights -= np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + penalty, slope)
    return weights


def formulas(rows: Sequence[Example]) -> dict[tuple[bool, bool], tuple[float, tuple[float, ...]]]:
    """All four; where the number of validation samples is a term, from the trainings that tell it."""
    return {
        (same, known): fit(
            [row for row in rows if row.samples_known or not known], same_quantity=same, samples_known=known
        )
        for same, known in product((True, False), repeat=2)
    }


def where_train_rose(rows: Sequence[dict[str, Any]]) -> float:
    """The share of trainings that cost test loss, among those whose training loss got worse since validation's best."""
    costs = [
        clear(row)
        for row in rows
        if clear(row) is not None and scales(row["train"], row["val"], points=1).train_rose[-1]
    ]
    return sum(map(bool, costs)) / max(len(costs), 1)


def sampling_factor(rows: Sequence[dict[str, Any]]) -> float:
    """How far validation's relative rise r is from test's, in units of ``sqrt(r / samples)``: a standard deviation."""
    off = []
    for row in rows:
        best = int(np.argmin(row["val"]))
        val, test = ((row[name][-1] - row[name][best]) / abs(row[name][best]) for name in ("val", "test"))
        if row.get("val_samples") and 0.01 < test < 1:
            off.append(abs(val - test) * np.sqrt(row["val_samples"] / test))
    return float(np.median(off)) / MEDIAN_OF_NORMAL if off else float("nan")


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.fit_verdict", description=__doc__)
    parser.add_argument("files", type=Path, nargs="+", help="labelled trainings, JSON lines, gzipped or not")
    trainings = [row for row in read(parser.parse_args(arguments).files) if row["workload"] not in REPORTING]
    rows = examples(trainings)
    print(f"{len(rows)} examples of {len({row.workload for row in rows})} workloads; terms: {', '.join(TERMS)}")
    for key, (constant, weights) in formulas(rows).items():
        print(f"    {key}: Formula({constant:.3f}, ({', '.join(f'{weight:.3f}' for weight in weights)})),")
    print(f"costs where training rose, too: {where_train_rose(trainings):.2f}")
    print(f"sampling error of a rise r: {sampling_factor(trainings):.2f} sqrt(r / samples)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
