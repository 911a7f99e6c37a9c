"""Context: one run with what its page needs beside its log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from app import state
from app.folder import ledgers, quantities, trials_of_run, watch
from app.folder.entries import Entry, Snapshot
from app.folder.labels import called
from app.folder.quantities import Course
from app.folder.trials_of_run import TrialPlan
from app.views.run import words
from diagnostics import GivenSetup, Recommendation, Setup, Verdict
from diagnostics.outlook import NO_OUTLOOK
from diagnostics.trials.ledger import Ledger
from diagnostics.trials.ledger_entry import LedgerEntry
from trainer.trials.proposal import Proposal


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

    @cached_property
    def setup(self) -> Setup | None:
        """How it was trained, as far as a person or the log says."""
        measured = self.entry.measured
        return None if measured is None else measured.setup(self.snapshot.place, self.given)

    @cached_property
    def advice(self) -> tuple[Recommendation, ...]:
        """What to change, the most useful first."""
        measured, diagnosis = self.entry.measured, self.entry.diagnosis
        if measured is None or diagnosis is None:
            return ()
        return measured.advice(diagnosis, self.snapshot.place, self.given, self.ledger)

    @cached_property
    def plan(self) -> TrialPlan:
        """What the advice comes to as trainings."""
        return trials_of_run.plan(self.entry, self.snapshot.place, self.given, self.ledger)

    @cached_property
    def next_proposal(self) -> Proposal | None:
        """The best training that was not tried yet; ``None`` where there is nothing to try."""
        left = self.plan.left(self.trials)
        return left[0] if left else None

    @property
    def confirmed(self) -> LedgerEntry | None:
        """The trial that improved this run the most, of those that were confirmed."""
        return None if self.entry.folder is None else self.ledger.best_confirmed(self.entry.folder.name)

    @property
    def should_go_on(self) -> bool:
        """Whether a run at work is told to train on; one that overfits never is, whatever its curve promises."""
        entry, diagnosis = self.entry, self.entry.diagnosis
        quiet = diagnosis is None or diagnosis.verdict in NO_OUTLOOK | {Verdict.OVERFITTING}
        return entry.live and not quiet and entry.outlook is not None and words.is_likely(entry.outlook)

    @property
    def needs_details(self) -> bool:
        """Whether a strength is a formula as yet, because the log lacks what it is computed from."""
        return any(each.suggested is None and "u" in each.evidence for each in self.advice)

    @cached_property
    def courses(self) -> Sequence[Course]:
        """What validation's loss, and its accuracy beside it, came to; the best is that of the diagnosis."""
        shown = quantities.courses(self.entry.run) if self.entry.run is not None else []
        best = self.entry.diagnosis.best if self.entry.diagnosis is not None else None
        return [replace(shown[0], best=best.value, step=best.step), *shown[1:]] if shown and best is not None else shown

    @cached_property
    def note(self) -> str:
        """What a person noted of it."""
        return state.note(self.entry.name)

    @property
    def folder_name(self) -> str:
        """What the run's folder is called, also where it is the whole place."""
        return called(self.entry.name, self.snapshot.place)

    @cached_property
    def name(self) -> str:
        """What the run is called: as a person named it, else as its folder."""
        return state.display_name(self.entry.name, self.folder_name)

    def estimate(self, proposal: Proposal) -> tuple[float | None, bool]:
        """How many minutes a trial takes, and whether that is the most it can: a run may have been slowed down."""
        parent = self.plan.parent
        if parent is None or parent.config is None:
            return None, False
        ended = [trial for trial in self.trials if trial.state == "finished" and trial.measured is not None]
        paced = next((trial for trial in [*ended, self.entry] if trial.measured is not None), None)
        if paced is None or paced.measured is None:
            return None, False
        epochs = proposal.strengths.get("epochs", parent.config.epochs)
        slowed = paced is self.entry and parent.config.pace > 0
        return epochs * paced.measured.pace.interval / 60, slowed


def shown_run() -> RunContext | None:
    """The run that the address names, as it is now; ``None`` where the folder holds no such run."""
    snapshot = watch.look(state.place(), state.limits())
    entry = snapshot.get(state.run_name())
    if entry is None:
        return None
    trials = tuple(trials_of_run.of(entry, snapshot))
    ledger = ledgers.ledger(entry)
    if ended := trials_of_run.unsettled([entry, *trials] if entry.trial else trials, ledger):
        ledger = ledgers.judged(entry, ended)
    return RunContext(entry, snapshot, trials, ledger, state.given_setup(entry.name))
