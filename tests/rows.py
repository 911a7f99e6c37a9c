"""Rows as event files would hold them, for tests of what is done with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from diagnostics.logs.matching.membership import group
from diagnostics.logs.matching.pairing import match
from diagnostics.logs.run import Key, Rows, Run

START = 1.75e9


def rows(
    steps: Sequence[int], *, values: Sequence[float] | None = None, begins: float = 0.0, lasts: float = 1000.0
) -> Rows:
    """Values at ``steps``, falling where none are given, spread evenly over ``lasts`` seconds."""
    count = len(steps)
    walls = START + begins + np.linspace(lasts / count, lasts, count)
    return Rows(
        np.asarray(steps, np.int64), walls, np.linspace(1, 0.5, count) if values is None else np.array(values, float)
    )


def epochs(count: int = 50) -> Rows:
    """One value an epoch, from 0."""
    return rows(range(count))


def batches(count: int = 350) -> Rows:
    """One value a batch, seven batches an epoch."""
    return rows(range(1, count + 1))


def some_batches(count: int = 35) -> Rows:
    """One value every ten batches."""
    return rows(range(10, 10 * count + 1, 10))


def epoch_ends(count: int = 50) -> Rows:
    """One value an epoch, its step counted in batches."""
    return rows(range(7, 7 * count + 1, 7))


def evaluations() -> Rows:
    """Five values, its step counted in batches."""
    return rows(range(70, 351, 70))


def every_250() -> Rows:
    """Twenty values, from the start and every 250 batches."""
    return rows(range(0, 5000, 250))


def at_the_start() -> Rows:
    """One value at step 0."""
    return rows([0])


def at_the_end() -> Rows:
    """One value after the last batch."""
    return rows([350])


def runs_of(directories: Mapping[str, Mapping[str, Rows]], *, root: str = "") -> dict[str, Run]:
    """What is found in directories of one file each."""
    members = group({name: set(file) for name, file in directories.items()})
    return {run: match(run, {name: [directories[name]] for name in names}, root=root) for run, names in members.items()}


def tags_of(run: Run) -> tuple[str, str] | None:
    """The tags of training and of validation in a run's pair; None without one of them."""
    pair = run.primary
    return (pair.train.tag, pair.val.tag) if pair and pair.train and pair.val else None


def key(text: str | None, directory: str) -> Key | None:
    """``"tag"`` of ``directory``, or ``"directory::tag"``."""
    if text is None:
        return None
    return Key(*text.split("::", 1)) if "::" in text else Key(directory, text)
