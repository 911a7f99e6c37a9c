"""Hostile files: one of each kind that must change nothing but itself, by the name that it is found under."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.writers import LogWriter

Maker = Callable[[Path], None]
HUGE_NUMBER = '{"epoch": 1, "loss": 1e400, "val_loss": 1' + "0" * 5000 + "}\n"


def _text(text: str) -> Maker:
    def write(path: Path) -> None:
        path.write_text(text, encoding="utf-8", errors="surrogatepass")

    return write


def _bytes(content: bytes) -> Maker:
    return lambda path: path.write_bytes(content) and None


def _not_a_number(path: Path) -> None:
    with LogWriter(path.parent, name=path.name) as log:
        for step in range(3):
            log.scalar("loss", float("nan"), step, wall_time=float("nan"))
            log.scalar("val_loss", float("inf"), step, wall_time=float("inf"))


def _huge_steps(path: Path) -> None:
    with LogWriter(path.parent, name=path.name) as log:
        for step in (0, 1 << 62, (1 << 63) - 1):
            log.scalar("loss", 1.0, step)
            log.scalar("val_loss", 1e38, step)


def _surrogates(path: Path) -> None:
    path.write_text(json.dumps({"loss": [2.0, 1.0], "val_loss\udcff\ud800": [2.0, 1.0], "\x1b[2J": [1.0, 2.0]}))


def _socket(path: Path) -> None:
    here = os.getcwd()
    os.chdir(path.parent)  # the name of a socket may not be long
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(path.name)
    os.chdir(here)


def _bomb(path: Path) -> None:
    np.savez_compressed(path, losses=np.zeros(30_000_000, np.float32))


def _endless_view(path: Path) -> None:
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE metrics (id, timestamp, run_name, step, metrics)")
    database.execute("INSERT INTO metrics VALUES (1, 2, x'ff', 'many', 'no JSON')")
    database.commit()
    database.close()


DEEP = "[" * 100_000
DEEP_OBJECT = '{"loss": ' * 100_000
HOSTILE: dict[str, tuple[str, Maker]] = {
    "field of any length": ("x/log.csv", _text('epoch,loss,val_loss\n1,2.0,"' + "9" * 200_000 + '"\n')),
    "header of any length": ("x/log.csv", _text("epoch," * 200_000)),
    "no end of quote": ("x/log.csv", _text('epoch,loss\n"1,2\n' * 50)),
    "NUL bytes": ("x/log.csv", _bytes(b"epoch,loss\n\0\0\0,1\n\0")),
    "no text": ("x/log.csv", _bytes(bytes(range(256)) * 40)),
    "deep list": ("x/metrics.json", _text(DEEP + " loss")),
    "deep object": ("x/metrics.json", _text(DEEP_OBJECT)),
    "deep lines": ("x/log.jsonl", _text(DEEP_OBJECT + "\n" + '{"epoch": 1, "loss": 2}\n')),
    "deep state": ("x/trainer_state.json", _text(DEEP)),
    "huge numbers": ("x/log.jsonl", _text(HUGE_NUMBER * 4)),
    "wrong types in a state": ("x/trainer_state.json", _text('{"log_history": [{"step": {}, "loss": []}]}')),
    "wrong types in lists": ("x/history.json", _text('{"loss": [1, {}, [], null, "a"], "val_loss": [true, 2, 3]}')),
    "surrogates": ("x/history.json", _surrogates),
    "wrong types in a status": ("good/status.json", _text('{"pid": "12", "state": [1], "epoch": {}, "updated": "x"}')),
    "a list as status": ("good/status.json", _text("[1, 2]")),
    "deep status": ("good/status.json", _text(DEEP)),
    "wrong types in a trial": ("good/trial.json", _text('{"schema": 1, "dose": 1e400, "change": [], "parent": 5}')),
    "wrong types in a ledger": ("ledger.jsonl", _text('{"run": 5, "parent": [], "change": {"a": 1e400}}\n' + DEEP)),
    "deep settings": ("good/config.json", _text(DEEP_OBJECT)),
    "wrong types in settings": ("good/args.yaml", _text("? [a, b]\n: 1\ndropout: {0: [1]}\nweight_decay: 1e400\n")),
    "times that are no numbers": ("x/events.out.tfevents.1.host", _not_a_number),
    "huge steps": ("x/events.out.tfevents.1.host", _huge_steps),
    "no event file": ("x/events.out.tfevents.1.host", _bytes(b"\xff" * 3000)),
    "empty event file": ("x/events.out.tfevents.1.host", _bytes(b"")),
    "pipe": ("x/log.csv", os.mkfifo),
    "pipe of events": ("x/events.out.tfevents.1.host", os.mkfifo),
    "pipe as settings": ("good/config.json", os.mkfifo),
    "pipe as status": ("good/status.json", os.mkfifo),
    "socket": ("x/log.csv", _socket),
    "link to itself": ("x/log.csv", lambda path: path.symlink_to(path)),
    "link to a folder above": ("x/up", lambda path: path.symlink_to(path.parent.parent)),
    "link to nothing": ("x/log.csv", lambda path: path.symlink_to("nowhere")),
    "device": ("x/log.csv", lambda path: path.symlink_to("/dev/zero")),
    "bomb of arrays": ("good/val_losses.npz", _bomb),
    "database": ("x/project.db", _endless_view),
    "no database": ("x/project.db", _bytes(b"SQLite format 3\0" + b"\xff" * 5000)),
    "no Parquet": ("x/data.parquet", _bytes(b"PAR1" + b"\xff" * 100 + b"PAR1")),
    "name of no text": (os.fsdecode(b"x/\xff\xfe.csv"), _text("epoch,loss\n1,2\n")),
    "name with escapes": ("x/\x1b[2Jlog\n.csv", _text("epoch,loss\n1,2\n2,1\n")),
    "a text of one line": ("x/train.log", _text("epoch 1 loss " + "1" * 500_000)),
}  # fmt: skip
# whose path must be named, because somebody would look for its numbers; others are damaged lines or no logs
NAMED = frozenset((
    *("deep state", "deep object", "no event file", "pipe", "pipe of events", "socket"),
    *("link to itself", "link to a folder above", "link to nothing", "device", "no Parquet"),
))  # fmt: skip
