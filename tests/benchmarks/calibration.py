"""Calibration: are verdicts given with 80 % confidence right four times in five?"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from diagnostics import Curve, Verdict, diagnose
from diagnostics.confidence import features
from diagnostics.evidence import measure
from tests.benchmarks.families import FAMILIES, History, generate

EDGES = (0.4, 0.5, 0.7, 0.8, 0.9, 0.95, 1.01)
CUTS = (13, 20, 50)
RIDGE = 3.0  # keeps the formula from being surer than trainings outside this benchmark allow


def sample(histories: Sequence[History], seed: int) -> list[History]:
    """Everything that is measured, at every length: the labelled histories and the generated families."""
    made = [history for name in FAMILIES for history in generate(name, 80, seed=seed)]
    thin = [history.thinned(points) for history in [*histories, *made] for points in CUTS]
    return [*histories, *made, *thin]


def fit(histories: Sequence[History]) -> NDArray[np.float64]:
    """Logistic regression of "is overfitting" on the evidence, by Newton's method with a ridge."""
    rows = np.array([features(measure(Curve.of(h.train), Curve.of(h.val))) for h in histories])
    x = np.column_stack([np.ones(len(rows)), rows])
    y = np.array([float(h.overfit) for h in histories])
    weights = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        slope = x.T @ (p - y) + RIDGE * weights
        curvature = (x * (p * (1 - p))[:, None]).T @ x + RIDGE * np.eye(len(weights))
        weights -= np.linalg.solve(curvature, slope)
    return weights


def table(histories: Sequence[History]) -> list[str]:
    """Share of right verdicts by stated confidence, on the half that the formula was not fitted on."""
    held_out = sample(histories[1::2], seed=1)
    found = [diagnose(h.train, h.val) for h in held_out]
    stated = np.array([d.confidence for d in found])
    right = np.array([(d.verdict == Verdict.OVERFITTING) == h.overfit for d, h in zip(found, held_out, strict=True)])
    rows = ["| stated confidence | verdicts | mean stated | right |", "|---|---|---|---|"]
    for low, high in pairwise(EDGES):
        inside = (stated >= low) & (stated < high)
        if inside.any():
            mean, share = stated[inside].mean(), right[inside].mean()
            rows.append(f"| {low:.2f}-{min(high, 1):.2f} | {inside.sum()} | {mean:.2f} | {share:.2f} |")
    return [
        f"Confidence against {len(held_out)} histories that it was not fitted on, at 13, 20, 50 and all points.",
        "",
        *rows,
    ]


if __name__ == "__main__":
    import sys
    from pathlib import Path

    from tests.benchmarks.scores import load

    print(np.round(fit(sample(load(Path(sys.argv[1]))[::2] if len(sys.argv) > 1 else [], seed=0)), 2))
