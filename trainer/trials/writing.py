"""Writing: what a trial says of itself, and what came of it, into the folder of its runs."""

from __future__ import annotations

import json
import os
from pathlib import Path

from diagnostics.trials.ledger import LEDGER, LedgerError
from diagnostics.trials.ledger_entry import LedgerEntry
from diagnostics.trials.repair_file import REPAIR, RepairRecord
from diagnostics.trials.trial_file import TRIAL, Trial, TrialError
from trainer import files


def write_trial(run_dir: str | os.PathLike[str], trial: Trial) -> None:
    """Write ``trial.json`` by rename, so that a reader never sees half of it. Raises ``TrialError``."""
    path = Path(run_dir, TRIAL)
    try:
        files.write(path, json.dumps(trial.as_json(), indent=1, allow_nan=False).encode())
    except OSError as error:
        raise TrialError(f"cannot write {path}: {error.strerror}; make room or choose another folder") from error


def write_repair(run_dir: str | os.PathLike[str], repair: RepairRecord) -> None:
    """Write ``repair.json`` by rename, so that a reader never sees half of it. Raises ``OSError``."""
    files.write(Path(run_dir, REPAIR), json.dumps(repair.as_json(), indent=1, allow_nan=False).encode())


def append(folder: str | os.PathLike[str], entry: LedgerEntry) -> None:
    """Add a line to the ledger of ``folder``; any number of processes may do so at once. Raises ``LedgerError``."""
    path = Path(folder, LEDGER)
    try:
        files.append_line(path, json.dumps(entry.as_json(), allow_nan=False).encode())
    except OSError as error:
        raise LedgerError(
            f"cannot write {path}: {error.strerror}; put that right, then settle the trial again"
        ) from error
