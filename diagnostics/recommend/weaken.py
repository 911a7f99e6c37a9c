"""Weaken: less of everything in a run that its regularization holds back."""

from __future__ import annotations

from diagnostics.recommend import dropout, weight_decay
from diagnostics.recommend.facts import Facts
from diagnostics.recommend.ladders import ladder_for
from diagnostics.recommend.recommendation import Recommendation
from diagnostics.verdict import Verdict

SMALL_GAP = 0.10
LATE = 0.95


def weaken(facts: Facts) -> tuple[Recommendation, ...]:
    """Half the dropout and a quarter of the weight decay; empty unless the run is seen to be held back.

    A pretrained network is left with the dropout it was fitted with.
    """
    because = _held_back(facts)
    if because is None or facts.setup.architecture == "fine_tuning":
        return ()
    both = (dropout.weaken(facts, because), weight_decay.weaken(facts, because))
    return tuple(recommendation for recommendation in both if recommendation is not None)


def _held_back(facts: Facts) -> str | None:
    """Why regularization is too strong. The logged training loss cannot tell: dropout inflates it."""
    if facts.too_few_points or facts.too_few_samples or "flat" in facts.diagnosis.notes:
        return None
    if facts.setup.train_is_clean and facts.end_gap_share is not None and facts.end_gap_share < SMALL_GAP:
        return f"Training, without its penalties, is only {max(facts.end_gap_share, 0.0):.0%} below validation"
    if facts.diagnosis.verdict is Verdict.IMPROVING and _is_late(facts) and _is_strong(facts):
        return "Validation was best at the very end, under more regularization than an overfitting run would be given"
    return None


def _is_late(facts: Facts) -> bool:
    return facts.best_share is not None and facts.best_share >= LATE


def _is_strong(facts: Facts) -> bool:
    """Is there more dropout or decay than the first dose for an overfitting run has?"""
    ladder = ladder_for(facts.setup.architecture, facts.share)
    if not ladder:
        return False
    dropped, decay = facts.in_use(dropout.lever(facts)) or 0.0, facts.in_use("weight_decay") or 0.0
    return dropped > ladder[0].dropout or decay * (facts.lr_time or 0.0) > ladder[0].u
