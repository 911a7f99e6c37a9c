"""Fuzz: damaged logs, histories and settings, often, to see that reading never fails nor prints what is no number.

``python -m tests.benchmarks.fuzz --executions 100000`` takes each kind in turn and prints how many it ran and how long
the slowest took; the first failure is printed with the seed that repeats it, and the exit code is 1. Tests run a few.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from diagnostics import diagnose_run, open_logs
from diagnostics.logs.setting_text import settings_in
from diagnostics.report.results import as_json
from tests.writers import write_run

TRAIN = [round(0.9**epoch, 4) for epoch in range(12)]
VAL = [round(0.8 + 0.01 * (epoch - 5) ** 2, 4) for epoch in range(12)]
EPOCHS = [{"epoch": i, "loss": t, "val_loss": v} for i, (t, v) in enumerate(zip(TRAIN, VAL, strict=True))]
TABLE = "epoch,loss,val_loss\n" + "".join(f"{i},{t},{v}\n" for i, (t, v) in enumerate(zip(TRAIN, VAL, strict=True)))
TEXT = "".join(f"Epoch {i}: train loss {t}, val loss {v}\n" for i, (t, v) in enumerate(zip(TRAIN, VAL, strict=True)))
YAML = "optimizer: {type: sgd, lr: 0.1}\nmodel:\n  dropout: 0.3\nweight_decay: 1e-2\nlist: [&a 1, *a]\n"
# pieces that parsers have trouble with
PIECES = [
    *(b'"', b"'", b",", b";", b"\t", b"\n", b"\r", b"\0", b"{", b"}", b"[", b"]", b":", b"-", b"*a", b"&a ", b"!!a"),
    *(b"nan", b"inf", b"-inf", b"1e400", b"9" * 400, b"null", b"true", b"\xff\xfe", b"\xed\xa0\x80", b"\x1b[2J"),
    *(b"[" * 3000, b'{"a":' * 3000, b"1" * 200_000, b"epoch 1 ", b"loss", b"../", b"\\"),
]  # fmt: skip


def mutated(content: bytes, rng: np.random.Generator) -> bytes:
    """The content with some places cut out, flipped, repeated or filled with trouble."""
    for _ in range(int(rng.integers(1, 6))):
        start, end = sorted(rng.integers(0, len(content) + 1, 2).tolist())
        end = min(end, start + int(rng.integers(1, 40)))
        kind = rng.integers(0, 5)
        piece = PIECES[rng.integers(0, len(PIECES))]
        middle = (b"", piece, rng.bytes(end - start), content[start:end] * 3, piece + content[start:end])[kind]
        content = content[:start] + middle + content[end:]
    return content


def _event_file() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return write_run(Path(folder), {"loss/train": TRAIN, "loss/val": VAL}).read_bytes()


SEEDS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "event files": ("events.out.tfevents.1.host", _event_file),
    "CSV": ("log.csv", TABLE.encode),
    "JSON lines": ("log.jsonl", "".join(json.dumps(epoch) + "\n" for epoch in EPOCHS).encode),
    "JSON": ("history.json", json.dumps({"loss": TRAIN, "val_loss": VAL}).encode),
    "lists of epochs": ("history.json", json.dumps(EPOCHS).encode),
    "trainer states": ("trainer_state.json", json.dumps({"log_history": EPOCHS}).encode),
    "text logs": ("train.log", TEXT.encode),
}
SETTINGS = {
    ".json": json.dumps({"optimizer": {"type": "sgd"}, "dropout": 0.3, "list": [1, {"a": 2}]}),
    ".yaml": YAML,
    ".toml": '[optimizer]\ntype = "sgd"\n\n[model]\ndropout = 0.3\n',
    ".txt": "Namespace(lr=0.1, betas=(0.9, 0.99), dropout=0.3) --wd 0.1\n",
}


def read(kind: str, rng: np.random.Generator) -> None:
    """A run beside a damaged file of the kind: the folder is read, judged and put into JSON, the run as it was."""
    name, seed = SEEDS[kind]
    with tempfile.TemporaryDirectory() as folder:
        write_run(Path(folder, "good"), {"loss/train": TRAIN, "loss/val": VAL})
        path = Path(folder, "bad", name)
        path.parent.mkdir()
        path.write_bytes(mutated(seed(), rng))
        os.utime(path, (1.7e9, 1.7e9))
        logs = open_logs(folder)
        good = logs.runs["good"]
        assert good.train is not None
        assert good.val is not None
        assert (len(good.train), len(good.val)) == (len(TRAIN), len(VAL))
        json.dumps(as_json(folder, [(run, diagnose_run(run)) for run in logs.runs.values()]), allow_nan=False)


def read_settings(suffix: str, rng: np.random.Generator) -> None:
    """A damaged text of settings gives some, or none."""
    text = mutated(SETTINGS[suffix].encode(), rng).decode("utf-8", "replace")
    assert all(isinstance(path, tuple) for path, _ in settings_in(text, suffix=suffix))


KINDS: dict[str, Callable[[np.random.Generator], None]] = {
    **{kind: partial(read, kind) for kind in SEEDS},
    **{f"settings as {suffix}": partial(read_settings, suffix) for suffix in SETTINGS},
}


def fuzz(kind: str, executions: int, *, first: int = 0) -> float:
    """Seconds of the slowest of so many executions, seeds ``first`` onward; a failure names its seed."""
    slowest = 0.0
    for seed in range(first, first + executions):
        start = time.perf_counter()
        try:
            KINDS[kind](np.random.default_rng(seed))
        except Exception as error:
            raise AssertionError(f"{kind}, seed {seed}: {type(error).__name__}: {error}") from error
        slowest = max(slowest, time.perf_counter() - start)
    return slowest


def main() -> int:
    """Run the kinds and print a line for each."""
    parser = argparse.ArgumentParser(description="Read damaged files, many times.")
    parser.add_argument("--executions", type=int, default=10_000, help="of all kinds together (%(default)s)")
    parser.add_argument(
        "--first", type=int, default=0, help="the first seed, so that another call tries others (%(default)s)"
    )
    options = parser.parse_args()
    each = max(1, options.executions // len(KINDS))
    try:
        for kind in KINDS:
            print(
                f"{kind}: {each} executions, the slowest {fuzz(kind, each, first=options.first) * 1e3:.0f} ms",
                flush=True,
            )
    except AssertionError as error:
        print(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
