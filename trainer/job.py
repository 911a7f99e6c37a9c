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
from pathlib import Path
from shlex import quote

import psutil
from filelock import FileLock, Timeout

from trainer import PROGRAM
from trainer.config import Config
from trainer.datasets import is_function, located
from trainer.errors import ConfigError
from trainer.extras import need
from trainer.files import PART, make_folder
from trainer.own_code import need_trusted
from trainer.processes.liveness import identity, machine, now, quiet
from trainer.run_folder import (
    JobError,
    find,
    forget_unbegun,
    free_run_dir,
    log_tail,
    need_run,
    open_log,
    read_config,
    status,
)
from trainer.status import (
    CHECKPOINT,
    CONFIG,
    CONTROL,
    EARLIER,
    LOCK,
    STATUS,
    Status,
    write_json,
    write_status,
)

ASKED = 0.5  # seconds; whoever asks whether a lock is held, holds it for a moment

__all__ = [
    "STATUS",
    "JobError",
    "Status",
    "find",
    "free_run_dir",
    "log_tail",
    "need_run",
    "pause",
    "quiet",
    "read_config",
    "repair",
    "resume",
    "start",
    "status",
    "stop",
    "unpause",
]


def start(config: Config, run_dir: str | os.PathLike[str]) -> Status:
    """Start training ``config`` into a new or empty ``run_dir`` and return at once. Raises ``JobError``."""
    run_dir = Path(run_dir).absolute()
    with claim(run_dir):
        return _spawn(run_dir, prepare(config, run_dir))


def resume(run_dir: str | os.PathLike[str], *, epochs: int | None = None) -> Status:
    """Continue a training from its checkpoint, up to ``epochs`` in all, and return at once. Raises ``JobError``."""
    run_dir = Path(run_dir).absolute()
    with claim_again(run_dir, epochs=epochs) as status:
        return _spawn(run_dir, status)


def stop(run_dir: str | os.PathLike[str]) -> None:
    """Ask the training to finish its epoch, write a checkpoint and end. Raises ``JobError`` when none is at work."""
    _ask(Path(run_dir), "stop")


def pause(run_dir: str | os.PathLike[str]) -> None:
    """Ask the training to wait after its current batch. Raises ``JobError`` when none is at work."""
    _ask(Path(run_dir), "pause")


def unpause(run_dir: str | os.PathLike[str]) -> None:
    """Ask a paused training to go on. Raises ``JobError`` when none is at work."""
    _ask(Path(run_dir), "go on")


def repair(run_dir: str | os.PathLike[str]) -> None:
    """Ask the training to go back to its best weights and on with a dose, after its current epoch, if it overfits.

    What came of it is in ``repair.json`` and in the status. Raises ``JobError`` when none is at work.
    """
    _ask(Path(run_dir), "repair")


@contextmanager
def claim(run_dir: Path, *, wait: float = 0.0) -> Iterator[None]:
    """Hold ``run_dir`` (made if missing) as the one process that may train in it. Raises ``TrainerError``."""
    need("torch")
    try:
        make_folder(run_dir)
        lock = FileLock(run_dir / LOCK)
        lock.acquire(timeout=max(wait, ASKED), poll_interval=0.02)
    except Timeout:
        raise JobError(f"a training is already running in {run_dir}; stop it first, or choose another folder") from None
    except OSError as error:
        raise JobError(f"cannot write to {run_dir}: {error.strerror or error}; choose another folder") from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def claim_again(run_dir: Path, *, epochs: int | None = None) -> Iterator[Status]:
    """Hold ``run_dir``, prepared for its training to go on; where that is refused, all is as it was before.

    Raises ``TrainerError``.
    """
    need_run(run_dir)
    before = {path.name for path in run_dir.iterdir()}
    with claim(run_dir):
        try:
            status = prepare_again(run_dir, epochs=epochs)
        except JobError:
            forget_unbegun(run_dir, before, ())
            raise
        yield status


def prepare(config: Config, run_dir: Path) -> Status:
    """Write what a new training in ``run_dir`` will do; the caller holds the claim. Raises ``JobError``."""
    config = replace(config, dataset=located(config.dataset))
    if config.init_from is not None:
        config = replace(config, init_from=str(Path(os.path.expanduser(config.init_from)).absolute()))
    used = [path.name for path in run_dir.iterdir() if path.name in (CHECKPOINT, EARLIER) or "tfevents" in path.name]
    before = status(run_dir, claimed=True)
    if used or (before is not None and before.live):
        raise JobError(
            f"{run_dir} already holds a training ({used[0] if used else STATUS}); choose another folder, "
            f"or continue it: {PROGRAM} resume {quote(str(run_dir))}"
        )
    return _write(run_dir, config, Status("starting", epochs=config.epochs))


def prepare_again(run_dir: Path, *, epochs: int | None = None) -> Status:
    """Write that the training in ``run_dir`` goes on; the caller holds the claim. Raises ``JobError``."""
    need_run(run_dir)
    before = status(run_dir, claimed=True)
    if before is not None and before.live:
        raise JobError(f"a training is already running in {run_dir}; stop it first")
    config = read_config(run_dir)
    try:
        config = replace(config, epochs=config.epochs if epochs is None else epochs)
        if is_function(config.dataset):
            need_trusted(config.dataset)
    except ConfigError as error:
        raise JobError(str(error)) from error
    done = before.epoch if before is not None else 0
    if done >= config.epochs and (before is None or before.state != "failed"):
        raise JobError(
            f"{run_dir} has trained {done} of {config.epochs} epochs; ask for more to continue it: "
            f"{PROGRAM} resume {quote(str(run_dir))} --epochs {2 * done}"
        )
    return _write(run_dir, config, Status("starting", epoch=done, epochs=config.epochs))


def _write(run_dir: Path, config: Config, status: Status) -> Status:
    status = replace(status, **machine(), **now())
    try:
        for name in (
            "*.pt",
            CONFIG,
            STATUS,
        ):  # what a process that was killed left; only who holds the claim writes them
            for unfinished in run_dir.glob(f"{name}.*{PART}"):
                unfinished.unlink(missing_ok=True)
        (run_dir / CONTROL).unlink(missing_ok=True)
        write_json(run_dir / CONFIG, config.to_dict())
        write_status(run_dir, status)
    except OSError as error:
        raise JobError(f"cannot write to {run_dir}: {error.strerror}; make room or choose another folder") from error
    return status


def _spawn(run_dir: Path, status: Status) -> Status:
    """Start the process, which waits for the claim that the caller still holds, and write who it is."""
    with open_log(run_dir) as output:
        process = subprocess.Popen(
            [sys.executable, "-u", "-P", "-m", __package__, "work", str(run_dir)],
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    threading.Thread(target=process.wait, daemon=True).start()  # or it would stay a zombie when it ends
    with suppress(psutil.Error):
        status = replace(status, **identity(process.pid), **now())
    write_status(run_dir, status)
    return status


def environment() -> dict[str, str]:
    """That of this process; from the source tree, the package is found from any folder as well."""
    if __package__ != "trainer":
        return dict(os.environ)
    paths = [str(Path(__file__).resolve().parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def _ask(run_dir: Path, request: str) -> None:
    current = status(run_dir)
    if current is None or not current.live:
        state = f"the training in {run_dir} is {current.state}" if current else f"there is no training in {run_dir}"
        raise JobError(f"{state}; there is nothing to {'continue' if request == 'go on' else request}")
    try:
        write_json(run_dir / CONTROL, {"wish": request, "asked": time.time()})
    except OSError as error:
        raise JobError(f"cannot write to {run_dir}: {error.strerror}; make room and ask again") from error
