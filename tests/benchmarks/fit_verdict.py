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

from diagnostics.probability import KINDS, TERMS, Kind, chosen, terms
from diagnostics.signals.scales import Scales, scales
from tests.benchmarks.outcomes.datasets import DATASETS, DEVELOPMENT

Values = NDArray[np.float64]
EARLIER = 3  # points before the end at which a training is an example, too
CLEAR = {"overfit": True, "not": False, "no": False, "5-10": True, "10-20": True, ">20": True}
COSTS, FREE = (0.02, 0.05), (0.005, 0.01)  # rises of test that count, and that do not: of our runs, of published ones
SEED, STEPS = 0, 30
NUMBERS = ("train", "train_optimised", "val", "test", "test_error", "val_accuracy", "test_accuracy")
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
                for name in NUMBERS:
                    if row.get(name) is not None:
                        row[name] = np.array([np.nan if value is None else value for value in row[name]], float)
                if all(np.isfinite(row[name]).all() for name in ("train", "val", "test")) and len(row["val"]) > 2:
                    yield row


def examples(rows: Iterable[dict[str, Any]]) -> list[Example]:
    """Examples of each training, by each training loss that was logged; those where training got worse are left out."""
    rng, found = np.random.default_rng(SEED), []
    for row in rows:
        places = some_points(rng, len(row["val"]))
        for name in ("train", "train_optimised"):
            if name in row and np.isfinite(row[name]).all():
                labels = [clear(row) if point == len(row["val"]) else label(row, point) for point in places]
                seen = scales(row[name], row["val"])
                found += labeled(row, seen, terms(seen, row["val"], val_samples=row.get("val_samples")), places, labels)
    return found


def examples_by_accuracy(rows: Iterable[dict[str, Any]]) -> list[Example]:
    """The same of validation's accuracy beside the training loss, where going on costs test accuracy."""
    rng, found = np.random.default_rng(SEED), []
    for row in rows:
        if row.get("val_accuracy") is None or not np.isfinite(row["train_optimised"]).all():
            continue
        val, places = -row["val_accuracy"], some_points(rng, len(row["val_accuracy"]))
        seen = scales(row["train_optimised"], val, same_quantity=False)
        labels = [label_by_accuracy(row, point) for point in places]
        found += labeled(row, seen, terms(seen, val, val_samples=row["val_samples"]), places, labels)
    return found


def some_points(rng: np.random.Generator, points: int) -> list[int]:
    """How many points are known: all, and fewer."""
    return [points, *rng.integers(3, points, EARLIER if points > 4 else 0).tolist()]


def labeled(
    row: dict[str, Any], seen: Scales, columns: Values, places: Sequence[int], labels: Sequence[bool | None]
) -> list[Example]:
    """Those of the places that have a clear label, and where training did not get worse."""
    return [
        Example(row["workload"], point, columns[point - 1], costs, point == places[0], bool(row.get("val_samples")))
        for point, costs in zip(places, labels, strict=True)
        if costs is not None and not seen.train_rose[point - 1]
    ]


def label_by_accuracy(row: dict[str, Any], points: int) -> bool | None:
    """Had going on past validation's best accuracy cost over 1 % of test accuracy, and 1.5 standard errors?"""
    test, best = row["test_accuracy"], int(np.argmax(row["val_accuracy"][:points]))
    few = max(1, min(last_few(points), points - 1 - best))
    lost, error = (
        test[best] - test[points - few : points].mean(),
        np.sqrt(test[best] * (1 - test[best]) / row["test_samples"]),
    )
    if lost > max(0.01 * test[best], 1.5 * error):
        return True
    return False if lost < 0.003 else None


def clear(row: dict[str, Any]) -> bool | None:
    """What the label says of the end; ``None`` where it is not clear."""
    return CLEAR.get(str(row.get("label", row.get("test_rise"))))


def label(row: dict[str, Any], points: int) -> bool | None:
    """Had going on past validation's best cost test loss after ``points``, or would it yet? ``None`` where unclear."""
    published = "test_error" not in row
    val, test = row["val"], row["test"]
    few = max(1, min(9, points // 10)) if published else last_few(points)
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


def last_few(points: int) -> int:
    """How many of the latest values are averaged."""
    return 1 if points < 8 else 2 if points < 20 else 3 if points < 60 else 5


def fit(rows: Sequence[Example], kind: Kind, *, samples_known: bool) -> tuple[float, tuple[float, ...]]:
    """A constant and a weight a term, by logistic regression; the ridge is on the terms in units of their spread."""
    x = np.array([row.terms for row in rows])[:, chosen(kind, samples_known=samples_known)]
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


def formulas(
    by_loss: Sequence[Example], by_metric: Sequence[Example]
) -> dict[tuple[Kind, bool], tuple[float, tuple[float, ...]]]:
    """All six; where the number of validation samples is a term, from the trainings that tell it."""
    found = {}
    for kind, known in product(KINDS, (True, False)):
        rows = [row for row in (by_metric if kind == "metric" else by_loss) if row.samples_known or not known]
        if rows:
            found[kind, known] = fit(rows, kind, samples_known=known)
    return found


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
    parser.add_argument("files", type=Path, nargs="+", help="labeled trainings, JSON lines, gzipped or not")
    trainings = [row for row in read(parser.parse_args(arguments).files) if row["workload"] not in REPORTING]
    rows = examples(trainings)
    print(f"{len(rows)} examples of {len({row.workload for row in rows})} workloads; terms: {', '.join(TERMS)}")
    for key, (constant, weights) in formulas(rows, examples_by_accuracy(trainings)).items():
        numbers = ", ".join(f"{weight:.3f}" for weight in weights)
        print(f'    ("{key[0]}", {key[1]}): Formula({constant:.3f}, ({numbers})),')
    print(f"costs where training rose, too: {where_train_rose(trainings):.2f}")
    print(f"sampling error of a rise r: {sampling_factor(trainings):.2f} sqrt(r / samples)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
