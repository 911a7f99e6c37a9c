"""A search by two workers: its workers, its trainings, the process that waits for them, or all of them killed."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from diagnostics import read_trial
from tests.benchmarks.soak import invariants
from tests.benchmarks.soak.invariants import SoakError, until
from trainer.status import STATUS

GRID = ("--grid", "dropout=0,.2,.4 weight_decay=0,.1", "--pruner", "none")
SETTINGS = ("--train-size", "60", "--width", "8", "--epochs", "6", "--pace", "0.05", "--threads", "1")
POINTS = 6


class Search(invariants.Command):
    """``tune`` in ``folder``, begun again after each fault until it has ended by itself."""

    def __init__(self, folder: Path, rng: random.Random, mark: str) -> None:
        self.folder, self.rng, self.mark = folder, rng, mark
        self.begin()

    def begin(self) -> None:
        """The same command, once more."""
        command = [sys.executable, "-m", "trainer", "tune", "--logdir", str(self.folder), *SETTINGS, *GRID]
        self.process = subprocess.Popen(
            [*command, "--workers", "2"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )

    def workers(self) -> list[psutil.Process]:
        """Those that take trials."""
        return invariants.processes(self.mark, "spawn_main")

    def trainings(self) -> list[psutil.Process]:
        """Those that train one."""
        return invariants.processes(self.mark, "work", str(self.folder))


def kill_worker(search: Search) -> None:
    """One of the workers, which is replaced."""
    if workers := search.workers():
        invariants.kill(search.rng.choice(workers))


def kill_training(search: Search) -> None:
    """One of the trainings, whose trial has failed; a search of a grid fills the hole when it is begun again."""
    if trainings := search.trainings():
        invariants.kill(search.rng.choice(trainings))


def kill_parent(search: Search) -> None:
    """The process that waits for the workers, which end by themselves."""
    search.process.kill()
    search.end()
    until(search.workers, lambda left: not left, "the end of the workers")


def kill_everything(search: Search) -> None:
    """All of it at once, as if the machine had been switched off."""
    search.process.send_signal(signal.SIGSTOP)  # or it would replace what is killed first
    invariants.kill(*invariants.processes(search.mark))
    search.end()


def lose_trainers_of_workers(search: Search) -> None:
    """The workers and the process that waits for them; the trainings go on without anybody who looks."""
    search.process.send_signal(signal.SIGSTOP)
    invariants.kill(*search.workers())
    search.process.kill()
    search.end()


Fault = Callable[[Search], None]
FAULTS: dict[str, Fault] = {
    "worker killed": kill_worker,
    "training of a trial killed": kill_training,
    "tune killed": kill_parent,
    "tune and its workers killed": lose_trainers_of_workers,
    "all killed": kill_everything,
    "tune interrupted": Search.interrupt,
}


def whole(folder: Path) -> dict[str, float]:
    """Point -> value of a search that nobody disturbs."""
    with invariants.marked() as mark:
        search = Search(folder / "whole-search", random.Random(0), mark)
        if complaint := search.end():
            raise SoakError(f"a search that nobody disturbs complains: {complaint}")
        return values(search)


def values(search: Search) -> dict[str, float]:
    """Point -> value of the complete trials. Raises ``SoakError`` where one was counted twice."""
    complete = [trial for trial in trials(search) if trial["state"] == "complete"]
    points = Counter(json.dumps(trial["params"], sort_keys=True) for trial in complete)
    if twice := [point for point, times in points.items() if times > 1]:
        raise SoakError(f"the study in {search.folder} counts {twice} more than once")
    return {json.dumps(trial["params"], sort_keys=True): trial["value"] for trial in complete}


def trials(search: Search) -> list[dict[str, Any]]:
    """What ``study.json`` says of each."""
    path = search.folder / "tune" / "study.json"
    return json.loads(path.read_text())["trials"] if path.exists() else []


def scenario(folder: Path, rng: random.Random, reference: dict[str, float], faults: list[str]) -> dict[str, str]:
    """Search to the end through these faults; every point has the value of ``reference``, once."""
    why = f"after {', '.join(faults)}"
    with invariants.marked() as mark, invariants.watched(folder):
        search = Search(folder / "runs", rng, mark)
        for name in faults:
            wanted = len(values(search)) + rng.randrange(0, 2)
            until(lambda at=wanted: len(values(search)) >= at or search.over(), bool, "trials that end")
            until(lambda: search.trainings() or search.over(), bool, "a training")
            FAULTS[name](search)
            if search.over():
                search.end()  # a pipe that nobody reads to its end stays open
                search.begin()
        search.end()
        for _ in range(POINTS):  # a trial whose training was killed has failed, and is run again by the same command
            if len(values(search)) == POINTS:
                break
            search.begin()
            complaint = search.end()
        else:
            raise SoakError(f"{why}: the same command does not fill the grid: {complaint}")
        invariants.need_no_process(mark, why)
        invariants.need_sound(folder, why)
        if (ours := values(search)) != reference:
            raise SoakError(f"{why}: the study has {ours}, not {reference}")
        for path in (search.folder / "tune").glob("trial-*"):
            trial = read_trial(path)  # none where the worker was killed right after it made the folder
            if trial.state == "running" if trial else (path / STATUS).exists():
                raise SoakError(f"{why}: {path} says that it runs ({trial})")
    return {}
