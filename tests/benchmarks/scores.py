"""Scores: how right a detector is at the end of a training, and how it behaves while one is watched."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.families import History

Values = NDArray[np.float64]
Detector = Callable[[Values, Values], bool]
Flags = Callable[[Values, Values], NDArray[np.bool_]]


class Score(NamedTuple):
    """At the last point: of overfitting alone, and the mean F1 of both classes; ``micros`` of processor time a run."""

    precision: float
    recall: float
    macro_f1: float
    micros: float


class Live(NamedTuple):
    """While watched: healthy runs ever flagged, of how many, and the median points from val's best to the alarm."""

    false_alarms: int
    healthy: int
    delay: float


def load(path: Path) -> list[History]:
    """Rows of ``{name, label, train, val}`` as JSON, gzipped or not; label 1 is overfitting."""
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [
        History(row["name"], bool(row["label"]), np.array(row["train"], float), np.array(row["val"], float))
        for row in json.loads(text)
    ]


def score(detector: Detector, histories: Sequence[History]) -> Score:
    """Judge each history once, at its last point."""
    started = time.process_time()
    said = np.array([detector(history.train, history.val) for history in histories])
    micros = (time.process_time() - started) / len(histories) * 1e6
    true = np.array([history.overfit for history in histories])
    hits = int((said & true).sum())
    return Score(
        hits / max(int(said.sum()), 1),
        hits / max(int(true.sum()), 1),
        (_f1(said, true) + _f1(~said, ~true)) / 2,
        micros,
    )


def _f1(said: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    hits = int((said & true).sum())
    return 2 * hits / max(int(said.sum()) + int(true.sum()), 1)


def replay(detector: Detector) -> Flags:
    """The slow way to watch: ask again after each point."""

    def flags(train: Values, val: Values) -> NDArray[np.bool_]:
        return np.array([detector(train[:n], val[:n]) for n in range(1, len(val) + 1)])

    return flags


def watch(flags: Flags, histories: Sequence[History]) -> Live:
    """Replay each history; the delay counts from val's lowest point to the alarm that then stays to the end."""
    alarms, delays = 0, []
    for history in histories:
        raised = flags(history.train, history.val)
        if not history.overfit:
            alarms += bool(raised.any())
        elif raised[-1]:
            quiet = np.flatnonzero(~raised)
            since = int(quiet[-1]) + 1 if len(quiet) else 0
            delays.append(since - int(np.argmin(history.val)))
    healthy = sum(not history.overfit for history in histories)
    return Live(alarms, healthy, float(np.median(delays)) if delays else float("nan"))
