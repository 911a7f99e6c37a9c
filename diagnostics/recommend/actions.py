"""Stop at best: keep the weights of the point where validation was lowest; it costs no further run."""

from __future__ import annotations

from diagnostics.recommend.facts import Facts
from diagnostics.recommend.recommendation import MEASURED, Recommendation


def stop_at_best(facts: Facts) -> Recommendation | None:
    """Where the best model is, and what the last one loses against it."""
    best = facts.diagnosis.best
    if best is None:
        return None
    lost = "" if not facts.rise else f"; the last point is {facts.rise:.0%} worse"
    why = f"The best model is that of step {best.step}, with {best.value:.4g}{lost}: restore it, and stop early."
    return Recommendation("stop_at_best", why, MEASURED, evidence=facts.known() | {"best_step": float(best.step)})


def before_all(facts: Facts) -> Recommendation | None:
    """For fine-tuning: fewer steps or a smaller learning rate come before any strength."""
    found = stop_at_best(facts)
    if found is None or facts.setup.architecture != "fine_tuning":
        return None
    why = f"{found.why} In fine-tuning, fewer steps or a smaller learning rate come before any regularizer."
    source = "literature: Mosbach et al. 2021, https://arxiv.org/abs/2006.04884"
    return Recommendation("stop_at_best", why, source, evidence=found.evidence)
