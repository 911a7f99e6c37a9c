"""Calibration: are verdicts given with 80 % confidence right four times in five?"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from diagnostics import Verdict, diagnose
from tests.benchmarks.families import FAMILIES, History, generate

EDGES = (0.4, 0.5, 0.7, 0.8, 0.9, 0.95, 1.01)
CUTS = (13, 20, 50)


def sample(histories: Sequence[History], seed: int) -> list[History]:
    """Everything that is measured, at every length: the labeled histories and the generated families."""
    made = [history for name in FAMILIES for history in generate(name, 80, seed=seed)]
    thin = [history.thinned(points) for history in [*histories, *made] for points in CUTS]
    return [*histories, *made, *thin]


def table(histories: Sequence[History]) -> list[str]:
    """Share of right verdicts by stated confidence; the formula was fitted on none of these histories."""
    held_out = sample(histories, seed=1)
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
