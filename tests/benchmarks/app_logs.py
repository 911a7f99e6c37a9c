"""Logs of many runs, written quickly, and one that goes on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.event_logs import START, scalar_records

Values = NDArray[np.float64]


def write_runs(folder: Path, count: int, epochs: int) -> None:
    """``count`` runs of six scalars an epoch, of which every third overfits, long finished."""
    rng = np.random.default_rng(0)
    for number in range(count):
        write_run(folder / f"run-{number:03}", curves(epochs, rng, overfits=number % 3 == 0))


def curves(epochs: int, rng: np.random.Generator, *, overfits: bool) -> dict[str, Values]:
    """Six series of one run."""
    share = np.arange(1, epochs + 1) / epochs
    rise = 0.5 * np.maximum(share - 0.4, 0) if overfits else 0.0
    return {
        "loss/train": np.exp(-5 * share) + rng.normal(0, 0.003, epochs),
        "loss/val": 0.2 + np.exp(-5 * share) + rise + rng.normal(0, 0.006, epochs),
        "optim/lr": np.full(epochs, 1e-3),
        "optim/grad_norm": np.exp(-share) + rng.normal(0, 0.02, epochs),
        "weights/l2_norm": 3 + 2 * share,
        "weights/sparsity": 0.1 * share,
    }


def write_run(folder: Path, series: Mapping[str, Values]) -> None:
    """One event file with every series at steps 1, 2, ..., a second apart."""
    epochs = len(next(iter(series.values())))
    steps = np.arange(1, epochs + 1)
    placed = []
    for tag, (name, values) in enumerate(series.items()):
        for index, rows in scalar_records(name, steps, START + steps, values):
            placed += [(at * len(series) + tag, row.tobytes()) for at, row in zip(index, rows, strict=True)]
    folder.mkdir(parents=True)
    content = b"".join(row for _, row in sorted(placed))
    (folder / f"events.out.tfevents.{int(START)}.host.0").write_bytes(content)
