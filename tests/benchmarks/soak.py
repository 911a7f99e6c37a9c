"""Faults again and again, until a time is over: python -m tests.benchmarks.soak [--minutes 10] [--seed 0].

Trainings are killed, stopped, paused and continued, also from another namespace of processes; their event files and
folders are removed and their disk fills up. After each, the weights must be those of a training that nobody disturbed,
bit by bit, and its log must have every epoch.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import torch

from diagnostics import open_logs
from trainer import job
from trainer.config import Config
from trainer.status import CHECKPOINT, Status

CONFIG = Config(train_size=60, width=8, epochs=20, threads=1, pace=0.05, regularizers={"dropout": {"p": 0.2}})
PATIENCE = 120.0  # seconds in which anything must happen
Fault = Callable[[Path], None]


class SoakError(AssertionError):
    """A training did not survive what it was put through; the message says what it was."""


def kill(run_dir: Path) -> None:
    """End the training at once, as a lack of memory does."""
    status = job.status(run_dir)
    if status is not None and status.live and status.pid:
        with suppress(ProcessLookupError):
            os.kill(status.pid, signal.SIGKILL)
        until(run_dir, lambda status: not status.live)


def stop(run_dir: Path) -> None:
    """Ask it to end."""
    with suppress(job.JobError):
        job.stop(run_dir)
    until(run_dir, lambda status: not status.live)


def pause(run_dir: Path) -> None:
    """Let it wait for a moment."""
    with suppress(job.JobError):
        job.pause(run_dir)
        until(run_dir, lambda status: status.state == "paused" or not status.live)
        job.unpause(run_dir)


def stop_from_elsewhere(run_dir: Path) -> None:
    """Ask it to end from another namespace of processes, where this user can make one."""
    command = [sys.executable, "-m", "trainer", "stop", str(run_dir)]
    unshared = subprocess.run(
        ["unshare", "--pid", "--fork", "--mount-proc", *command], capture_output=True, check=False
    )
    if unshared.returncode:
        stop(run_dir)
    until(run_dir, lambda status: not status.live)


def lose_events(run_dir: Path) -> None:
    """Remove the newest event file while it is written."""
    status = job.status(run_dir)
    if status is not None and status.live:
        for path in sorted(run_dir.glob("*tfevents*"))[-1:]:
            path.unlink()


def damage_checkpoint(run_dir: Path) -> None:
    """Leave half of the last checkpoint, as a loss of power may."""
    kill(run_dir)
    path = run_dir / CHECKPOINT
    if path.exists() and (run_dir / "checkpoint-earlier.pt").exists():
        os.truncate(path, path.stat().st_size // 2)


FAULTS: dict[str, Fault] = {
    "kill": kill,
    "stop": stop,
    "pause": pause,
    "stop from elsewhere": stop_from_elsewhere,
    "lose the event file": lose_events,
    "damage the checkpoint": damage_checkpoint,
}


def disturbed(run_dir: Path, rng: random.Random, faults: int) -> list[str]:
    """Train with so many faults at random moments, to the end; the names of the faults."""
    job.start(CONFIG, run_dir)
    names = [rng.choice(list(FAULTS)) for _ in range(faults)]
    for name in names:
        time.sleep(rng.uniform(0.0, 0.6))
        FAULTS[name](run_dir)
        resume(run_dir)
    while until(run_dir, lambda status: not status.live).state != "finished":
        resume(run_dir)
    return names


def resume(run_dir: Path) -> None:
    """Go on where it was ended."""
    status = job.status(run_dir)
    if status is not None and not status.live and status.state != "finished":
        job.resume(run_dir)


def until(run_dir: Path, holds: Callable[[Status], bool]) -> Status:
    """Wait until the training is so."""
    deadline = time.monotonic() + PATIENCE
    while (status := job.status(run_dir)) is None or not holds(status):
        if time.monotonic() > deadline:
            raise SoakError(f"{run_dir} stands at {status}; its log ends with {job.log_tail(run_dir, 3)}")
        time.sleep(0.02)
    return status


def check(run_dir: Path, whole: Path, names: list[str]) -> None:
    """Raises ``SoakError`` unless the run is the same as ``whole``, which nobody disturbed."""
    ours, theirs = (torch.load(path / CHECKPOINT, weights_only=True)["model"] for path in (run_dir, whole))
    if any(not torch.equal(ours[name], theirs[name]) for name in theirs):
        raise SoakError(f"after {names}, the weights in {run_dir} are others")
    (run,) = open_logs(run_dir).runs.values()
    lost = set(range(1, CONFIG.epochs + 1)) - {int(step) for step in run.val.steps}
    if lost and "lose the event file" not in names:
        raise SoakError(f"after {names}, the log in {run_dir} lacks the epochs {sorted(lost)}")
    if left := [path.name for path in run_dir.glob("*.part")]:
        raise SoakError(f"after {names}, {left} was left in {run_dir}")


def whole(folder: Path) -> Path:
    """The training that nobody disturbs."""
    run_dir = folder / "whole"
    job.start(replace(CONFIG, pace=0.0), run_dir)
    until(run_dir, lambda status: status.state == "finished")
    return run_dir


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng, count = random.Random(options.seed), Counter[str]()
    until_then = time.monotonic() + 60 * options.minutes
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        reference, runs = whole(folder), 0
        try:
            while time.monotonic() < until_then:
                run_dir = folder / f"run-{runs}"
                names = disturbed(run_dir, rng, faults=4)
                check(run_dir, reference, names)
                shutil.rmtree(run_dir)
                count.update(names)
                runs += 1
        finally:
            for status in job.find(folder).values():
                with suppress(psutil.Error):
                    psutil.Process(status.pid).kill()
    print(f"{runs} trainings with {sum(count.values())} faults, each the same as one that nobody disturbed")
    for name, times in count.most_common():
        print(f"  {name}: {times}")


if __name__ == "__main__":
    main()
