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
    """A trial that came to its end: ``found`` against the run it is of, and ``gain`` against the best one before it.

    Both are None for a trial that failed, and ``best`` says whether it is the best so far.
    """

    folder: Path
    trial: Trial
    found: Outcome | None
    gain: Outcome | None
    best: bool


def tried_doses(parent: Parent) -> list[TriedDose]:
    """Every full trial of the run that has ended, in their order, whoever started it."""
    found: list[TriedDose] = []
    best: tuple[Path, Run] = parent.folder, parent.run
    for folder, trial in parent.trials():
        if trial.kind != "full" or state_of(folder) not in ENDED:
            continue
        attempt = _attempt(folder, trial, best)
        found.append(attempt)
        if attempt.best:
            best = folder, read_run(folder)
    return found


def best_of(parent: Parent, tried: Sequence[TriedDose]) -> Path:
    """The folder of the run that is best at its best checkpoint."""
    return next((attempt.folder for attempt in reversed(tried) if attempt.best), parent.folder)


def enough(tried: Sequence[TriedDose], budget: int) -> str:
    """Why no further dose is due; empty where one is.

    A dose that gained less than one standard error over the best run before it says that there is nothing more to get,
    and so does a verdict that no longer finds overfitting. A dose that did clear harm, or failed, says neither: the
    next one of the ladder is another mixture, or weaker. What failed costs nothing of the budget.
    """
    last = tried[-1] if tried else None
    if last is not None and last.found is not None and last.gain is not None and last.gain.word != "refuted":
        if last.gain.word == "not distinguishable":
            return "the last dose gained less than one standard error"
        if last.found.after in CURED:
            return f"the verdict is {last.found.after.value}"
    spent = sum(one.found is not None for one in tried)
    return f"the budget of {budget} is spent" if spent >= budget else ""


def _attempt(folder: Path, trial: Trial, best: tuple[Path, Run]) -> TriedDose:
    if state_of(folder) == "failed":
        return TriedDose(folder, trial, None, None, best=False)
    try:
        found, gain = outcome_of_trial(folder), outcome(best[1], read_run(folder), best[0], folder)
    except (TryError, OutcomeError):
        return TriedDose(folder, trial, None, None, best=False)
    return TriedDose(folder, trial, found, gain, best=gain.difference < 0)
