"""Training: one run of a trial as a process; the trainer's own, or any program's."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import psutil

from trainer import job, run_folder
from trainer.config import with_strengths
from trainer.processes.command import Command, end_session
from trainer.processes.liveness import IDENTITY, lives
from trainer.strengths import Value
from trainer.tuning.plan import SEED, Plan


class TrainingProcess(Protocol):
    """A process that trains; ``identity`` tells it from every other."""

    identity: dict[str, Any]

    def running(self, seconds: float = 0.0) -> bool:
        """Whether it still runs, after waiting at most so many ``seconds`` for its end."""

    def stop(self) -> None:
        """Ask it to end in order."""

    def end(self) -> None:
        """End it now, politely first."""

    def check(self) -> None:
        """Raises ``TrainerError`` when it has failed."""

    def stopped(self) -> bool:
        """Whether a person has stopped it, as far as it says."""


class OwnTraining:
    """A training of the trainer's, started in ``folder``."""

    def __init__(self, folder: Path, point: Mapping[str, Value], plan: Plan, *, seed: int, threads: int | None) -> None:
        assert plan.config is not None
        config = with_strengths(plan.config, point)
        config = replace(config, seed=config.seed + seed, threads=config.threads or threads)
        self._folder = folder
        status = job.start(config, folder)
        self.identity = {name: getattr(status, name) for name in IDENTITY}

    def running(self, seconds: float = 0.0) -> bool:
        deadline = time.monotonic() + seconds
        while (status := run_folder.status(self._folder)) is not None and status.live:
            if (left := deadline - time.monotonic()) <= 0:
                return True
            time.sleep(min(0.05, left))
        return False

    def stop(self) -> None:
        with suppress(run_folder.JobError):
            job.stop(self._folder)

    def end(self) -> None:
        if lives(self.identity):
            end_by_number(self.identity["pid"])

    def stopped(self) -> bool:
        status = run_folder.status(self._folder)
        return status is not None and status.state == "stopped"

    def check(self) -> None:
        status = run_folder.status(self._folder)
        if status is not None and status.state == "failed":
            raise run_folder.JobError(f"the training in {self._folder} failed: {status.message}")


class CommandTraining:
    """A program that was started from a template, in ``folder``."""

    def __init__(self, folder: Path, point: Mapping[str, Value], plan: Plan, *, seed: int) -> None:
        command = Command(plan.command or "")
        self._program = command.start({**point, **({SEED: seed} if SEED in command.fields else {})}, folder)
        self.identity = self._program.identity
        self.running, self.check = self._program.running, self._program.check
        self.stop = self.end = self._program.end

    def stopped(self) -> bool:
        return False


def start(folder: Path, point: Mapping[str, Value], plan: Plan, *, seed: int, threads: int | None) -> TrainingProcess:
    """Begin to train a point in ``folder`` with the ``seed``-th of its seeds. Raises ``TrainerError``."""
    if plan.command is not None:
        return CommandTraining(folder, point, plan, seed=seed)
    return OwnTraining(folder, point, plan, seed=seed, threads=threads)


def end_by_number(pid: int) -> None:
    """End the process of that number, and all of its session."""
    with suppress(psutil.NoSuchProcess):
        end_session(pid, psutil.Process(pid).wait)
