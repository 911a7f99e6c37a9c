"""Status: where a training stands, as the file in its run folder says."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from math import isfinite
from pathlib import Path
from typing import Any, Literal, get_args

from trainer import files

State = Literal["starting", "running", "paused", "stopped", "finished", "failed"]
LIVE: frozenset[State] = frozenset({"starting", "running", "paused"})
STATUS, CONTROL, CONFIG, LOCK = "status.json", "control.json", "config.json", ".lock"
CHECKPOINT, EARLIER, BEST, REWIND = "checkpoint.pt", "checkpoint-earlier.pt", "best.pt", "rewind.pt"
TRAINER_LOG, VAL_LOSSES = "trainer.log", "val_losses.npz"
CALIBRATION, TRIAL = "calibration.json", "trial.json"


@dataclass(frozen=True)
class Status:
    """``started`` is when the process began and ``heartbeat`` when it last wrote, in seconds since 1970.

    ``epoch`` counts finished epochs of ``epochs``. ``message`` says why a training failed, or is empty. ``repair`` says
    where it went back to its best weights, or why it did not when it was asked to. Who wrote it is told by the
    machine's ``host`` name, its ``boot``, the ``namespace`` of ``pid`` and its start in ``ticks`` since the boot;
    ``beat`` is the heartbeat by the machine's own clock that nobody sets. ``locked`` says that the process holds the
    lock on the folder for as long as it runs. ``unsaved`` says what the disk does not take, and why.
    """

    state: State
    pid: int = 0
    started: float = 0.0
    epoch: int = 0
    epochs: int = 0
    heartbeat: float = 0.0
    message: str = ""
    repair: str = ""
    host: str = ""
    boot: str = ""
    namespace: str = ""
    ticks: int = 0
    beat: float = 0.0
    locked: bool = False
    unsaved: str = ""

    @property
    def live(self) -> bool:
        """Whether a process is at work on it, paused or not."""
        return self.state in LIVE


def write_status(run_dir: Path, status: Status, *, durable: bool = True) -> None:
    """Write ``status.json`` so that a reader never sees half of it."""
    write_json(run_dir / STATUS, asdict(status), durable=durable)


def read_status(run_dir: Path) -> Status | None:
    """What ``status.json`` says, or ``None`` where there is none that can be understood."""
    written = read_json(run_dir / STATUS)
    if written.get("state") not in get_args(State):
        return None
    kinds = {field.name: type(field.default) for field in fields(Status) if field.name != "state"}
    values = {name: written[name] for name in kinds if name in written}
    for name, value in values.items():
        number = kinds[name] is float and type(value) is int
        if not (type(value) is kinds[name] or number) or (isinstance(value, float) and not isfinite(value)):
            return None
    return Status(written["state"], **values)


def write_json(path: Path, value: Any, *, durable: bool = True) -> None:
    """Replace the file by rename; where the disk has no room for a second one, overwrite it in place.

    A training on a full disk can still be told to stop, and say that it did: whoever reads takes half a file for none.
    """
    text = json.dumps(value, indent=2).encode()
    try:
        files.write(path, text, durable=durable)
    except OSError:
        if not path.exists():
            raise
        files.overwrite(path, text)


def read_json(path: Path) -> dict[str, Any]:
    """The object in the file; empty when the file is missing, half written in place, or holds something else."""
    try:
        value = json.loads(files.read(path))
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
