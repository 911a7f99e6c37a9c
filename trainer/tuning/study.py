"""Study: what a search has found so far, as values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from trainer.strengths import Value
from trainer.tuning.spaces import Space


@dataclass(frozen=True)
class TrialRun:
    """One training of a trial. ``value`` is in the metric's own unit, ``cost`` the same with lower being better.

    ``points`` were logged of it. ``reason`` says why it ended early, or is empty.
    """

    run: str
    value: float | None = None
    cost: float | None = None
    points: int = 0
    epochs: int = 0
    clean_gap: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class StudyTrial:
    """One point of the search; ``value`` is the mean over its ``runs``, ``run`` the folder of the first of them."""

    number: int
    params: Mapping[str, Value]
    state: str
    value: float | None
    run: str
    epochs: int
    reason: str
    runs: tuple[TrialRun, ...]


@dataclass(frozen=True)
class Rival:
    """The second best trial, with its standard error; ``distinct`` when the difference is larger than that."""

    number: int
    difference: float
    error: float
    distinct: bool


@dataclass(frozen=True)
class BestTrial:
    """The best trial; ``error`` is its standard error over seeds, ``weights`` the file that holds the best ones."""

    number: int
    params: Mapping[str, Value]
    value: float
    error: float | None
    run: str
    weights: str | None
    rival: Rival | None

    @property
    def equal(self) -> int | None:
        """The number of a trial that cannot be told from it, if there is one."""
        return None if self.rival is None or self.rival.distinct else self.rival.number


@dataclass(frozen=True)
class FactorEffect:
    """What switching a regularizer on does to the value and to the clean gap, with their standard errors."""

    name: str
    on: Value
    best_val: float
    best_val_error: float
    clean_gap: float | None
    clean_gap_error: float | None


@dataclass(frozen=True)
class Screen:
    """Which of several regularizers does the work; no ``effects`` while runs are missing."""

    factors: tuple[str, ...]
    resolution: str
    effects: tuple[FactorEffect, ...]


@dataclass(frozen=True)
class Study:
    """One search in its ``folder``. ``metric`` is empty until a trial has logged one, ``command`` for our trainer.

    ``budget`` holds what is limited: ``runs``, ``epochs`` or ``minutes``. ``points`` are those of a search that was
    laid out beforehand, a grid or a screen; 0 where a sampler draws them. ``written`` is in seconds since 1970.
    """

    folder: Path
    name: str
    space: Space
    trials: tuple[StudyTrial, ...]
    command: str = ""
    objective: str = ""
    metric: str = ""
    higher_is_better: bool = False
    call: str = ""
    sampler: str = ""
    pruner: str = ""
    budget: Mapping[str, float] = field(default_factory=dict)
    repeats: int = 1
    points: int = 0
    best: BestTrial | None = None
    importance: Mapping[str, float] | None = None
    edges: tuple[str, ...] = ()
    screen: Screen | None = None
    next: str = ""
    written: float = 0.0

    @property
    def counts(self) -> Counter[str]:
        """How many trials are in each state."""
        return Counter(trial.state for trial in self.trials)

    @property
    def spent(self) -> dict[str, float]:
        """What is used up of each thing that can be limited, except time."""
        return {
            "runs": sum(len(trial.runs) for trial in self.trials),
            "epochs": sum(trial.epochs for trial in self.trials),
        }

    @property
    def left(self) -> dict[str, float]:
        """What remains of the budget and of the points, where that can be counted."""
        left = {name: self.budget[name] - spent for name, spent in self.spent.items() if name in self.budget}
        if self.points:
            ended = {repr(sorted(trial.params.items())) for trial in self.trials if trial.state != "running"}
            left["points"] = float(self.points - len(ended))
        return {name: max(0.0, amount) for name, amount in left.items()}


def folder_name(number: int) -> str:
    """What the folder of that trial is called; one of a further seed has ``-seed-N`` behind it."""
    return f"trial-{number:04d}"
