"""Improve: dose after dose from one run, each checked by a trial, until more would not help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from diagnostics import Run, Trial, Verdict, outcome
from diagnostics.trials.outcome import Outcome, OutcomeError
from trainer.trials.parent import Parent, TryError, read_run
from trainer.trials.settle import ENDED, outcome_of_trial, state_of

CURED = (Verdict.HEALTHY, Verdict.PLATEAU, Verdict.IMPROVING)


@dataclass(frozen=True)
class TriedDose:
    """A trial that came to its end: ``outcome`` against the run it is of, and ``gain`` against the best one before it.

    Both are None for a trial that failed, and ``best`` says whether it is the best so far.
    """

    folder: Path
    trial: Trial
    outcome: Outcome | None
    gain: Outcome | None
    best: bool


def tried_doses(parent: Parent) -> list[TriedDose]:
    """Every full trial of the run that has ended, in their order, whoever started it."""
    doses: list[TriedDose] = []
    best: tuple[Path, Run] = parent.folder, parent.run
    for folder, trial in parent.trials():
        if trial.kind != "full" or state_of(folder) not in ENDED:
            continue
        dose = _tried_dose(folder, trial, best)
        doses.append(dose)
        if dose.best:
            best = folder, read_run(folder)
    return doses


def best_of(parent: Parent, doses: Sequence[TriedDose]) -> Path:
    """The folder of the run that is best at its best checkpoint."""
    return next((dose.folder for dose in reversed(doses) if dose.best), parent.folder)


def enough(doses: Sequence[TriedDose], budget: int) -> str:
    """Why no further dose is due; empty where one is.

    While the best run still overfits, the next dose may help, whatever the last one did: it is another mixture, or
    weaker. A confirmed trial that no longer overfits is an end. What failed costs nothing of the budget.
    """
    best = next((dose for dose in reversed(doses) if dose.best), None)
    result = None if best is None else best.outcome
    if best is not None and result is not None and result.word == "confirmed" and result.after in CURED:
        return f"{best.folder.name} helped, and its verdict is {result.after.value}"
    spent = sum(dose.outcome is not None for dose in doses)
    if spent < budget:
        return ""
    made = f"the run has {spent} {'trial' if spent == 1 else 'trials'}, earlier ones included"
    return f"{made}, which is the budget" if spent == budget else f"{made}, and the budget is {budget}"


def _tried_dose(folder: Path, trial: Trial, best: tuple[Path, Run]) -> TriedDose:
    if state_of(folder) == "failed":
        return TriedDose(folder, trial, None, None, best=False)
    try:
        result, gain = outcome_of_trial(folder), outcome(best[1], read_run(folder), best[0], folder)
    except (TryError, OutcomeError):
        return TriedDose(folder, trial, None, None, best=False)
    return TriedDose(folder, trial, result, gain, best=gain.difference < 0)
