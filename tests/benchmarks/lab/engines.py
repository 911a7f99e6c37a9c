"""Engines: in which order each way of choosing strengths tries the members of a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import optuna

from tests.benchmarks.lab.table import Table, When
from tests.benchmarks.lab.training import Member

BUDGETS = (1, 2, 3, 5)
RUNS = max(BUDGETS)
REPEATS = 10  # of an engine that draws
WEAKEST, STRONGEST = 0.003, 6.4  # weight decays; the weakest of the table but 0 is 0.01

Engine = Callable[[Table, When], list[list[int]]]


def fitwatch(table: Table, when: When) -> list[list[int]]:
    """The recommended doses in their order."""
    return [list(table.doses)]


def grid(table: Table, when: When) -> list[list[int]]:
    """A small grid as people use it, strongest dropout last; the plain run is its first."""
    return [[table.members.index(Member(p, decay)) for p, decay in ((0.1, 0.01), (0.2, 0.01), (0.1, 0.1), (0.3, 0.01))]]


def static(table: Table, when: When) -> list[list[int]]:
    """0.1 more dropout and 10 times the decay each round."""
    return [[nearest(table, Member(p, decay)) for p, decay in ((0.1, 0.01), (0.2, 0.1), (0.3, 1.0), (0.4, 10.0))]]


def random(table: Table, when: When) -> list[list[int]]:
    """Any of the table, none twice."""
    rng = np.random.default_rng(table.seed)
    return [(1 + rng.permutation(table.size - 1)[:RUNS]).tolist() for _ in range(20 * REPEATS)]


def tpe(table: Table, when: When, *, startup: int = 10) -> list[list[int]]:
    """Optuna's TPE, which is told of the plain run; ``startup`` is after how many runs its model begins to choose."""
    return [_tpe(table, when, startup, 1000 * table.seed + repeat) for repeat in range(REPEATS)]


def eager_tpe(table: Table, when: When) -> list[list[int]]:
    """The same, but its model chooses from the second run on."""
    return tpe(table, when, startup=1)


OURS, TPES = "**Fitwatch's doses**", ("Optuna's TPE", "Optuna's TPE, modeling from the 2nd run")
ENGINES: dict[str, Engine] = {
    "a small grid": grid,
    "random search": random,
    TPES[0]: tpe,
    TPES[1]: eager_tpe,
    "a static rule": static,
    OURS: fitwatch,
}


def captured(table: Table, engine: Engine, runs: Sequence[int], when: When) -> list[float]:
    """The share captured after each number of ``runs``, the mean over what the engine draws."""
    orders = engine(table, when)
    return [float(np.mean([table.captured(order, count, when) for order in orders])) for count in runs]


def nearest(table: Table, wanted: Member) -> int:
    """The member of the table that is most like it: in dropout, and in the logarithm of the decay."""

    def distance(member: Member) -> float:
        decays = [np.log10(max(one.weight_decay, WEAKEST)) for one in (member, wanted)]
        other = 100 * (member.augmentation != wanted.augmentation)  # only where the table has no such member
        return other + abs(member.dropout - wanted.dropout) / 0.1 + abs(decays[0] - decays[1]) / np.log10(4)

    return min(range(table.size), key=lambda index: distance(table.members[index]))


def _tpe(table: Table, when: When, startup: int, seed: int) -> list[int]:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed, n_startup_trials=startup))
    study.enqueue_trial({"dropout": 0.0, "weight_decay": WEAKEST, "augmentation": False})
    tried = []
    for _ in range(1 + RUNS):
        trial = study.ask()
        wanted = Member(
            trial.suggest_float("dropout", 0.0, 0.4),
            trial.suggest_float("weight_decay", WEAKEST, STRONGEST, log=True),
            trial.suggest_categorical("augmentation", [False, True]),
        )
        tried.append(nearest(table, wanted))
        study.tell(trial, float(table.val(when)[tried[-1]]))
    return tried[1:]
