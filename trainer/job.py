"""Job: start, find, pause, stop and continue a training that runs as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import count
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from trainer import PROGRAM
from trainer.config import Config
from trainer.datasets import located
from trainer.errors import ConfigError, TrainerError
from trainer.extras import need
from trainer.status import (
    CHECKPOINT,
    CONFIG,
    CONTROL,
    LOCK,
    STATUS,
    TRAINER_LOG,
    Status,
    read_status,
    write_json,
    write_status,
)

__all__ = [
    "JobError",
    "Status",
    "find",
    "free_run_dir",
    "log_tail",
    "pause",
    "resume",
    "start",
    "status",
    "stop",
    "unpause",
]

SAME_PROCESS = 2.0  # seconds; a process's start time is derived from the clock, which may be set meanwhile
NEVER_CAME_UP = 30.0  # seconds after which a training that did not say its process is given up


class JobError(TrainerError):
    """What was asked of a run folder cannot be done; the message says what was found and the way out."""


def start(config: Config, run_dir: str | os.PathLike[str]) -> Status:
    """Start training ``config`` into a new or empty ``run_dir`` and return at once. Raises ``JobError``."""
    run_dir = Path(run_dir).absolute()
    with claim(run_dir):
        return _spawn(run_dir, prepare(config, run_dir))


def resume(run_dir: str | os.PathLike[str], *, epochs: int | None = None) -> Status:
    """Continue a training from its checkpoint, up to ``epochs`` in all, and return at once. Raises ``JobError``."""
    run_dir = Path(run_dir).absolute()
    need_run(run_dir)
    with claim(run_dir):
        return _spawn(run_dir, prepare_again(run_dir, epochs=epochs))


def status(run_dir: str | os.PathLike[str]) -> Status | None:
    """Where the training in ``run_dir`` stands, ``None`` where there is none; a process that is gone has failed."""
    written = read_status(Path(run_dir))
    if written is None or not written.live or at_work(written):
        return written
    written = read_status(Path(run_dir)) or written  # its last word may have come after the first look
    if not written.live:
        return written
    last = log_tail(run_dir, 1)
    said = f"its last line was: {last}" if last else "it left no message"
    return replace(written, state="failed", message=f"the training process ended without a word; {said}")


def find(logdir: str | os.PathLike[str]) -> dict[str, Status]:
    """Every training under ``logdir``: run folder relative to it (``"."`` for itself) -> where it stands."""
    found = {}
    for folder, folders, files in os.walk(logdir):
        folders.sort()
        if STATUS in files and (there := status(folder)) is not None:
            found[Path(folder).relative_to(logdir).as_posix()] = there
    return found


def stop(run_dir: str | os.PathLike[str]) -> None:
    """Ask the training to finish its epoch, write a checkpoint and end. Raises ``JobError`` when none is at work."""
    _ask(Path(run_dir), "stop")


def pause(run_dir: str | os.PathLike[str]) -> None:
    """Ask the training to wait after its current batch. Raises ``JobError`` when none is at work."""
    _ask(Path(run_dir), "pause")


def unpause(run_dir: str | os.PathLike[str]) -> None:
    """Ask a paused training to go on. Raises ``JobError`` when none is at work."""
    _ask(Path(run_dir), "go on")


def log_tail(run_dir: str | os.PathLike[str], lines: int = 20) -> str:
    """The last lines of what the training process printed; empty where it printed nothing."""
    try:
        with Path(run_dir, TRAINER_LOG).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 65536))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.rstrip().splitlines()[-lines:])


def free_run_dir(logdir: str | os.PathLike[str], stem: str) -> Path:
    """The first of ``logdir/stem-1``, ``stem-2`` ... that does not exist yet; it is not made."""
    return next(path for n in count(1) if not (path := Path(logdir, f"{stem}-{n}")).exists())


@contextmanager
def claim(run_dir: Path, *, wait: float = 0.0) -> Iterator[None]:
    """Hold ``run_dir`` (made if missing) as the one process that may train in it. Raises ``TrainerError``."""
    need("torch")
    try:
        run_dir.mkdir(parents=True, exist_ok=True)
        lock = FileLock(run_dir / LOCK)
        lock.acquire(timeout=wait)
    except Timeout:
        raise JobError(f"a training is at work in {run_dir}; stop it first, or choose another folder") from None
    except OSError as error:
        raise JobError(f"cannot write into {run_dir}: {error.strerror or error}; choose another folder") from error
    try:
        yield
    finally:
        lock.release()


def prepare(config: Config, run_dir: Path) -> Status:
    """Write what a new training in ``run_dir`` will do; the caller holds the claim. Raises ``JobError``."""
    config = replace(config, dataset=located(config.dataset))
    if config.init_from is not None:
        config = replace(config, init_from=str(Path(config.init_from).expanduser().absolute()))
    used = [path.name for path in run_dir.iterdir() if path.name == CHECKPOINT or "tfevents" in path.name]
    there = status(run_dir)
    if used or (there is not None and there.live):
        raise JobError(
            f"{run_dir} already holds a training ({used[0] if used else STATUS}); choose another folder, "
            f"or continue it: {PROGRAM} resume {run_dir}"
        )
    return _write(run_dir, config, Status("starting", epochs=config.epochs))


def prepare_again(run_dir: Path, *, epochs: int | None = None) -> Status:
    """Write that the training in ``run_dir`` goes on; the caller holds the claim. Raises ``JobError``."""
    need_run(run_dir)
    before = status(run_dir)
    if before is not None and before.live:
        raise JobError(f"a training is at work in {run_dir}; stop it first")
    config = read_config(run_dir)
    if epochs is not None:
        try:
            config = replace(config, epochs=epochs)
        except ConfigError as error:
            raise JobError(str(error)) from error
    done = before.epoch if before is not None else 0
    if done >= config.epochs and (before is None or before.state != "failed"):
        raise JobError(
            f"{run_dir} has trained {done} of {config.epochs} epochs; ask for more to continue it: "
            f"{PROGRAM} resume {run_dir} --epochs {2 * done}"
        )
    return _write(run_dir, config, Status("starting", epoch=done, epochs=config.epochs))


def read_config(run_dir: Path) -> Config:
    """What the training in ``run_dir`` was asked to do. Raises ``JobError``."""
    try:
        return Config.from_json((run_dir / CONFIG).read_bytes())
    except OSError as error:
        raise JobError(f"cannot read {run_dir / CONFIG}: {error.strerror}; is this the folder of a run?") from error
    except TrainerError as error:
        raise JobError(f"{run_dir / CONFIG}: {error}") from error


def need_run(run_dir: Path) -> None:
    """Raises ``JobError`` where no training was ever started."""
    if not (run_dir / CONFIG).is_file():
        raise JobError(f"there is no training in {run_dir}; name the folder that holds its {CONFIG}")


def _write(run_dir: Path, config: Config, begun: Status) -> Status:
    begun = replace(begun, heartbeat=time.time())
    try:
        (run_dir / CONTROL).unlink(missing_ok=True)
        write_json(run_dir / CONFIG, config.to_dict())
        write_status(run_dir, begun)
    except OSError as error:
        raise JobError(f"cannot write into {run_dir}: {error.strerror}; make room or choose another folder") from error
    return begun


def _spawn(run_dir: Path, begun: Status) -> Status:
    """Start the process, which waits for the claim that the caller still holds, and write who it is."""
    with (run_dir / TRAINER_LOG).open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-u", "-P", "-m", __package__, "work", str(run_dir)],
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    threading.Thread(target=process.wait, daemon=True).start()  # or it would stay a zombie when it ends
    with suppress(psutil.Error):
        begun = replace(begun, pid=process.pid, started=psutil.Process(process.pid).create_time())
    write_status(run_dir, begun)
    return begun


def _environment() -> dict[str, str]:
    """That of this process; from the source tree, the package is found from any folder as well."""
    if __package__ != "trainer":
        return dict(os.environ)
    paths = [str(Path(__file__).resolve().parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def _ask(run_dir: Path, wish: str) -> None:
    there = status(run_dir)
    if there is None or not there.live:
        found = f"the training in {run_dir} is {there.state}" if there else f"there is no training in {run_dir}"
        raise JobError(f"{found}; there is nothing to {wish}")
    try:
        write_json(run_dir / CONTROL, {"wish": wish, "asked": time.time()})
    except OSError as error:
        raise JobError(f"cannot write into {run_dir}: {error.strerror}; make room and ask again") from error


def at_work(there: Status) -> bool:
    """Whether the process that wrote it is still that process, and runs."""
    if not there.pid:
        return time.time() - there.heartbeat < NEVER_CAME_UP
    try:
        process = psutil.Process(there.pid)
        same = abs(process.create_time() - there.started) < SAME_PROCESS
        return bool(same and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False
