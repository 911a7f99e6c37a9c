"""Nothing: a run that needs no change is told so."""

from __future__ import annotations

from diagnostics.recommend.facts import Facts
from diagnostics.recommend.recommendation import MEASURED, Recommendation
from diagnostics.verdict import Verdict


def nothing(facts: Facts) -> Recommendation:
    """Without a verdict, more regularization costs more than it protects."""
    stalled = "has stopped improving, but " if facts.diagnosis.verdict is Verdict.PLATEAU else ""
    why = f"Validation {stalled}does not reliably get worse: nothing that more regularization should change."
    return Recommendation("nothing", why, MEASURED, evidence=facts.known())
