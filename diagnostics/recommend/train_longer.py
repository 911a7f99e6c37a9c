"""Train longer: validation is still improving, so no regularizer is due."""

from __future__ import annotations

from diagnostics.recommend.facts import Facts
from diagnostics.recommend.recommendation import MEASURED, Recommendation
from diagnostics.verdict import Verdict


def train_longer(facts: Facts) -> Recommendation | None:
    """Asked for when validation is still improving."""
    best = facts.diagnosis.best
    if facts.diagnosis.verdict is not Verdict.IMPROVING or best is None:
        return None
    why = f"Validation still improves, to {best.value:.4g} at step {best.step}: train longer, add no regularization."
    return Recommendation("train_longer", why, MEASURED, evidence=facts.known() | {"best_step": float(best.step)})
