"""Hypergradient: what validation's own gradient says of more weight decay; evidence beside the dose, never its engine.

From t* to the end: the cosine of the validation gradient ``g`` and the weights ``w``, above 0 where more decay would
have helped. Of the few samples that an epoch measures, a large ``|g|`` comes with the very ones that ask for decay, so
that a plain mean of cosines is biased against it. Here ``-sum(lr) * <g, w>``, which is not, gives the sign and the
error, and each cosine counts by its ``sum(lr) * |g| |w|``. It cannot choose a strength.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from diagnostics.recommend.facts import Facts
from diagnostics.recommend.setup import Values


def evidence(facts: Facts) -> dict[str, float]:
    """The mean cosine, in [-1, 1]; nothing where it was not logged."""
    slopes, cosines = _after_best(facts)
    usable = cosines != 0
    size = float(np.abs(slopes[usable] / cosines[usable]).sum())
    return {"hypergradient": -float(slopes[usable].sum()) / size} if size > 0 and np.isfinite(size) else {}


def opposed(facts: Facts, way: float) -> bool:
    """Is it against that ``way`` (1.0 to more decay, -1.0 to less) by more than its standard error?"""
    slopes = way * _after_best(facts)[0]
    return len(slopes) > 1 and bool(slopes.mean() > slopes.std(ddof=1) / sqrt(len(slopes)))


def _after_best(facts: Facts) -> tuple[Values, Values]:
    """How the loss would have moved, and the cosines, where both are numbers."""
    slopes, cosines = facts.setup.hypergradient, facts.setup.cosine
    if slopes is None or cosines is None or facts.t_star_index is None:
        return np.empty(0), np.empty(0)
    slopes, cosines = slopes[facts.t_star_index : facts.points], cosines[facts.t_star_index : facts.points]
    usable = np.isfinite(slopes) & np.isfinite(cosines)
    return slopes[usable], cosines[usable]
