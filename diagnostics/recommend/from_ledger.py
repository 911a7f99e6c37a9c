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
    return tuple(_with_record(one, _together(one, advice), ledger) for one in advice)


def _together(one: Recommendation, advice: Sequence[Recommendation]) -> frozenset[str]:
    """The levers that are changed in the same run: those of the first dose, and all that is weakened."""
    if one.lever == "train_longer":
        return frozenset([EPOCHS])
    if not one.strengthens:
        return frozenset(other.lever for other in advice if _weakens(other))
    if one.in_first_dose:
        return frozenset(other.lever for other in advice if other.in_first_dose)
    return frozenset([one.lever])


def _weakens(one: Recommendation) -> bool:
    return one.lever not in ACTIONS and not one.strengthens


def _with_record(one: Recommendation, levers: frozenset[str], ledger: Ledger) -> Recommendation:
    record = ledger.track_record(levers, weaker=_weakens(one)) if levers else None
    if record is None:
        return one
    numbers = {"ledger_trials": record.trials, "ledger_helped": record.helped, "ledger_covered": record.covered}
    evidence = {name: float(number) for name, number in numbers.items()}
    return replace(
        one,
        why=f"{one.why} {record.sentence}",
        source=HERE if record.trials >= ENOUGH else f"{one.source}; {HERE} in {record.trials}",
        evidence={**one.evidence, **evidence, "ledger_intervals": float(record.intervals)},
        expected=ledger.expect(one.expected, levers, weaker=_weakens(one)),
    )
