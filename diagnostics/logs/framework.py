"""Framework: whose training loop wrote a log, where the names in it tell."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Literal

from diagnostics.logs.run import Run

FrameworkName = Literal["lightning", "transformers", "keras"]

# what transformers' Trainer measures of itself, in event files and in the rows of its state
TRAINER = frozenset(
    f"{side}{between}{name}"
    for side in ("train", "eval")
    for between in ("/", "_")
    for name in ("runtime", "train_runtime", "samples_per_second", "steps_per_second", "total_flos")
)
LIGHTNING_DIRECTORY, LIGHTNING_METRIC = "lightning_logs", "hp_metric"


def framework_of(run: Run) -> FrameworkName | None:
    """The framework whose callbacks or loggers wrote the log of ``run``; ``None`` where it may have been any loop."""
    tags = {key.tag for key in run.curves}
    if any(tag == "epoch_loss" or tag.endswith("_vs_iterations") for tag in tags):
        return "keras"
    if tags & TRAINER:
        return "transformers"
    directories = {part for key in run.curves for part in PurePosixPath(key.run).parts}
    if LIGHTNING_METRIC in tags or LIGHTNING_DIRECTORY in directories or _of_steps_and_epochs(tags):
        return "lightning"
    return None


def _of_steps_and_epochs(tags: set[str]) -> bool:
    """Is one quantity logged by steps and by epochs beside the number of the epoch, as Lightning does by itself?"""
    by_step = {tag.removesuffix("_step") for tag in tags if tag.endswith("_step")}
    by_epoch = {tag.removesuffix("_epoch") for tag in tags if tag.endswith("_epoch")}
    return "epoch" in tags and bool(by_step & by_epoch)
