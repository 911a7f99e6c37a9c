"""Start: a search as a process of its own, begun and ended by a program that does not wait for it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from diagnostics.logs.folders.names import name_of
from trainer import files
from trainer.job import environment
from trainer.processes.liveness import identity, lives, prints_into
from trainer.status import write_json
from trainer.strengths import Value
from trainer.tuning.study_file import STUDY, StudyFileError

PROCESS = "process.json"
OUTPUT = "tune.log"
AGAIN = 3  # seeds of a setting that is checked


def start(logdir: Path, study: str, *, parent: Path, runs: int) -> None:
    """Begin to search the usual strengths from the settings of ``parent``, for so many ``runs``. Raises ``OSError``."""
    _spawn(logdir / study, ["--from", str(parent), "--budget", f"{runs} runs"])


def check(logdir: Path, study: str, *, parent: Path, points: Sequence[Mapping[str, Value]]) -> None:
    """Begin to train each point with several seeds, the rest as in ``parent``. Raises ``OSError``."""
    written = " | ".join(" ".join(f"{name}={value}" for name, value in point.items()) for point in points)
    _spawn(logdir / study, ["--from", str(parent), "--points", written, "--repeats", str(AGAIN)])


def free_name(logdir: Path, stem: str) -> str:
    """The first of ``stem-1``, ``stem-2`` ... that is no folder yet."""
    return next(f"{stem}-{n}" for n in range(1, 10_000) if not (logdir / f"{stem}-{n}").exists())


def started(place: str) -> list[str]:
    """The folders below a place in which a search was started from elsewhere, relative to it."""
    return sorted(name_of(path.parent.relative_to(place).as_posix()) for path in Path(place).glob(f"*/{PROCESS}"))


def latest(folder: Path) -> float:
    """When a study last said something, in seconds since 1970."""
    files = [folder / name for name in (STUDY, PROCESS) if (folder / name).is_file()]
    return max((path.stat().st_mtime for path in files), default=0.0)


def runs_now(folder: Path) -> bool:
    """Whether the process that was started for this study is at work."""
    return _process(folder) is not None


def stop(folder: Path) -> None:
    """Ask it to end; what it has found so far stays. Raises ``StudyFileError`` where none is at work."""
    if (pid := _process(folder)) is None:
        raise StudyFileError(f"no search is at work in {folder}; there is nothing to stop")
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)


def _process(folder: Path) -> int | None:
    """The number of the process that searches: what the file says, if that process prints into the study's log."""
    try:
        process = json.loads(files.read(folder / PROCESS))
        pid = process["pid"]
        recorded = type(pid) is int and lives(process)
        return pid if recorded and prints_into(pid, folder / OUTPUT, evidence=recorded) else None
    except (OSError, ValueError, LookupError, TypeError, RecursionError, OverflowError):
        return None


def output(folder: Path, lines: int = 12) -> str:
    """The last lines that it printed."""
    try:
        text = files.tail(folder / OUTPUT).decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def _spawn(folder: Path, options: Sequence[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    package = __package__.partition(".tuning")[0]
    command = [sys.executable, "-u", "-P", "-m", package, "tune", *options]
    with os.fdopen(files.open_own(folder / OUTPUT, os.O_WRONLY | os.O_APPEND | os.O_CREAT), "ab") as printed:
        process = subprocess.Popen(
            [*command, "--logdir", str(folder.parent), "--study", folder.name],
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    threading.Thread(target=process.wait, daemon=True).start()  # or it would stay a zombie when it ends
    known: dict[str, Any] = {"pid": process.pid, "started": time.time()}
    with suppress(psutil.Error):
        known = identity(process.pid)
    write_json(folder / PROCESS, known)
