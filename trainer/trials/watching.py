"""Watching: a trial at work, shown until it ends or a person stops it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from typing import Protocol

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from diagnostics import open_logs
from diagnostics.logs.folders.folder import LogError
from trainer import job, run_folder
from trainer.status import Status

LOOK = 0.2  # seconds between two looks
LINES = 10  # printed over the length of a trial where there is no terminal


class AtWork(Protocol):
    """A trial that somebody watches."""

    folder: Path

    def poll(self) -> Status:
        """Where it stands now."""

    def stop(self) -> None:
        """Ask it to end in order."""


class OwnTrial:
    """A trial that the trainer runs in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def poll(self) -> Status:
        return run_folder.status(self.folder) or Status("failed", message=f"{self.folder} is gone")

    def stop(self) -> None:
        with suppress(run_folder.JobError):  # it may have ended meanwhile
            job.stop(self.folder)


def watch(trials: Sequence[AtWork], console: Console, interrupted: Event) -> list[Status]:
    """Show trials until all have ended; gives their ends. Once ``interrupted`` is set, they are stopped in order."""
    passed_on = False
    with _shown([trial.folder for trial in trials], console) as show:
        while True:
            statuses = [trial.poll() for trial in trials]
            show(statuses)
            if not any(status.live for status in statuses):
                return statuses
            if interrupted.is_set() and not passed_on:
                passed_on = True
                for trial in trials:
                    trial.stop()
            time.sleep(LOOK)


_Show = Callable[[Sequence[Status]], None]


@contextmanager
def _shown(folders: Sequence[Path], console: Console) -> Iterator[_Show]:
    """What draws where trials stand: a bar each on a terminal, else a line now and then."""
    logs = [_Progress(folder) for folder in folders]
    if not console.is_terminal:
        yield _Lines(logs, console)
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        tasks = [bars.add_task(log.folder.name, total=None) for log in logs]

        def show(statuses: Sequence[Status]) -> None:
            for task, log, status in zip(tasks, logs, statuses, strict=True):
                about = f"{log.folder.name}: {log}"
                bars.update(task, completed=status.epoch, total=status.epochs or None, description=about)

        yield show


class _Lines:
    """A line at each tenth of the length."""

    def __init__(self, logs: Sequence[_Progress], console: Console) -> None:
        self.logs, self.console, self.printed = logs, console, [0] * len(logs)

    def __call__(self, statuses: Sequence[Status]) -> None:
        for place, (log, status) in enumerate(zip(self.logs, statuses, strict=True)):
            done = LINES * status.epoch // max(status.epochs, 1)
            if done > self.printed[place]:
                self.printed[place] = done
                self.console.print(f"{log.folder.name}: epoch {status.epoch} of {status.epochs}, {log}")


class _Progress:
    """What a trial has reached so far, in words."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with suppress(LogError):
            self.logs = open_logs(folder)

    def __str__(self) -> str:
        self.logs.poll()
        for run in self.logs.runs.values():
            if run.val is not None and run.primary is not None and np.isfinite(run.val.values).any():
                sign = -1.0 if run.primary.higher_is_better else 1.0
                best = sign * float(np.nanmin(sign * run.val.values))
                last = math.nan if run.val.last is None else run.val.last
                return f"validation {last:.4g}, best {best:.4g}"
        return "nothing logged yet"
