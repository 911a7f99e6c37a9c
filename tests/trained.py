"""A whole training in this process, for tests."""

from __future__ import annotations

from pathlib import Path

from trainer import job
from trainer.config import Config
from trainer.fit.loop import Callback, Loop
from trainer.session import work


class History(Callback):
    """Each epoch's values."""

    def __init__(self) -> None:
        self.epochs: list[dict[str, float]] = []

    def epoch_end(self, loop: Loop) -> None:
        self.epochs.append(loop.values)


def trained(run_dir: Path, config: Config) -> list[dict[str, float]]:
    """Train ``config`` into a new folder; each epoch's values by tag."""
    run_dir.mkdir()
    job.prepare(config, run_dir)
    history = History()
    work(run_dir, history)
    return history.epochs
