"""Trials of a run: what can be tried out, and what has been."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.charts.axes import Kind, axes
from app.folder import quantities
from app.folder.entries import WHOLE, Entry, Snapshot
from diagnostics import GivenSetup
from diagnostics.logs.folders.names import name_of
from diagnostics.trials.ledger import Ledger
from diagnostics.trials.next_step import Attempt, is_done
from diagnostics.trials.outcome import Outcome, OutcomeError, outcome
from trainer import job
from trainer.status import CONFIG
from trainer.trials.parent import Parent, TryError, own_config
from trainer.trials.proposal import Proposal, proposals

if TYPE_CHECKING:
    from app.charts.overlay import Overlay

ENDED = ("finished", "failed")


@dataclass(frozen=True)
class TrialPlan:
    """What to try of a run, the best first; nothing where there is nothing to try.

    ``parent`` is None behind a URL and before there is a verdict. ``own`` tells a run that our trainer can repeat.
    """

    parent: Parent | None = None
    proposals: tuple[Proposal, ...] = ()
    beside: tuple[Attempt, ...] = ()  # trials that lie outside of the place

    @property
    def own(self) -> bool:
        return self.parent is not None and self.parent.config is not None

    def left(self, trials: Sequence[Entry]) -> list[Proposal]:
        """The proposals that are due after these trials."""
        attempts = [*attempts_of(trials), *self.beside]
        return [proposal for proposal in self.proposals if not is_done(proposal.strengths, attempts)]


def is_ours(entry: Entry) -> bool:
    """Whether our trainer trained it and can do so again: a trial by a command has a status too, but no settings."""
    if entry.job is None or entry.folder is None:
        return False
    try:
        written = (entry.folder / CONFIG).stat()
    except OSError:
        return False
    return _has_config(entry.folder, written.st_mtime_ns, written.st_size)


@lru_cache(maxsize=4096)
def _has_config(folder: Path, _written: int, _size: int) -> bool:
    """Read once until the file changes, as every tick asks."""
    return own_config(folder)[0] is not None


def attempts_of(trials: Iterable[Entry]) -> list[Attempt]:
    """The trials of full length that are at work or have come to an end."""
    return [
        Attempt(trial.trial.change, trial.state == "failed")
        for trial in trials
        if trial.trial is not None and trial.trial.kind == "full" and trial.state != "stopped"
    ]


def plan(entry: Entry, place: str, given: GivenSetup, ledger: Ledger) -> TrialPlan:
    """What the advice for a run comes to as trainings."""
    if entry.folder is None or entry.measured is None or entry.diagnosis is None or entry.run is None:
        return TrialPlan()
    config, no_config = own_config(entry.folder)
    setup = entry.measured.setup(place, given)
    parent = Parent(entry.folder, entry.run, entry.diagnosis, setup, ledger, config, no_config)
    try:
        return TrialPlan(parent, proposals(parent), _beside(parent) if entry.name == WHOLE else ())
    except TryError:
        return TrialPlan(parent)


def _beside(parent: Parent) -> tuple[Attempt, ...]:
    """The trials beside a run that is the whole place, which shows none of them."""
    states = [(trial, job.status(folder)) for folder, trial in parent.trials() if trial.kind == "full"]
    return tuple(
        Attempt(trial.change, status.state == "failed")
        for trial, status in states
        if status is not None and status.state != "stopped"
    )


def by_parent(entries: Iterable[Entry]) -> Mapping[Path, Sequence[Entry]]:
    """All trials of each run, by its folder."""
    trials: dict[Path, list[Entry]] = {}
    for entry in entries:
        if (parent := _parent(entry)) is not None:
            trials.setdefault(parent, []).append(entry)
    return trials


def of(entry: Entry, snapshot: Snapshot) -> list[Entry]:
    """The trials of a run, those at work and the newest first."""
    if entry.folder is None:
        return []
    trials = [
        other
        for other in snapshot.entries
        if _parent(other) == entry.folder and other.trial and other.trial.kind not in ("control", "repeat")
    ]
    return sorted(trials, key=lambda other: (other.live, _began(other)), reverse=True)


def against(trial: Entry, snapshot: Snapshot) -> Entry | None:
    """The run that a trial is compared with: its parent, or for a branch the unchanged control."""
    parent = parent_of(trial, snapshot)
    if trial.trial is None or trial.trial.kind != "branch":
        return parent
    siblings = [other for other in snapshot.entries if other.trial and _parent(other) == _parent(trial)]
    controls = [other for other in siblings if other.trial and other.trial.kind == "control"]
    return next((control for control in controls if control.state != "failed"), parent)


def parent_of(trial: Entry, snapshot: Snapshot) -> Entry | None:
    """The run that a trial is of, where it is still there."""
    parent = _parent(trial)
    return None if parent is None else next((other for other in snapshot.entries if other.folder == parent), None)


def pairs(entries: Sequence[Entry], place: str) -> list[tuple[str, str]]:
    """Every trial with the run it is of, both by name, the trial last."""
    names = {entry.name for entry in entries}
    parents = {entry.name: parent for entry in entries if (parent := _parent(entry)) is not None}
    named = {trial: name_of(Path(os.path.relpath(parent, place)).as_posix()) for trial, parent in parents.items()}
    return [(parent, trial) for trial, parent in named.items() if parent in names]


def compared(trial: Entry, base: Entry | None) -> Outcome | str:
    """What a trial that has ended did, or a sentence on why that cannot be said."""
    if base is None or base.run is None or trial.run is None or base.folder is None or trial.folder is None:
        return ""
    try:
        return outcome(base.run, trial.run, base.folder, trial.folder)
    except OutcomeError as error:
        return str(error)


def so_far(trial: Entry, parent: Entry) -> float | None:
    """How far a trial at work is from its parent: the change of the best value until the trial's last point.

    Negative when better. ``None`` while there is nothing to compare.
    """
    if trial.run is None or parent.run is None or trial.val is None or parent.val is None or not len(trial.val):
        return None
    after = parent.diagnosis.best.step if _is_branch(trial) and parent.diagnosis and parent.diagnosis.best else 0
    until = parent.val.steps <= trial.val.steps[-1] + after
    values = parent.val.values[until], trial.val.values
    if any(not np.isfinite(side).any() for side in values) or trial.run.primary is None:
        return None
    best = np.nanmax if trial.run.primary.higher_is_better else np.nanmin
    before, now = (float(best(side[np.isfinite(side)])) for side in values)
    worse = before - now if trial.run.primary.higher_is_better else now - before
    return worse / abs(before) if before else None


def _is_branch(trial: Entry) -> bool:
    return trial.trial is not None and trial.trial.kind == "branch"


def unsettled(trials: Sequence[Entry], ledger: Ledger) -> frozenset[tuple[str, str]]:
    """The trials that have ended and of which the ledger does not know, with how they ended."""
    return frozenset(
        (trial.name, trial.state)
        for trial in trials
        if trial.state in ENDED and trial.folder and ledger.of(trial.folder.name) is None
    )


def overlay(trial: Entry, parent: Entry, metric: str, label: str, kind: Kind) -> Overlay | None:
    """A trial over its parent's chart of a metric; one that began from the parent's best weights goes on from there."""
    from app.charts.overlay import Overlay  # needs pandas, which takes a noticeable part of the app's start

    if trial.run is None or trial.trial is None:
        return None
    shown = quantities.with_metric(trial.run, metric)
    if shown is None:
        return None
    if kind == "time":
        own = axes(trial.run).get("time")
        return None if own is None else Overlay(shown, label, own)
    best = parent.diagnosis.best if parent.diagnosis is not None else None
    after = best.step if best is not None and _is_branch(trial) else 0
    return Overlay(shown, label, after=after)


def _parent(trial: Entry) -> Path | None:
    return None if trial.trial is None or trial.folder is None else trial.trial.parent_of(trial.folder)


def _began(entry: Entry) -> float:
    return entry.job.started if entry.job is not None else 0.0
