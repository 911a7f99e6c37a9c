"""Belief: whether a line of a ledger agrees with what the folders beside it hold.

Anybody can write lines into a file. One counts only if the trial it tells of is there, is what the line says, and shows
what the line says where its folder and its run's keep the losses to compare.
"""

from __future__ import annotations

import os
from pathlib import Path

from diagnostics.trials.ledger_entry import LedgerEntry
from diagnostics.trials.repair_file import REPAIRED, read_repair
from diagnostics.trials.trial_file import TrialError, read_trial
from diagnostics.trials.val_losses import val_losses

ROUNDING = (
    0.02  # how far a difference may be from that of the losses kept: both are logged in single precision, rounded
)


def agrees(folder: Path, entry: LedgerEntry) -> bool:
    """Is the trial of an entry right below ``folder``, the one that the entry tells of, and no other in its numbers?"""
    if entry.kind == "repair":
        return _is_of_its_run(folder, entry)
    if Path(entry.trial).name != entry.trial:
        return False
    trial_dir = folder / entry.trial
    try:
        trial = read_trial(trial_dir)
    except TrialError:
        return False
    if trial is None:
        return False
    parent = Path(os.path.normpath(folder.absolute() / entry.parent))
    claimed = entry.kind, entry.change, entry.expected, parent
    if (trial.kind, trial.change, trial.expected, trial.parent_of(trial_dir)) != claimed:
        return False
    if entry.kind != "full" or entry.difference is None:
        return True
    ours, theirs = val_losses(parent), val_losses(trial_dir)
    if ours is None or theirs is None or ours[0].mean() <= 0:
        return True
    ratio = float(theirs[0].mean() / ours[0].mean())
    return abs(ratio - 1 - entry.difference) <= ROUNDING * max(1.0, ratio)


def _is_of_its_run(folder: Path, entry: LedgerEntry) -> bool:
    """Has the run of that name right below ``folder`` been repaired, with that result?"""
    if Path(entry.parent).name != entry.parent or entry.trial != f"{entry.parent}/{REPAIRED}":
        return False
    repair = read_repair(folder / entry.parent)
    if repair is None or not repair.rewinds or repair.val_loss is None or entry.difference is None:
        return False
    before = repair.rewinds[0].val_loss
    ratio = repair.val_loss / before if before else 1.0
    return abs(ratio - 1 - entry.difference) <= ROUNDING * max(1.0, abs(ratio))
