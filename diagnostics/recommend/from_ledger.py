"""Measured here: what the trials of a run's folder say of the advice, beside or instead of what was measured before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from diagnostics.recommend.recommendation import ACTIONS, Recommendation
from diagnostics.trials.ledger import ENOUGH, Ledger

HERE = "measured here"
EPOCHS = "epochs"  # what a trial of training longer changes


def measured_here(advice: Sequence[Recommendation], ledger: Ledger) -> tuple[Recommendation, ...]:
    """The same advice with what came of it in the ledger: of all levers that are one change, together."""
    return tuple(_with_record(recommendation, _together(recommendation, advice), ledger) for recommendation in advice)


def _together(recommendation: Recommendation, advice: Sequence[Recommendation]) -> frozenset[str]:
    """The levers that are changed in the same run: those of the first dose, and all that is weakened."""
    if recommendation.lever == "train_longer":
        return frozenset([EPOCHS])
    if not recommendation.strengthens:
        return frozenset(other.lever for other in advice if _weakens(other))
    if recommendation.in_first_dose:
        return frozenset(other.lever for other in advice if other.in_first_dose)
    return frozenset([recommendation.lever])


def _weakens(recommendation: Recommendation) -> bool:
    return recommendation.lever not in ACTIONS and not recommendation.strengthens


def _with_record(recommendation: Recommendation, levers: frozenset[str], ledger: Ledger) -> Recommendation:
    record = ledger.track_record(levers, weaker=_weakens(recommendation)) if levers else None
    if record is None:
        return recommendation
    numbers = {"ledger_trials": record.trials, "ledger_helped": record.helped, "ledger_covered": record.covered}
    evidence = {name: float(number) for name, number in numbers.items()}
    return replace(
        recommendation,
        why=f"{recommendation.why} {record.sentence}",
        source=HERE if record.trials >= ENOUGH else f"{recommendation.source}; {HERE} in {record.trials}",
        evidence={**recommendation.evidence, **evidence, "ledger_intervals": float(record.intervals)},
        expected=ledger.expect(recommendation.expected, levers, weaker=_weakens(recommendation)),
    )
