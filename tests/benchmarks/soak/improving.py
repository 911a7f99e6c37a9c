"""Dose after dose: ``improve`` or its trials killed, and begun again until it ends by itself."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

from diagnostics.trials.ledger import LEDGER, read
from tests.benchmarks.soak import invariants
from tests.benchmarks.soak.invariants import SoakError, until
from tests.trial_runs import PYTHON
from trainer import job
from trainer.config import Config
from trainer.status import read_status
from trainer.trials.parent import trials_in

OVERFITTING = Config(train_size=100, width=64, epochs=100, label_noise=0.4, lr=5e-3, threads=1)
BUDGET = 2
CALLS = 12  # of the same command, after which it should have ended by itself

# any program that overfits; a stronger dose is as bad here, so that the whole budget is spent
PROGRAM = """
import csv, sys, time
from pathlib import Path

logdir, decay, dropout = Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
with (logdir / "history.csv").open("w", newline="") as file:
    table = csv.writer(file)
    table.writerow(["epoch", "train_loss", "val_loss"])
    for epoch in range(40):
        val = 1 + 2 * max(0.0, 1 - epoch / 9) + 0.002 * (-1) ** epoch + 0.5 * max(0, epoch - 9) / 30
        table.writerow([epoch, 3 * 0.87**epoch, val + decay / 100 + dropout / 100])
        file.flush()
        time.sleep(float(sys.argv[4]))
"""
FLAGS = ("--lr", "0.001", "--steps-per-epoch", "50", "--architecture", "mlp", "--optimizer", "adamw")


class Improvement(invariants.Command):
    """``improve`` of ``run_dir``, by this trainer or by a ``command``."""

    def __init__(self, run_dir: Path, rng: random.Random, mark: str, command: Sequence[str] = ()) -> None:
        self.run_dir, self.rng, self.mark, self.command = run_dir, rng, mark, command
        self.begin()

    def begin(self) -> None:
        """The same command, once more."""
        words = ["improve", str(self.run_dir), "--budget", str(BUDGET), *self.command]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "trainer", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def trials(self) -> list[psutil.Process]:
        """The processes that train one."""
        return invariants.processes(self.mark, f"{self.run_dir}-try-")


def kill_trial(improvement: Improvement) -> None:
    """The training, which then has failed."""
    invariants.kill(*improvement.trials())


def kill_improve(improvement: Improvement) -> None:
    """The process that waits; a training of ours goes on."""
    improvement.process.kill()
    improvement.end()


def kill_both(improvement: Improvement) -> None:
    """As if the machine had been switched off."""
    improvement.process.send_signal(signal.SIGSTOP)
    invariants.kill(*improvement.trials())
    improvement.process.kill()
    improvement.end()


Fault = Callable[[Improvement], None]
FAULTS: dict[str, Fault] = {
    "training of a trial killed": kill_trial,
    "improve killed": kill_improve,
    "improve and its trial killed": kill_both,
    "improve interrupted": Improvement.interrupt,
}


def whole(folder: Path) -> Path:
    """The runs of an ``improve`` that nobody disturbs."""
    runs = folder / "whole-trials"
    with invariants.marked() as mark:
        _train(runs)
        improvement = Improvement(runs / "exp", random.Random(0), mark)
        printed = improvement.end()
        if improvement.process.returncode:
            raise SoakError(f"an improve that nobody disturbs ends with {printed}")
    return runs


def _train(runs: Path) -> None:
    job.start(OVERFITTING, runs / "exp")
    until(lambda: job.status(runs / "exp"), lambda status: status is not None and not status.live, "the end of a run")


def scenario(folder: Path, rng: random.Random, reference: Path, faults: list[str]) -> dict[str, str]:
    """Through these faults to the end: every dose has the run of ``reference``, and is in the ledger once."""
    why = f"after {', '.join(faults)}"
    with invariants.marked() as mark, invariants.watched(folder):
        _train(folder / "runs")
        improvement = Improvement(folder / "runs" / "exp", rng, mark)
        _disturb(improvement, faults, why)
        invariants.need_no_process(mark, why)
        invariants.need_sound(folder, why)
    _need_ledger(folder / "runs", why)
    doses = _doses(folder / "runs", why)
    for change, trial in _doses(reference, why).items():
        if change not in doses:
            raise SoakError(f"{why}: no trial of {change} finished, but of {sorted(doses)}")
        invariants.need_same_run(doses[change], trial, f"{why}, {doses[change].name}")
    return {}


def scenario_of_command(folder: Path, rng: random.Random, reference: Path, faults: list[str]) -> dict[str, str]:
    """The same with a program of somebody else's, which cannot be continued: it is begun again, and none is left."""
    why = f"after {', '.join(faults)} of a command"
    runs, program = folder / "runs", folder / "train.py"
    (runs / "exp").mkdir(parents=True)
    program.write_text(PROGRAM)
    subprocess.run([sys.executable, str(program), str(runs / "exp"), "0", "0", "0"], check=True)
    template = f"{PYTHON} '{program}' {{logdir}} {{weight_decay=0}} {{dropout=0}} 0.05"
    with invariants.marked() as mark, invariants.watched(folder):
        improvement = Improvement(runs / "exp", rng, mark, ["--command", template, *FLAGS])
        _disturb(improvement, faults, why)
        invariants.need_no_process(mark, why)
        invariants.need_sound(folder, why)
    _need_ledger(runs, why)
    if len(finished := _doses(runs, why)) != BUDGET:
        raise SoakError(f"{why}: {sorted(finished)} have finished, not {BUDGET} trials")
    return {}


def _disturb(improvement: Improvement, faults: list[str], why: str) -> None:
    for name in faults:
        until(lambda: improvement.trials() or improvement.over(), bool, "a trial")
        epoch = improvement.rng.randrange(0, 30)
        until(lambda at=epoch: improvement.over() or _epochs(improvement) >= at, bool, "its first epochs")
        FAULTS[name](improvement)
        _need_no_inferred_ends(improvement.run_dir.parent, why)
        if name == "training of a trial killed":
            improvement.end()
        if improvement.over():
            improvement.end()
            improvement.begin()
    for _ in range(CALLS):
        printed = improvement.end()
        if improvement.process.returncode == 0 and "Stopping:" in printed:
            return
        improvement.begin()
    improvement.end()
    raise SoakError(f"{why}: the same command does not come to its end: {printed}")


def _epochs(improvement: Improvement) -> int:
    """Of the trial at work."""
    live = [status for status in job.find(improvement.run_dir.parent).values() if status.live]
    return max((status.epoch for status in live), default=0)


def _need_no_inferred_ends(runs: Path, why: str) -> None:
    for trial_dir, _ in trials_in(runs):
        status = read_status(trial_dir)
        if status is not None and "unexpectedly" in status.message:
            raise SoakError(f"{why}: {trial_dir} says that it failed, which nobody saw")


def _doses(runs: Path, why: str) -> dict[str, Path]:
    """Change -> the trial that finished. Raises ``SoakError`` where there are two."""
    finished = {folder: trial for folder, trial in trials_in(runs) if invariants.has_finished(folder)}
    changes = Counter(json.dumps(trial.change, sort_keys=True) for trial in finished.values())
    if twice := [change for change, times in changes.items() if times > 1]:
        raise SoakError(f"{why}: {twice} was tried to the end more than once")
    return {json.dumps(trial.change, sort_keys=True): folder for folder, trial in finished.items()}


def _need_ledger(runs: Path, why: str) -> None:
    """Raises ``SoakError`` unless the ledger has each trial that finished once, and no other as an outcome."""
    lines = [json.loads(line)["trial"] for line in (runs / LEDGER).read_text().splitlines()]
    ledger = read(runs)
    if ledger.skipped or ledger.unproven:
        raise SoakError(f"{why}: the ledger has {ledger.skipped} torn lines and {ledger.unproven} without a trial")
    ended = {folder.name for folder, _ in trials_in(runs) if invariants.has_finished(folder)}
    counted = {entry.trial for entry in ledger.entries if entry.outcome != "failed"}
    if ended != counted:
        raise SoakError(f"{why}: {ended} have finished, and the ledger counts {counted} of {lines}")
    if twice := [trial for trial in counted if lines.count(trial) > 1]:
        raise SoakError(f"{why}: the ledger has several lines of {twice}")
