"""Parent: the run that a trial changes, with what its log says of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from diagnostics import Diagnosis, GivenSetup, Ledger, Run, Setup, Trial, diagnose_run, open_logs, read_trial, setup_of
from diagnostics.logs.folders.folder import LogError
from diagnostics.logs.pace import has_ended
from diagnostics.trials.ledger import LedgerError, read
from diagnostics.trials.repair_file import RepairRecord, read_repair
from diagnostics.trials.trial_file import TrialError
from trainer import run_folder
from trainer.config import Config, with_strengths
from trainer.errors import TrainerError
from trainer.status import CONFIG

SEED = "seed"
MOST_FOLDERS = 10_000  # below that of a run; more are a disk or a home, which nobody means
SETTINGS = ("epochs", SEED)  # what a trial can change beside strengths


class TryError(TrainerError):
    """A trial that cannot be made or judged; the message says what was found and the way out."""


@dataclass(frozen=True)
class Parent:
    """A run in its ``folder``. ``config`` is None for a run of another program, and ``no_config`` says why."""

    folder: Path
    run: Run
    diagnosis: Diagnosis
    setup: Setup
    ledger: Ledger
    config: Config | None
    no_config: str = ""

    @property
    def name(self) -> str:
        """What its folder is called."""
        return self.folder.name

    def now(self, lever: str) -> float | None:
        """The strength in use; 0 when off, None when that is not known. ``SETTINGS`` are levers, too."""
        if self.config is None:
            return self.setup.strengths.get(lever)
        if lever in SETTINGS:
            return float(getattr(self.config, lever))
        settings = self.config.regularizers.get(lever)
        return 0.0 if settings is None else float(next(iter(settings.values())) or 0)

    def need_config(self) -> Config:
        """What the trainer was asked for. Raises ``TryError`` for a run of another program."""
        if self.config is None:
            raise TryError(
                f"{self.name} can be trained again only by the program that trained it: {self.no_config}. Give its "
                "command: --command 'python train.py --wd {weight_decay} --dropout {dropout} --logdir {logdir}'"
            )
        return self.config

    def trials(self) -> list[tuple[Path, Trial]]:
        """Every trial of this run beside it, in the order of their names; what cannot be read is none."""
        beside = trials_in(self.folder.parent)
        return [(folder, trial) for folder, trial in beside if trial.parent_of(folder) == self.folder]


def read_parent(
    run_dir: str | os.PathLike[str], given: GivenSetup | None = None, defaults: Mapping[str, float] | None = None
) -> Parent:
    """The run in a folder, diagnosed. Raises ``TryError`` where there is none.

    ``defaults`` are strengths in use where neither a person nor the log says any.
    """
    folder = Path(os.path.abspath(os.path.expanduser(run_dir)))
    run = read_run(folder)
    config, no_config = own_config(folder)
    try:
        ledger = read(folder.parent)
    except LedgerError as error:
        raise TryError(str(error)) from error
    setup = setup_of(run, folder, given)
    setup = replace(setup, strengths={**(defaults or {}), **setup.strengths})
    val_samples = None if given is None else given.val_samples
    diagnosis = diagnose_run(run, finished=has_ended(run, folder), val_samples=val_samples)
    return Parent(folder, run, diagnosis, setup, ledger, config, no_config)


def read_run(folder: Path) -> Run:
    """The one run of a folder. Raises ``TryError``."""
    if not os.path.isdir(folder):  # False for a name that is too long, too
        raise TryError(f"there is no folder {folder}; check the path")
    _need_few_folders(folder)
    try:
        runs = open_logs(folder).runs
    except LogError as error:
        raise TryError(str(error)) from error
    if not runs:
        raise TryError(f"{folder} holds no training log; name a folder that a training logged to")
    if "." in runs:
        return runs["."]
    validated = {name: run for name, run in runs.items() if run.val is not None} or runs
    if len(validated) > 1:
        names = ", ".join(sorted(validated)[:5])
        raise TryError(f"{folder} holds {len(validated)} runs ({names}); name the folder of one")
    return next(iter(validated.values()))


def _need_few_folders(folder: Path) -> None:
    """Raises ``TryError`` for what would be read for minutes only to find that it is no run."""
    if sum(1 for _ in islice(os.walk(folder), MOST_FOLDERS + 1)) > MOST_FOLDERS:
        raise TryError(
            f"{folder} holds more than {MOST_FOLDERS:,} folders, so it is not the folder of one run; name that of the "
            "run to change"
        )


def own_config(folder: Path) -> tuple[Config | None, str]:
    """What the trainer was asked for, with the dose of a repair that helped; for another program's None, and why."""
    if not (folder / CONFIG).is_file():
        return None, f"it has no {CONFIG} of Fitwatch's trainer"
    try:
        return _with_kept_dose(run_folder.read_config(folder), read_repair(folder)), ""
    except TrainerError as error:
        return None, str(error)


def _with_kept_dose(config: Config, repair: RepairRecord | None) -> Config:
    """With the strengths that the best weights were trained with in the end, which the advice starts from."""
    if repair is None or not repair.kept or repair.best_epoch is None:
        return config
    kept = [rewind.strengths for rewind in repair.rewinds if rewind.epoch < repair.best_epoch]
    return with_strengths(decoupled(config), kept[-1]) if kept else config


def decoupled(config: Config) -> Config:
    """With AdamW's decay where the run has Adam's, which adds it to the gradient: a dose is another number there."""
    decay = config.regularizers.get("weight_decay")
    if decay is None or config.optimizer != "adam" or decay.get("kind") != "coupled":
        return config
    return replace(config, regularizers={**config.regularizers, "weight_decay": {**decay, "kind": "decoupled"}})


def trials_in(folder: Path) -> list[tuple[Path, Trial]]:
    """The folders right below that are a trial, in the order of their names; what cannot be read is none."""
    trials = []
    for path in sorted(folder.glob("*/trial.json"), key=lambda path: _in_order(path.parent.name)):
        try:
            trial = read_trial(path.parent)
        except TrialError:
            continue
        if trial is not None:
            trials.append((path.parent, trial))
    return trials


def _in_order(name: str) -> tuple[str, int]:
    """So that try-10 comes after try-9."""
    stem, _, number = name.rpartition("-")
    return (stem, int(number)) if number.isascii() and number.isdigit() else (name, 0)
