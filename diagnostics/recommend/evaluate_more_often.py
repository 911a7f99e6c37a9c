"""Evaluate more often: validation is too sparse to see when overfitting began."""

from __future__ import annotations

from diagnostics.recommend.facts import MIN_POINTS, Facts
from diagnostics.recommend.recommendation import MEASURED, Recommendation


def evaluate_more_often(facts: Facts) -> Recommendation | None:
    """Asked for when there are too few points, or the second one was as good as the best."""
    if facts.points is None:
        return None
    if facts.too_few_points:
        why = f"Validation has {facts.points} points; a dose needs at least {MIN_POINTS}, so evaluate more often."
    elif facts.unresolved:
        why = (
            "Validation was as good as its best by its second point, so it may have turned anywhere before: evaluate "
            "several times within that stretch."
        )
    else:
        return None
    return Recommendation(
        "evaluate_more_often", why, MEASURED, evidence=facts.known() | {"points": float(facts.points)}
    )
