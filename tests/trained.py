"""A whole training in this process, for tests."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from pathlib import Path

import torch

from trainer import job
from trainer.config import Config
from trainer.fit.loop import Callback, Loop
from trainer.session import work
from trainer.trials import cli_improve


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


def improved(runs: Path, config: Config, *options: str) -> tuple[Path, str]:
    """Train ``config`` into ``runs``/base and improve it by one trial; that folder, and what was printed."""
    torch.set_num_threads(1)
    trained(runs / "base", config)
    printed = io.StringIO()
    with redirect_stdout(printed):
        cli_improve.main([str(runs / "base"), "--budget", "1", *options])
    return runs / "base", printed.getvalue()
