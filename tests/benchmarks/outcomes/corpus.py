"""Corpus: labeled trainings as rows of JSON, made by plans and kept in a file."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tests.benchmarks.outcomes.labels import Ends, label, outcome
from tests.benchmarks.outcomes.plans import MEMBERS, Plan, plan
from tests.benchmarks.outcomes.recorder import Losses, last_few
from tests.benchmarks.outcomes.training import train

Row = dict[str, Any]
FAMILIES = {
    "tables": ("breast_cancer", "wine", "diabetes"),
    "generated": ("clusters", "moons", "friedman", "planes", "teacher", "unrelated"),
    "signals": ("digits", "mnist1d", "series"),
    "text": ("next_letter", "stretches", "modules"),
}
FAMILY = {workload: family for family, workloads in FAMILIES.items() for workload in workloads}


def build(runs: int, *, first: int = 0) -> Iterator[Row]:
    """At least ``runs`` labeled trainings: whole groups, from number ``first`` on; the same for the same numbers."""
    torch.set_num_threads(1)
    for seed in range(first, first - (-runs // MEMBERS)):
        group = plan(seed)
        losses = train(group)
        for member in range(MEMBERS):
            yield row(group, losses, member)


def row(group: Plan, losses: Losses, member: int) -> Row:
    """All that is known of one training."""
    return {
        "source": "outcomes",
        "workload": group.workload,
        "family": FAMILY[group.workload],
        "name": f"{group.workload}-{group.seed}-{member}",
        "seed": group.seed,
        **labels(group, losses, member),
        "steps": group.logged,
        **curves(losses, member),
        "train_samples": group.train_samples,
        "val_samples": group.members[member].val_samples,
        "test_samples": group.test_samples,
        "classes": losses.classes,
        "hparams": settings(group, losses, member),
    }


def labels(group: Plan, losses: Losses, member: int) -> Row:
    """What result of a training, with the numbers that say so."""
    train_loss, val, test = losses.train[member], losses.val[member], losses.test[member]
    best = int(np.nanargmin(val)) if np.isfinite(val).any() else 0
    ends = Ends(
        test=float(test[best]),
        test_rise=float(losses.rise[member]),
        test_error=float(losses.rise_error[member]),
        train_rise=float(train_loss[max(best, len(val) - last_few(group.evaluations)) :].mean() - train_loss[best]),
    )
    start = float(losses.start[0][member]), float(losses.start[1][member])
    level = abs(ends.test) or float("nan")
    result = outcome(ends, train_loss, test, start, losses.constant)
    return {
        "label": "unclear" if result == "diverged" and label(ends) == "overfit" else label(ends),
        "outcome": result,
        "made": group.members[member].made,
        "start": [float(f"{value:.6g}") for value in start],
        "constant": losses.constant,
        "test_at_best": ends.test,
        "rise": ends.test_rise / level,
        "rise_error": ends.test_error / level,
        "train_rise": ends.train_rise,
    }


def curves(losses: Losses, member: int) -> Row:
    """What was measured at every evaluation, with six digits."""
    names = ["train", "train_optimised", "val", "test", "test_error", "lr"]
    if losses.classes:
        names += ["train_accuracy", "val_accuracy", "test_accuracy"]
    return {name: [float(f"{value:.6g}") for value in getattr(losses, name)[member]] for name in names}


def settings(group: Plan, losses: Losses, member: int) -> Row:
    """How the network was trained."""
    setup = group.members[member]
    return {
        "architecture": group.architecture,
        "depth": group.depth,
        "width": group.width,
        "batch_norm": group.norm,
        "optimizer": group.optimizer,
        "lr": float(losses.first_lr[member]),
        "schedule": setup.schedule,
        "weight_decay": setup.weight_decay,
        "dropout": setup.dropout,
        "batch_size": group.batch_size,
        "noise": group.noise,
        "train_noise": setup.train_noise,
        "raw_target": group.raw and not losses.classes,
        "pretraining": group.pretraining,
    }


def save(rows: Sequence[Row], path: Path) -> None:
    """Write the rows, gzipped, one a line; a file that was there is replaced at once."""
    text = "".join(json.dumps(row) + "\n" for row in rows)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.write_bytes(gzip.compress(text.encode(), mtime=0))
    unfinished.replace(path)


def load(path: Path) -> list[Row]:
    """The rows of a file that :func:`save` wrote."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
