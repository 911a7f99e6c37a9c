"""Status: where a training stands, as the file in its run folder says."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from trainer.files import replacing

State = Literal["starting", "running", "paused", "stopped", "finished", "failed"]
LIVE: frozenset[State] = frozenset({"starting", "running", "paused"})
STATUS, CONTROL, CONFIG, LOCK = "status.json", "control.json", "config.json", ".lock"
TRAINER_LOG, CHECKPOINT, BEST, VAL_LOSSES = "trainer.log", "checkpoint.pt", "best.pt", "val_losses.npz"
CALIBRATION, REWIND = "calibration.json", "rewind.pt"


@dataclass(frozen=True)
class Status:
    """``started`` is when the process began and ``heartbeat`` when it last wrote, in seconds since 1970.

    ``epoch`` counts finished epochs of ``epochs``. ``message`` says why a training failed, or is empty. ``repair`` says
    where it went back to its best weights, or why it did not when it was asked to.
    """

    state: State
    pid: int = 0
    started: float = 0.0
    epoch: int = 0
    epochs: int = 0
    heartbeat: float = 0.0
    message: str = ""
    repair: str = ""

    @property
    def live(self) -> bool:
        """Whether a process is at work on it, paused or not."""
        return self.state in LIVE


def write_status(run_dir: Path, status: Status) -> None:
    """Write ``status.json`` so that a reader never sees half of it."""
    write_json(run_dir / STATUS, asdict(status))


def read_status(run_dir: Path) -> Status | None:
    """What ``status.json`` says, or ``None`` where there is none that can be understood."""
    written = read_json(run_dir / STATUS)
    try:
        status = Status(**written)
    except TypeError:
        return None
    return status if status.state in get_args(State) else None


def write_json(path: Path, value: Any) -> None:
    """Replace the file by rename; where the disk has no room for a second one, overwrite it in place.

    A training on a full disk can still be told to stop, and say that it did: whoever reads takes half a file for none.
    """
    text = json.dumps(value, indent=2).encode()
    try:
        with replacing(path) as scratch:
            scratch.write_bytes(text)
    except OSError:
        if not path.exists():
            raise
        with path.open("r+b") as file:
            file.write(text)
            file.truncate()


def read_json(path: Path) -> dict[str, Any]:
    """The object in the file; empty when the file is missing, half written in place, or holds something else."""
    try:
        value = json.loads(path.read_bytes()) if path.is_file() else None  # a pipe would wait for somebody to write
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
