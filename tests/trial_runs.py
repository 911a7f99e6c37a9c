"""Runs to try things on, for tests: a parent that overfits, and a program that trains in an instant."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np

from diagnostics.trials.ledger_entry import LedgerEntry
from diagnostics.trials.trial_file import Trial
from tests.overfitting import turning
from tests.writers import write_run
from trainer.config import Config
from trainer.status import CONFIG, Status, write_status
from trainer.trials.writing import append, write_trial

TINY = Config(train_size=60, width=4, threads=1, epochs=2)
PYTHON = shlex.quote(sys.executable)  # as a command has it: its path may have spaces
CHANGE = {"weight_decay": (0.0, 0.5), "dropout": (0.0, 0.1)}

# Writes a history whose best validation loss is 1 without weight decay, and better the closer that is to 0.5.
PROGRAM = """
import csv, sys
from pathlib import Path

logdir, decay, dropout = Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
if decay == FAILS_AT:
    sys.exit(f"no training with {decay}")
best = 1.3 if decay == HARMS_AT else 1 - 0.3 * max(0.0, 1 - abs(decay - 0.5) / 0.5)
rise = 0.5 if decay == 0 else 0.0
with (logdir / "history.csv").open("w", newline="") as file:
    table = csv.writer(file)
    table.writerow(["epoch", "train_loss", "val_loss"])
    for epoch in range(40):
        fall = 2 * max(0.0, 1 - epoch / 9)
        wobble = 0.002 * (-1) ** epoch
        train = 3 * 0.87 ** epoch if decay == 0 else max(0.9, 3 * 0.87 ** epoch)
        table.writerow([epoch, train, best + fall + wobble + rise * max(0, epoch - 9) / 30])
"""


def write_parent(folder: Path, *, config: Config | None = TINY, lr: float | None = 1e-3, onset: int = 9) -> Path:
    """The log of a run that overfits after epoch 10 of 40, of ours when ``config`` is given; its folder."""
    val = turning(onset).values
    curves = {"loss/train": np.geomspace(3, 0.01, len(val)), "loss/val": val}
    if lr is not None:
        curves |= {"optim/lr": np.full(len(val), lr), "optim/lr_sum": np.full(len(val), 50 * lr)}
    write_run(folder, curves)
    if config is not None:
        (folder / CONFIG).write_text(config.to_json())
    return folder


def write_settled(folder: Path, parent: Path, best: float, *, rise: float = 0.0, **known: object) -> Path:
    """A finished trial of ``parent`` in ``folder`` whose validation gets to ``best``, and stays there or rises."""
    epochs = np.arange(40)
    val = best + 2 * np.maximum(0, 1 - epochs / 9) + 0.002 * (-1.0) ** epochs + rise * np.maximum(0, epochs - 9) / 30
    floor = 1.4 if rise == 0 else 0.0
    write_run(folder, {"loss/train": np.maximum(np.geomspace(3, 0.1, 40), floor), "loss/val": val})
    about = {"kind": "full", "change": CHANGE, "before": "overfitting", **known}
    write_trial(folder, Trial(f"../{parent.name}", **about))
    write_status(folder, Status("finished", epoch=40, epochs=40))
    return folder


def append_proven(folder: Path, entry: LedgerEntry) -> None:
    """Append an entry whose trial is there, as the entry says."""
    (folder / entry.trial).mkdir(exist_ok=True)
    write_trial(folder / entry.trial, Trial(f"../{entry.parent}", entry.kind, entry.change, expected=entry.expected))
    append(folder, entry)


def program(folder: Path, *, fails_at: float | None = None, harms_at: float | None = None) -> str:
    """The command of a program that trains in an instant."""
    path = folder / "train.py"
    path.write_text(f"FAILS_AT, HARMS_AT = {fails_at}, {harms_at}\n{PROGRAM}")
    return f"{PYTHON} '{path}' {{logdir}} {{weight_decay=0}} {{dropout=0}}"


def train_by(folder: Path, decay: float = 0.0) -> Path:
    """A run of that program."""
    folder.mkdir(parents=True)
    program(folder.parent)
    subprocess.run([sys.executable, str(folder.parent / "train.py"), str(folder), str(decay), "0"], check=True)
    return folder
