"""Priors: random tasks trained with strengths that were chosen before any run, and the rules that choose them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from diagnostics.recommend.prior import DROPOUT, GETS_FAR, MEMORY, PlannedRun, prior
from tests.benchmarks.lab.random_tasks import random_task
from tests.benchmarks.lab.surfaces import LOOKS, Values, train_members

DROPOUTS = (0.0, 0.1, 0.2, 0.3)
MEMORIES = (np.inf, 10.0, 3.0, 1.0, 0.5, 0.25, 0.1, 0.05)  # what a decay averages over, in lengths of the run; inf: off
GRID = tuple((p, memory) for p in DROPOUTS for memory in MEMORIES)
LONGEST = 30.0  # lengths of the run; a decay of a longer memory is as good as none
USUAL = 0.01  # torch's default for AdamW, the member after the grid
Rule = Callable[[PlannedRun], tuple[float, float]]
"""Dropout and decoupled weight decay, before any run."""


class Started(NamedTuple):
    """A planned run, and test losses ``(members,)`` at the best checkpoint by validation and at the last epoch."""

    number: int
    run: PlannedRun
    overfits: bool
    best: Values
    last: Values
    test_samples: int


def started(number: int) -> Started:
    """Train a random task with every member of the grid, and with the usual decay."""
    task = random_task(number)
    rate_sum = sum(task.rate(step) for step in range(task.steps))
    p = torch.tensor([*(p for p, _ in GRID), 0.0])
    decay = torch.tensor([*(1 / (memory * rate_sum) for _, memory in GRID), USUAL])
    trained = train_members(task, p, decay, LOOKS)
    samples, val = len(task.data.train.y), trained.val[0]
    run = PlannedRun(
        samples=samples,
        batch_size=task.batch_size,
        lr=rate_sum / task.steps,
        epochs=task.steps * task.batch_size / samples,
        optimizer="adamw" if task.momentum is None else "sgdw",
        momentum=task.momentum,
        architecture=task.architecture,
    )
    overfits = bool(val[-1] > 1.02 * val.min() and val.argmin() < 0.9 * len(val))
    return Started(number, run, overfits, trained.test_best, trained.test_last, len(task.data.test.y))


def ours(run: PlannedRun) -> tuple[float, float]:
    """What the product suggests."""
    suggested = {start.lever: start.suggested or 0.0 for start in prior(run)}
    return suggested.get("dropout", suggested.get("spatial_dropout", 0.0)), suggested.get("weight_decay", 0.0)


def fixed(dropout: float, memory: float, least: float) -> Rule:
    """A dropout and a memory of the run, where the training gets at least so far."""

    def rule(run: PlannedRun) -> tuple[float, float]:
        return (dropout, 1 / (memory * run.lr * run.steps)) if run.distance >= least else (0.0, 0.0)

    return rule


RULES: Mapping[str, Rule] = {
    "torch's default decay, .01": lambda run: (0.0, USUAL),
    "decay .1": lambda run: (0.0, 0.1),
    "dropout .2": lambda run: (0.2, 0.0),
    "**Fitwatch's start**": ours,
}
CHOICES: Mapping[str, Rule] = {
    f"dropout {p:g}, memory {memory:g}, from {least:g} on": fixed(p, memory, least)
    for p, memory, least in (
        (DROPOUT, MEMORY, GETS_FAR),
        (DROPOUT, MEMORY, 0.0),
        (DROPOUT, MEMORY, 2 * GETS_FAR),
        (0.0, MEMORY, GETS_FAR),
        (0.2, MEMORY, GETS_FAR),
        (DROPOUT, 1.0, GETS_FAR),
        (DROPOUT, 10.0, GETS_FAR),
    )
}


def outcomes(tasks: Sequence[Started], rule: Rule) -> Values:
    """The log test loss under a rule minus that without, ``(tasks, 2)``: at the best checkpoint and the last epoch."""
    return np.array([_outcome(task, *rule(task.run)) for task in tasks])


def _outcome(task: Started, p: float, decay: float) -> tuple[float, float]:
    """Between the members of the grid by dropout and the logarithm of the memory."""
    if p == 0 and decay == USUAL:
        return float(np.log(task.best[-1] / task.best[0])), float(np.log(task.last[-1] / task.last[0]))
    at = _log(1 / (decay * task.run.lr * task.run.steps) if decay else np.inf)
    axis = [_log(memory) for memory in MEMORIES][::-1]
    found = []
    for losses in (task.best, task.last):
        surface = np.log(losses[:-1] / losses[0]).reshape(len(DROPOUTS), len(MEMORIES))
        found.append(float(np.interp(p, DROPOUTS, [np.interp(at, axis, row[::-1]) for row in surface])))
    return found[0], found[1]


def _log(memory: float) -> float:
    return float(np.log(min(memory, LONGEST)))


def save(task: Started, path: Path) -> None:
    """Everything of a task in a file, by rename."""
    scratch = path.with_suffix(".part")
    plan = {f"run.{name}": value for name, value in vars(task.run).items() if value is not None}
    fields = {name: value for name, value in task._asdict().items() if name != "run"}
    with scratch.open("wb") as file:
        np.savez_compressed(file, **fields, **plan)
    scratch.replace(path)


def load(path: Path) -> Started:
    """What ``save`` wrote."""
    with np.load(path, allow_pickle=False) as file:
        fields = {name: file[name] if file[name].ndim else file[name].item() for name in file.files}
    plan = {name.removeprefix("run."): fields.pop(name) for name in list(fields) if name.startswith("run.")}
    return Started(run=PlannedRun(**plan), **fields)
