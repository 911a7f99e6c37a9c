"""Liveness: whether the process that trains in a folder is at work, on this machine, in a container or on another one.

On one kernel, the lock on the folder tells, also across containers: the kernel lets go of it with the process. Without
the lock, a process of our own namespace is known by its number and its start in ticks since the machine started. From
another machine, only the heartbeat can be seen: a number that changes. No clock is asked that somebody may set.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import psutil

from trainer.files import SAFE
from trainer.status import LOCK, Status

NEVER_CAME_UP = 30.0  # seconds after which a training that did not say its process is given up
LOST = 300.0  # seconds without a heartbeat after which a process that cannot be seen is given up
STALE = 3600.0  # seconds; clocks of two machines are not this far apart, so that a heartbeat this old is over
SAME_PROCESS = 2.0  # seconds, for a status without ticks; a start time is derived from the clock, which may be set

NO_NUMBER = (ValueError, OverflowError, TypeError)  # of what a file gives as the number of a process
IDENTITY = ("pid", "started", "ticks", "host", "boot")  # the fields of a status that tell a process from every other

_seen: dict[Path, tuple[float, float]] = {}  # the last heartbeat of a process elsewhere, and since when it is that


def identity(pid: int | None = None) -> dict[str, Any]:
    """What tells a process (this one by default) from every other on any machine, as fields of ``Status``."""
    process = psutil.Process(pid)
    return {
        "pid": process.pid,
        "started": process.create_time(),
        "ticks": ticks(process.pid),
        "namespace": namespace(process.pid),
        **machine(),
    }


def lives(process: Mapping[str, Any]) -> bool:
    """Whether the process that ``identity`` described runs on this machine; what does not say its ticks is old."""
    fields = {name: process[name] for name in IDENTITY if name in process}
    status = Status("running", **fields)
    return is_here(status) and is_process(status)


def machine() -> dict[str, Any]:
    """Which machine this is, since it was last started, as fields of ``Status``."""
    return {"host": socket.gethostname(), "boot": boot_id()}


def now() -> dict[str, Any]:
    """A heartbeat: for people by the clock, and by the machine's monotonic one, which nobody sets."""
    return {"heartbeat": time.time(), "beat": time.monotonic()}


def alive(run_dir: Path, status: Status, *, claimed: bool = False) -> bool:
    """Whether the process that wrote ``status`` is at work; with ``claimed``, the lock on the folder is our own."""
    if not claimed and lock_is_held(run_dir):
        return True
    if not status.pid:
        return quiet(run_dir, status) < NEVER_CAME_UP
    if not is_here(status):
        return quiet(run_dir, status) < LOST
    if status.namespace == namespace() or not status.namespace:
        return is_process(status)
    return not status.locked and quiet(run_dir, status) < LOST


def quiet(run_dir: Path, status: Status) -> float:
    """Seconds since the last heartbeat, as far as that can be told from here."""
    if is_here(status):
        return max(0.0, time.monotonic() - status.beat) if status.beat else abs(time.time() - status.heartbeat)
    moment = time.monotonic()
    beat, since = _seen.get(run_dir, (None, -float("inf")))
    if beat != status.beat:
        # a machine of this name that was started again since, or an hour of silence, is an end unless more is heard
        over = beat is None and (status.host == socket.gethostname() or abs(time.time() - status.heartbeat) > STALE)
        since = -float("inf") if over else moment
        _seen[run_dir] = status.beat, since
    return moment - since


def is_here(status: Status) -> bool:
    """Whether it was written on this machine, since it was last started; an old status does not say."""
    if status.boot or boot_id():
        return status.boot == boot_id() or not status.host
    return status.host in ("", socket.gethostname())


def lock_is_held(run_dir: Path) -> bool:
    """Whether some process holds the lock on the folder; asking changes nothing."""
    try:
        file = os.open(run_dir / LOCK, os.O_RDONLY | SAFE)
    except OSError:
        return False
    try:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except (ImportError, OSError):
        return False
    finally:
        os.close(file)
    return False


def ticks(pid: int) -> int:
    """When a process began, in the kernel's ticks since the machine started; 0 where that is not to be had."""
    with suppress(OSError, ValueError, IndexError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    return 0


def namespace(pid: int | str = "self") -> str:
    """The namespace that the number of a process belongs to; empty where there are none."""
    with suppress(OSError):
        return os.readlink(f"/proc/{pid}/ns/pid")
    return ""


@cache
def boot_id() -> str:
    """What the machine is called since it was last started; empty where it has no such name."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return ""


def written_files(pid: int, *, evidence: bool = False) -> set[Path]:
    """What the process has open to write to, which only the kernel can say; nothing where it cannot be asked.

    Who only reads a log, as ``tail -f`` or a page does, is not who trains. macOS and Windows do not say which it is:
    there a file counts only if there is ``evidence`` of another kind that the process is the one that writes.
    """
    try:
        files = psutil.Process(pid).open_files()
        untold = "w" if evidence else "r"
        return {Path(file.path) for file in files if getattr(file, "mode", untold) != "r"}
    except (psutil.Error, OSError, *NO_NUMBER):
        return set()


def prints_into(pid: int, log: Path, *, below: Path | None = None, evidence: bool = False) -> bool:
    """Whether the process writes to this log; a file says which process to end, and may come from anywhere.

    A link says nothing: it could lead to what any other process has open. Only the folder ``below`` which the log lies
    may be one, as a person chose it; by default that is the one above the log's own. ``evidence`` is as above.
    """
    log = Path(os.path.abspath(log))
    below = Path(os.path.abspath(below)) if below is not None else log.parent.parent
    direct = below.resolve() / log.relative_to(below)
    return log.resolve() == direct and direct in written_files(pid, evidence=evidence)


def is_process(status: Status) -> bool:
    """Whether the process of that number is the one that wrote it, and runs."""
    try:
        process = psutil.Process(status.pid)
        if status.ticks:
            same = ticks(status.pid) == status.ticks
        else:
            same = abs(process.create_time() - status.started) < SAME_PROCESS
        return bool(same and process.status() != psutil.STATUS_ZOMBIE)
    except (psutil.Error, *NO_NUMBER):
        return False
