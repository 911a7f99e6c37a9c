"""Hypergradient: what validation's own gradient says of more weight decay; evidence beside the dose, never its engine.

``cos(g, w)`` of the validation gradient ``g`` and the weights ``w``, averaged from t* to the end: a step of decay moves
against ``w``, so that above 0 more of it would lower the validation loss. It told the way in 78 % of the measured cases
(54 % had one), and cannot choose a strength.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from diagnostics.recommend.facts import Facts
from diagnostics.recommend.setup import Values


def evidence(facts: Facts) -> dict[str, float]:
    """The mean cosine, in [-1, 1]; nothing where it was not logged."""
    cosines = _after_best(facts)
    return {"hypergradient": float(cosines.mean())} if len(cosines) else {}


def opposed(facts: Facts, way: float) -> bool:
    """Is the mean against that ``way`` (1.0 to more decay, -1.0 to less) by more than its standard error?"""
    cosines = way * _after_best(facts)
    return len(cosines) > 1 and bool(-cosines.mean() > cosines.std(ddof=1) / sqrt(len(cosines)))


def _after_best(facts: Facts) -> Values:
    if facts.setup.hypergradient is None or facts.onset is None:
        return np.empty(0)
    cosines = facts.setup.hypergradient[facts.onset : facts.points]
    return cosines[np.isfinite(cosines)]
