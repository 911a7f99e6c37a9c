"""Context: one run with what its page needs beside its log."""

from __future__ import annotations

from dataclasses import dataclass

from app import actions, state
from app.folder import trials_of_run, watch
from app.folder.entries import Entry, Snapshot
from app.folder.trials_of_run import TrialPlan
from diagnostics import GivenSetup, Recommendation, Setup
from diagnostics.trials.ledger import Ledger


@dataclass(frozen=True)
class RunContext:
    """One run as its page shows it.

    ``trials`` are its own, those at work and the newest first; ``ledger`` is what trials in its folder have shown;
    ``given`` is what a person said of how it was trained.
    """

    entry: Entry
    snapshot: Snapshot
    trials: tuple[Entry, ...]
    ledger: Ledger
    given: GivenSetup

    @property
    def live(self) -> bool:
        """Whether the run or one of its trials is still being written."""
        return self.entry.live or any(trial.live for trial in self.trials)

    @property
    def setup(self) -> Setup | None:
        """How it was trained, as far as a person or the log says."""
        measured = self.entry.measured
        return None if measured is None else measured.setup(self.snapshot.place, self.given)

    @property
    def advice(self) -> tuple[Recommendation, ...]:
        """What to change, the most useful first."""
        measured, diagnosis = self.entry.measured, self.entry.diagnosis
        if measured is None or diagnosis is None:
            return ()
        return measured.advice(diagnosis, self.snapshot.place, self.given, self.ledger)

    @property
    def plan(self) -> TrialPlan:
        """What the advice comes to as trainings."""
        return trials_of_run.plan(self.entry, self.snapshot.place, self.given, self.ledger)


def shown_run() -> RunContext | None:
    """The run that the address names, as it is now; ``None`` where the folder holds no such run."""
    snapshot = watch.look(state.place(), state.limits())
    entry = snapshot.get(state.run_name())
    if entry is None:
        return None
    trials = tuple(trials_of_run.of(entry, snapshot))
    ledger = watch.ledger(entry)
    if trials_of_run.unsettled([entry, *trials] if entry.trial else trials, ledger):
        actions.settle(entry)
        ledger = watch.ledger(entry)
    return RunContext(entry, snapshot, trials, ledger, state.given_setup(entry.name))
