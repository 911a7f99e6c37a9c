"""Settling: what came of the trials that have ended, judged and written into the ledger."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

from diagnostics import Run, Trial, outcome
from diagnostics.trials.ledger import Ledger, LedgerError, read
from diagnostics.trials.ledger_entry import LedgerEntry
from diagnostics.trials.outcome import Outcome, OutcomeError
from diagnostics.trials.trial_file import TrialError, read_trial
from diagnostics.trials.val_losses import same_samples
from trainer import run_folder
from trainer.datasets import is_function
from trainer.errors import TrainerError
from trainer.files import locked
from trainer.status import read_status
from trainer.trials.parent import TryError, read_run, trials_in
from trainer.trials.writing import append

ENDED = ("finished", "failed")


def settle(folder: str | os.PathLike[str]) -> list[LedgerEntry]:
    """Write what came of every trial in ``folder`` that has ended into its ledger; gives what was new.

    Anybody may do so at any time, one after the other: the first entry of a trial that ended well counts, and else the
    first. What is not at its end, was stopped, or is of a run that is gone or still trains is left for later. Raises
    ``TryError`` when the ledger cannot be written.
    """
    folder = Path(os.path.expanduser(folder))
    try:
        with locked(folder):
            entries = due(folder)
            for entry in entries:
                append(folder, entry)
    except LedgerError as error:
        raise TryError(str(error)) from error
    return entries


def due(folder: str | os.PathLike[str]) -> list[LedgerEntry]:
    """What came of the trials in ``folder`` and is not in its ledger yet; nothing is written.

    A trial that had failed, and was continued to its end, is due again. Raises ``TryError`` where the ledger cannot be
    read.
    """
    folder = Path(os.path.abspath(os.path.expanduser(folder)))
    try:
        ledger = read(folder)
    except LedgerError as error:
        raise TryError(str(error)) from error
    entries = []
    for trial_dir, trial in trials_in(folder):
        settled = ledger.of(trial_dir.name)
        if trial.kind not in ("full", "branch") or (settled is not None and settled.outcome != "failed"):
            continue
        entry = _entry(trial_dir, trial)
        if entry is None or _stands_there(entry, ledger):
            continue
        if settled is None or entry.outcome != "failed":
            entries.append(entry)
    return entries


def _stands_there(entry: LedgerEntry, ledger: Ledger) -> bool:
    """Was the same settled before, though it cannot be proven? It would not be by another line."""
    return any(replace(other, time=entry.time) == entry for other in ledger.unproven)


def outcome_of_trial(trial_dir: str | os.PathLike[str]) -> Outcome:
    """What the trial did to its run, or a branch to its control. Raises ``TryError``."""
    folder = Path(os.path.abspath(trial_dir))
    try:
        trial = read_trial(folder)
    except TrialError as error:
        raise TryError(str(error)) from error
    against = None if trial is None else against_what(folder, trial)
    if against is None:
        raise TryError(f"{folder} is not a trial, or its control run failed; there is nothing to compare it with")
    if not against.is_dir():
        raise TryError(f"{against}, the run that {folder.name} is a trial of, was moved or deleted; put it back")
    return _compared(against, read_run(against), folder)


def against_what(folder: Path, trial: Trial) -> Path | None:
    """The folder that a trial is compared with: its parent's, or for a branch that of the control; None without one."""
    parent = beside(folder, trial)
    if parent is None or trial.kind != "branch":
        return parent
    return next((control for control in controls_of(parent) if state_of(control) != "failed"), None)


def beside(folder: Path, trial: Trial) -> Path | None:
    """The folder of the trial's run, which lies beside its own; a file that names another is not followed there."""
    parent = trial.parent_of(folder)
    return parent if parent is not None and parent.parent == folder.parent and parent != folder else None


def controls_of(parent: Path) -> list[Path]:
    """The unchanged branches of a run, the newest first."""
    controls = [(folder, trial) for folder, trial in trials_in(parent.parent) if trial.kind == "control"]
    return [folder for folder, trial in reversed(controls) if trial.parent_of(folder) == parent]


def state_of(folder: Path) -> str | None:
    """Where the training stands; None where nobody began one."""
    status = run_folder.status(folder)
    return None if status is None else status.state


def _entry(folder: Path, trial: Trial) -> LedgerEntry | None:
    """What goes into the ledger; None for what cannot be settled yet, or did not say itself how it ended."""
    status = read_status(folder)
    parent, state = beside(folder, trial), None if status is None else status.state
    if parent is None or not parent.is_dir() or state not in ENDED:
        return None
    failed = LedgerEntry(
        trial=folder.name,
        parent=Path(os.path.relpath(parent, folder.parent)).as_posix(),
        change=trial.change,
        kind=trial.kind,
        outcome="failed",
        expected=trial.expected,
        before=trial.before,
        time=time.time(),
    )
    against = against_what(folder, trial)
    if state == "failed" or against is None:
        return failed
    base = _at_its_end(against, trial)
    if base is None:
        return None
    try:
        result = _compared(against, base, folder)
    except TryError:
        return failed
    return replace(
        failed,
        outcome=result.word,
        difference=result.difference,
        error=result.error,
        before=result.before.value,
        after=result.after.value,
    )


def _at_its_end(against: Path, trial: Trial) -> Run | None:
    """The run that a trial is compared with, once it does not train any more; None before, and without its log."""
    status = run_folder.status(against)
    if status is not None and (status.live or (trial.kind == "branch" and status.state != "finished")):
        return None
    try:
        base = read_run(against)
    except TryError:
        return None
    return base if base.val is not None else None


def _compared(against: Path, base: Run, folder: Path) -> Outcome:
    if same_samples(against, folder) is False and not _of_a_function(folder):
        raise TryError(
            f"{against.name} and {folder.name} were validated on different samples, so that they cannot be compared: "
            "the data changed in between. Put it back as it was, or train the run again"
        )
    try:
        return outcome(base, read_run(folder), against, folder)
    except OutcomeError as error:
        raise TryError(str(error)) from error


def _of_a_function(folder: Path) -> bool:
    """Are the samples those of a function, which may give them in another order each time?"""
    try:
        return is_function(run_folder.read_config(folder).dataset)
    except TrainerError:
        return False
