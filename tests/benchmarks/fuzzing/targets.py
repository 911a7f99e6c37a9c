"""Targets: each way that bytes from a folder come in, and what must hold whatever the bytes are."""

from __future__ import annotations

import json
import math
import os
import shutil
import tempfile
from collections.abc import Callable, Hashable
from functools import cache, partial
from io import BytesIO, RawIOBase
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
from jsonschema import Draft202012Validator

import diagnostics.report
from diagnostics import diagnose_run, open_logs
from diagnostics.logs.event_files.event_file import EventFile
from diagnostics.logs.histories.formats import read_history
from diagnostics.logs.histories.history import HistoryError, RawFile
from diagnostics.logs.setting_text import settings_in
from diagnostics.report.results import as_json
from diagnostics.trials import ledger, repair_file, trial_file
from tests.study_files import study
from tests.writers import LogWriter, write_run
from trainer.config import Config
from trainer.errors import TrainerError
from trainer.files import LARGEST
from trainer.status import CONTROL, STATUS, Status, read_json, read_status, write_status
from trainer.tuning import study_file

TRAIN = [round(0.9**epoch, 4) for epoch in range(12)]
VAL = [round(0.8 + 0.01 * (epoch - 5) ** 2, 4) for epoch in range(12)]
EPOCHS = [{"epoch": i, "loss": t, "val_loss": v} for i, (t, v) in enumerate(zip(TRAIN, VAL, strict=True))]
TABLE = "epoch,loss,val_loss\n" + "".join(f"{i},{t},{v}\n" for i, (t, v) in enumerate(zip(TRAIN, VAL, strict=True)))
TEXT = "".join(f"Epoch {i}: train loss {t}, val loss {v}\n" for i, (t, v) in enumerate(zip(TRAIN, VAL, strict=True)))
SETTINGS = {
    "JSON": json.dumps({"optimizer": {"type": "sgd"}, "dropout": 0.3, "list": [1, {"a": 2}]}),
    "YAML": "optimizer: {type: sgd, lr: 0.1}\nmodel:\n  dropout: 0.3\nweight_decay: 1e-2\nlist: [&a 1, *a]\n",
    "TOML": '[optimizer]\ntype = "sgd"\n\n[model]\ndropout = 0.3\n',
    "TXT": "Namespace(lr=0.1, betas=(0.9, 0.99), dropout=0.3) --wd 0.1\n",
}
TRIAL = {"schema": 1, "parent": "../a", "kind": "trial", "change": {"dropout": [None, 0.1]}, "dose": 1}
LEDGER_LINE = {
    **{"trial": "b", "parent": "a", "change": {"dropout": [0, 0.1]}, "kind": "trial", "outcome": "confirmed"},
    **{"expected": None, "difference": -0.1, "error": 0.01, "before": "overfitting", "after": "healthy", "time": 1.7e9},
}
REPAIR = {
    **{"schema": 1, "left": [{"dropout": 0.2}], "refused": "", "best_epoch": 5, "val_loss": 0.4},
    "rewinds": [{"epoch": 9, "best_epoch": 5, "val_loss": 0.5, "change": {"dropout": [0, 0.1]}}],
}
Check = Callable[[bytes], None]


class Target(NamedTuple):
    """Honest bytes to begin with, what must hold for any bytes, and how many executions it has for each of the app."""

    seeds: tuple[bytes, ...]
    check: Check
    share: int


class MemoryFile:
    """A file that lies in memory."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def state(self) -> tuple[Hashable, int, Hashable]:
        return 0, len(self._content), 0

    def open(self) -> RawIOBase:
        return cast("RawIOBase", BytesIO(self._content))


def _event_file(content: bytes) -> None:
    file = EventFile("events.out.tfevents.1.host", source=MemoryFile(content))
    file.poll()
    for rows in file.scalars.values():
        assert len(rows.steps) == len(rows.values) == len(rows.wall_times)
    assert not file.poll()


def _history(name: str, content: bytes) -> None:
    try:
        histories = read_history(RawFile(f"/logs/x/{name}", content, 1.7e9))
    except (HistoryError, RecursionError):  # what a file of histories turns into a problem
        return
    for history in histories:
        for rows in history.scalars.values():
            assert len(rows.steps) == len(rows.values) == len(rows.wall_times) > 0
            assert np.isfinite(rows.wall_times).all()


def _settings(suffix: str, content: bytes) -> None:
    for path, value in settings_in(content.decode("utf-8", "replace"), suffix=suffix):
        assert isinstance(path, tuple)
        assert not isinstance(value, dict)


@cache
def _folder() -> Path:
    """A folder to write files into, in memory where there is a place for that."""
    shared = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="fuzz-", dir=shared if os.access(shared, os.W_OK) else None))


def clean() -> None:
    """Remove that folder."""
    shutil.rmtree(_folder(), ignore_errors=True)
    _folder.cache_clear()


def _file(name: str, read: Callable[[Path], Any], refusal: type[Exception], content: bytes) -> None:
    """What is read from the folder holds finite numbers alone, or is refused in one way."""
    (_folder() / name).write_bytes(content[:LARGEST])
    try:
        value = read(_folder())
    except refusal:
        return
    finally:
        (_folder() / name).unlink()
    _all_finite(value)


def _all_finite(value: Any) -> None:
    if isinstance(value, float):
        assert math.isfinite(value)
    elif hasattr(value, "__dataclass_fields__"):
        _all_finite([getattr(value, name) for name in value.__dataclass_fields__])
    elif isinstance(value, dict):
        _all_finite(list(value.values()))
    elif isinstance(value, list | tuple):
        for inner in value:
            _all_finite(inner)


def _config(content: bytes) -> None:
    try:
        config = Config.from_json(content)
    except TrainerError:
        return
    json.loads(config.to_json())


@cache
def _schema() -> Draft202012Validator:
    path = Path(diagnostics.report.__path__[0], "check.schema.json")
    return Draft202012Validator(json.loads(path.read_text(encoding="utf-8")))


def _whole(name: str, content: bytes) -> None:
    """A run beside the file is read as it was, and all that is printed of the folder is what the schema says."""
    folder = Path(tempfile.mkdtemp(dir=_folder()))
    try:
        write_run(folder / "good", {"loss/train": TRAIN, "loss/val": VAL})
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (1.7e9, 1.7e9))
        logs = open_logs(folder)
        good = logs.runs["good"]
        assert good.train is not None
        assert good.val is not None
        assert (len(good.train), len(good.val)) == (len(TRAIN), len(VAL))
        document = as_json(str(folder), [(run, diagnose_run(run)) for run in logs.runs.values()])
        _schema().validate(json.loads(json.dumps(document, allow_nan=False)))
    finally:
        shutil.rmtree(folder)


def _event_seed() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        with LogWriter(Path(folder)) as log:
            log.text("config", "{}")
            log.hparams({"lr": 0.1})
            for step, (train, val) in enumerate(zip(TRAIN, VAL, strict=True)):
                log.scalar("loss/train", train, step)
                log.tensor_scalar("epoch_loss", val, step)
            log.histogram("weights", [1.0, 2.0, 3.0], 5)
        return log.path.read_bytes()


def _status_seed() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        write_status(Path(folder), Status("running", pid=12))
        return Path(folder, STATUS).read_bytes()


def _as_bytes(value: Any) -> bytes:
    return json.dumps(value).encode()


@cache
def targets() -> dict[str, Target]:
    """Every target by its name."""
    events = _event_seed()
    histories = {
        "CSV": ("log.csv", TABLE.encode()),
        "JSON lines": ("log.jsonl", b"".join(_as_bytes(epoch) + b"\n" for epoch in EPOCHS)),
        "JSON": ("history.json", _as_bytes({"loss": TRAIN, "val_loss": VAL})),
        "lists of epochs": ("history.json", _as_bytes(EPOCHS)),
        "trainer states": ("trainer_state.json", _as_bytes({"log_history": EPOCHS})),
        "text logs": ("train.log", TEXT.encode()),
    }
    files: dict[str, tuple[str, Callable[[Path], Any], type[Exception], bytes]] = {
        "status": (STATUS, read_status, OSError, _status_seed()),
        "control": (CONTROL, lambda folder: read_json(folder / CONTROL).get("wish"), OSError, b'{"wish": "stop"}'),
        "trial": (trial_file.TRIAL, trial_file.read_trial, trial_file.TrialError, _as_bytes(TRIAL)),
        "ledger": (ledger.LEDGER, ledger.read, ledger.LedgerError, _as_bytes(LEDGER_LINE) + b"\n"),
        "repair": (repair_file.REPAIR, repair_file.read_repair, OSError, _as_bytes(REPAIR)),
        "study": (study_file.STUDY, study_file.read, study_file.StudyFileError, _as_bytes(study(4))),
    }
    return {
        "event files": Target((events,), _event_file, 400),
        **{name: Target((seed,), partial(_history, file), 400) for name, (file, seed) in histories.items()},
        **{
            f"settings in {kind}": Target((text.encode(),), partial(_settings, f".{kind.lower()}"), 200)
            for kind, text in SETTINGS.items()
        },
        "configuration": Target((Config().to_json().encode(), b'{"epochs": 60, "dropout": {"p": 0.2}}'), _config, 400),
        **{
            name: Target((seed,), partial(_file, file, read, refusal), 200)
            for name, (file, read, refusal, seed) in files.items()
        },
        "a folder with events": Target((events,), partial(_whole, "bad/events.out.tfevents.1.host"), 2),
        **{
            f"a folder with {name}": Target((seed,), partial(_whole, f"bad/{file}"), 2)
            for name, (file, seed) in histories.items()
        },
        "a run with settings": Target((SETTINGS["YAML"].encode(),), partial(_whole, "good/args.yaml"), 2),
        "a run with a status": Target((_status_seed(),), partial(_whole, "good/status.json"), 2),
    }
