"""Invariants: what holds of a folder whatever was done to the processes that write into it."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import TypeVar

import numpy as np
import psutil
import torch

from diagnostics import open_logs
from trainer.files import PART
from trainer.processes.liveness import lock_is_held
from trainer.status import BEST, CHECKPOINT, CONFIG, EARLIER, LOCK, STATUS, read_status

PATIENCE = 300.0  # seconds in which anything must happen
MARK = "SOAK_MARK"  # the variable that all descend with who were started for a scenario
OURS = (CONFIG, STATUS, "checkpoint", "best", "rewind", "events")  # what the one process that trains writes
State = TypeVar("State")


class SoakError(AssertionError):
    """Something did not survive what it was put through; the message says what it was."""


class Skipped(Exception):  # noqa: N818
    """A scenario or a fault that this machine cannot be put through, and why."""


def until(state: Callable[[], State], holds: Callable[[State], bool], what: str) -> State:
    """Wait until it is so, and give what it is then. Raises ``SoakError``."""
    deadline = time.monotonic() + PATIENCE
    while not holds(current := state()):
        if time.monotonic() > deadline:
            raise SoakError(f"{what} did not happen in {PATIENCE:.0f} s; it stands at {current}")
        time.sleep(0.02)
    return current


class Command:
    """A command that waits for others, its ``process`` begun by whoever derives from this, and begun again."""

    process: subprocess.Popen[str]

    def over(self) -> bool:
        """Whether the process that waits has ended."""
        return self.process.poll() is not None

    def end(self) -> str:
        """Wait until it has ended; what it printed into its pipe. Raises ``SoakError``."""
        try:
            output, errors = self.process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            raise SoakError(f"{self.process.args} does not end") from None
        return output or errors or ""

    def interrupt(self) -> None:
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        self.end()


@contextmanager
def marked() -> Iterator[str]:
    """All processes that are started in the block carry the mark; what is left of them afterwards is ended."""
    mark = secrets.token_hex(8)
    os.environ[MARK] = mark
    try:
        yield mark
    finally:
        del os.environ[MARK]
        for process in processes(mark):
            with suppress(psutil.Error):
                process.kill()


def processes(mark: str, *words: str) -> list[psutil.Process]:
    """Those that carry the mark and have all the words on their command line."""
    carriers = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            line = " ".join(process.cmdline())
            if process.pid != os.getpid() and process.environ().get(MARK) == mark and all(w in line for w in words):
                carriers.append(process)
    return carriers


def kill(*victims: psutil.Process) -> None:
    """End them at once, as a lack of memory does, and wait until they are gone."""
    for victim in victims:
        with suppress(psutil.Error):
            victim.send_signal(signal.SIGKILL)
    until(lambda: [victim for victim in victims if works(victim)], lambda left: not left, "the end of what was killed")


def works(process: psutil.Process) -> bool:
    """Whether it is there, and not just a number that nobody has asked for its end yet."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def need_no_process(mark: str, why: str) -> None:
    """Raises ``SoakError`` unless all that was started has ended by itself."""
    until(
        lambda: [process for process in processes(mark) if works(process)],
        lambda left: not left,
        f"{why}: the end of all that was started",
    )


def need_sound(folder: Path, why: str) -> None:
    """Raises ``SoakError`` unless everything below the folder can be read and nothing of a writer is left."""
    for path in sorted(folder.rglob("*")):
        if path.name.endswith(PART) and path.name.startswith(OURS) and has_finished(path.parent):
            raise SoakError(f"{why}: {path} was left behind")
        if path.name == LOCK and lock_is_held(path.parent):
            raise SoakError(f"{why}: {path} is held by nobody who trains")
        if path.suffix in (".json", ".jsonl"):
            need_json(path, path.read_text(), why)
        if path.name in (CHECKPOINT, EARLIER, BEST):
            torch.load(path, weights_only=True)
    logs = open_logs(folder)
    if logs.problems:
        raise SoakError(f"{why}: {logs.problems}")


def has_finished(run_dir: Path) -> bool:
    """Whether the training said so itself."""
    status = read_status(run_dir)
    return status is not None and status.state == "finished"


def need_json(path: Path, text: str, why: str) -> None:
    """Raises ``SoakError`` unless the file is whole JSON, or JSON lines."""
    try:
        for document in text.splitlines() if path.suffix == ".jsonl" else [text]:
            json.loads(document)
    except ValueError as error:
        raise SoakError(f"{why}: {path} is not whole ({error}): {text[-200:]!r}") from error


def _torn(path: Path) -> list[SoakError]:
    """What is wrong with a file that is read while it is written, at two looks: one may fall into a write."""
    for _ in range(2):
        try:
            need_json(path, path.read_text(), "while it was written")
        except SoakError as error:
            torn = error
        else:
            return []
    return [torn]


@contextmanager
def watched(folder: Path) -> Iterator[None]:
    """Read every JSON file below the folder again and again; raises ``SoakError`` at the end if one was ever torn."""
    over, torn = Event(), list[SoakError]()

    def look() -> None:
        while not over.wait(0.05) and not torn:
            for path in folder.rglob("*.json"):
                with suppress(OSError):
                    torn.extend(_torn(path))

    reader = Thread(target=look, daemon=True)
    reader.start()
    try:
        yield
    finally:
        over.set()
        reader.join()
    if torn:
        raise torn[0]


def need_no_inferred_end(run_dir: Path, why: str) -> None:
    """Raises ``SoakError`` when the file of a training that was killed says more than it said itself."""
    status = read_status(run_dir)
    if status is not None and status.state == "failed":
        raise SoakError(f"{why}: {run_dir} says that it failed ({status.message}), which nobody saw")


Values = Mapping[str, tuple[list[int], list[float]]]


def logged(run_dir: Path) -> Values:
    """Steps and values by tag."""
    (run,) = open_logs(run_dir).runs.values()
    return {key.tag: (curve.steps.tolist(), curve.values.tolist()) for key, curve in run.curves.items()}


def need_same_run(run_dir: Path, whole: Path, why: str) -> None:
    """Raises ``SoakError`` unless weights, best weights and all that was logged are those of ``whole``, bit by bit."""
    for name in (CHECKPOINT, BEST):
        ours, theirs = (torch.load(path / name, weights_only=True) for path in (run_dir, whole))
        if ours["epoch"] != theirs["epoch"]:
            raise SoakError(f"{why}: {name} is of epoch {ours['epoch']}, not {theirs['epoch']}")
        if other := [key for key, tensor in theirs["model"].items() if not torch.equal(ours["model"][key], tensor)]:
            raise SoakError(f"{why}: {name} has other weights in {other}")
    need_same_values(logged(run_dir), logged(whole), why)


def need_same_values(ours: Values, theirs: Values, why: str) -> None:
    """Raises ``SoakError`` unless all values are there and equal."""
    for tag, (steps, values) in theirs.items():
        if tag not in ours:
            raise SoakError(f"{why}: nothing of {tag} is left")
        if ours[tag][0] != steps:
            raise SoakError(f"{why}: {tag} has the steps {ours[tag][0]}, not {steps}")
        if not np.array_equal(ours[tag][1], values, equal_nan=True):
            raise SoakError(f"{why}: {tag} has the values {ours[tag][1]}, not {values}")
