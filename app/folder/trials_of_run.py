"""Trials: what can be tried out of a run, and what of it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from app.charts import frames
from app.charts.axes import axes
from app.charts.frames import View
from app.folder.entries import Entry, Snapshot
from diagnostics import GivenSetup
from diagnostics.trials.ledger import Ledger
from diagnostics.trials.outcome import Outcome, OutcomeError, outcome
from trainer import job
from trainer.errors import TrainerError
from trainer.trials.parent import Parent, TryError
from trainer.trials.proposal import Proposal, proposals

ENDED = ("finished", "failed")


@dataclass(frozen=True)
class Plan:
    """What to try of a run, the best first; nothing where there is nothing to try.

    ``parent`` is None behind a URL and before there is a verdict. ``own`` tells a run that our trainer can repeat.
    """

    parent: Parent | None = None
    proposals: tuple[Proposal, ...] = ()

    @property
    def own(self) -> bool:
        return self.parent is not None and self.parent.config is not None

    def left(self, trials: Sequence[Entry]) -> list[Proposal]:
        """The proposals of which no trial of full length is at work or has come to an end."""
        kept = [trial for trial in trials if trial.trial is not None and trial.trial.kind == "full"]
        done = [trial.trial.change for trial in kept if trial.trial is not None and trial.state != "stopped"]
        return [one for one in self.proposals if self.parent is None or one.change(self.parent) not in done]


def plan(entry: Entry, place: str, given: GivenSetup, ledger: Ledger) -> Plan:
    """What the advice for a run comes to as trainings."""
    if entry.folder is None or entry.known is None or entry.found is None or entry.run is None:
        return Plan()
    try:
        config, no_config = job.read_config(entry.folder), ""
    except (TrainerError, OSError) as error:
        config, no_config = None, str(error)
    setup = entry.known.setup(place, given)
    parent = Parent(entry.folder, entry.run, entry.found, setup, ledger, config, no_config)
    try:
        return Plan(parent, proposals(parent))
    except TryError:
        return Plan(parent)


def of(entry: Entry, seen: Snapshot) -> list[Entry]:
    """The trials of a run, those at work and the newest first."""
    if entry.folder is None:
        return []
    found = [one for one in seen.entries if _parent(one) == entry.folder and one.trial and one.trial.kind != "control"]
    return sorted(found, key=lambda one: (one.live, _began(one)), reverse=True)


def against(trial: Entry, seen: Snapshot) -> Entry | None:
    """The run that a trial is compared with: its parent, or for a branch the unchanged control."""
    if trial.trial is None:
        return None
    parent = _parent(trial)
    beside = [one for one in seen.entries if one.trial and one.trial.kind == "control" and _parent(one) == parent]
    controls = [one for one in beside if one.state != "failed"] if trial.trial.kind == "branch" else []
    return controls[0] if controls else next((one for one in seen.entries if one.folder == parent), None)


def parent_of(trial: Entry, seen: Snapshot) -> Entry | None:
    """The run that a trial is of, where it is still there."""
    parent = _parent(trial)
    return None if parent is None else next((one for one in seen.entries if one.folder == parent), None)


def compared(trial: Entry, base: Entry | None) -> Outcome | str:
    """What a trial that has ended did, or a sentence on why that cannot be said."""
    if base is None or base.run is None or trial.run is None or base.folder is None or trial.folder is None:
        return ""
    try:
        return outcome(base.run, trial.run, base.folder, trial.folder)
    except OutcomeError as error:
        return str(error)


def unsettled(trials: Sequence[Entry], ledger: Ledger) -> bool:
    """Whether a trial has ended of which the ledger does not know."""
    return any(one.state in ENDED and one.folder and ledger.of(one.folder.name) is None for one in trials)


def overlay(trial: Entry, parent: Entry, view: View) -> pd.DataFrame | None:
    """A trial's lines over its parent's chart; one that began from the parent's best weights goes on from there."""
    if trial.run is None or trial.trial is None:
        return None
    if view.axis.kind == "time":
        own = axes(trial.run).get("time")
        return None if own is None else frames.trial_lines(trial.run, replace(view, axis=own))
    best = parent.found.best if parent.found is not None else None
    after = best.step if best is not None and trial.trial.kind == "branch" else 0
    return frames.trial_lines(trial.run, view, after=after)


def _parent(trial: Entry) -> Path | None:
    return None if trial.trial is None or trial.folder is None else trial.trial.parent_of(trial.folder)


def _began(entry: Entry) -> float:
    return entry.job.started if entry.job is not None else 0.0
