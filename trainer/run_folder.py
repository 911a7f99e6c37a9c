"""Run folder: what is known of the training in it, from its files and its process."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import BinaryIO

from trainer import files
from trainer.config import Config
from trainer.errors import TrainerError
from trainer.processes.liveness import alive, is_here
from trainer.status import (
    CONFIG,
    LOCK,
    STATUS,
    TRAINER_LOG,
    Status,
    read_status,
)


class JobError(TrainerError):
    """What was asked of a run folder cannot be done; the message says what was found and the way out."""


def status(run_dir: str | os.PathLike[str], *, claimed: bool = False) -> Status | None:
    """Where the training in ``run_dir`` stands, ``None`` where there is none; a process that is gone has failed.

    That it has is inferred, never written: what the training itself says later counts. ``claimed`` means that the
    caller holds the lock on the folder.
    """
    run_dir = Path(run_dir)
    status_file = read_status(run_dir)
    if status_file is None or not status_file.live or alive(run_dir, status_file, claimed=claimed):
        return status_file
    status_file = read_status(run_dir) or status_file  # its last word may have come after the first look
    if not status_file.live:
        return status_file
    last = log_tail(run_dir, 1)
    last_words = f"its last line was: {last}" if last else "it printed nothing"
    where = "" if is_here(status_file) else f" on {status_file.host}"
    how = "ended unexpectedly" if not where else "gives no sign of life"
    return replace(status_file, state="failed", message=f"the training process{where} {how}; {last_words}")


def find(logdir: str | os.PathLike[str]) -> dict[str, Status]:
    """Every training under ``logdir``: run folder relative to it (``"."`` for itself) -> where it stands."""
    statuses = {}
    for folder, folders, names in os.walk(logdir):
        folders.sort()
        if STATUS in names and (training := status(folder)) is not None:
            statuses[Path(folder).relative_to(logdir).as_posix()] = training
    return statuses


def log_tail(run_dir: str | os.PathLike[str], lines: int = 20) -> str:
    """The last lines of what the training process printed; empty where it printed nothing."""
    try:
        text = files.tail(Path(run_dir, TRAINER_LOG)).decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.rstrip().splitlines()[-lines:])


def open_log(run_dir: Path) -> BinaryIO:
    """What the training process prints goes here, after what earlier ones printed. Raises ``OSError``."""
    return os.fdopen(files.open_own(run_dir / TRAINER_LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT), "ab")


def free_run_dir(logdir: str | os.PathLike[str], stem: str) -> Path:
    """The first of ``logdir/stem-1``, ``stem-2`` ... that does not exist yet; it is not made."""
    return next(path for n in count(1) if not (path := Path(logdir, f"{stem}-{n}")).exists())


def read_config(run_dir: Path) -> Config:
    """What the training in ``run_dir`` was asked to do. Raises ``JobError``."""
    try:
        return Config.from_json(files.read(run_dir / CONFIG))
    except OSError as error:
        raise JobError(f"cannot read {run_dir / CONFIG}: {error.strerror}; is this the folder of a run?") from error
    except TrainerError as error:
        raise JobError(f"{run_dir / CONFIG}: {error}") from error


def forget_unbegun(run_dir: Path, before: Collection[str], made: Iterable[Path]) -> None:
    """Remove what ``run_dir`` holds of a training that was refused before it began, and the folders ``made`` for it.

    Settings that cannot be used leave nothing behind but what was there ``before``; where anything was trained or
    logged, all stays.
    """
    with suppress(OSError):
        written = {path.name for path in run_dir.iterdir()} - {*before}
        if written <= {CONFIG, STATUS, TRAINER_LOG, LOCK}:
            for name in written:
                (run_dir / name).unlink(missing_ok=True)
            for folder in made:
                folder.rmdir()


def need_run(run_dir: Path) -> None:
    """Raises ``JobError`` where no training was ever started."""
    if not (run_dir / CONFIG).is_file():
        raise JobError(f"there is no training in {run_dir}; name the folder that holds its {CONFIG}")
