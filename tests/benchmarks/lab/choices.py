"""Choices: in which order each engine tries the grid of a task, from what its trials did to validation."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import optuna

from diagnostics.recommend import doses
from tests.benchmarks.lab.scored import Scored
from tests.benchmarks.lab.surfaces import GRID, Values

RUNS = 5
REPEATS = 5  # of an engine that draws
Orders = list[list[int]]
Engine = Callable[[Scored], Orders]
TEST_SHARE = 0.65  # of what a past task tells of a dose; the rest is by validation
BANDWIDTH, FLOOR = 1.4, 0.15  # of the weight of a past task by its features, and what an unlike one keeps
SPREAD, RELATIVE_SPREAD, DAMPING, DEEPEST = 0.07, 0.35, 0.8, 6.0


def ladder(task: Scored) -> Orders:
    """The product's doses; nothing where it prescribes nothing."""
    if not task.prescribed:
        return [[]]
    name = "spatial_dropout" if task.surface.architecture == "cnn" else "dropout"
    ladder = doses(task.diagnosis, task.setup)
    return [_once(task.nearest(dose.get(name, 0.0), dose.get("weight_decay", 0.0)) for dose in ladder)]


def small_grid(task: Scored) -> Orders:
    """A small grid as people use it."""
    return [_once(task.nearest(p, decay) for p, decay in ((0.1, 0.01), (0.2, 0.01), (0.1, 0.1), (0.3, 0.01)))]


def step_up(task: Scored) -> Orders:
    """0.05 more dropout and twice the decay each round."""
    return [_once(task.nearest(0.05 * run, 0.01 * 2**run) for run in range(1, RUNS + 1))]


def random(task: Scored) -> Orders:
    rng = np.random.default_rng(task.surface.number)
    return [(1 + rng.permutation(len(GRID) - 1)[:RUNS]).tolist() for _ in range(4 * REPEATS)]


def tpe(task: Scored) -> Orders:
    """Optuna's TPE, which is told of the plain run and draws its first two by chance."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return [_tpe(task, 1000 * task.surface.number + repeat) for repeat in range(REPEATS)]


def by_validation(task: Scored) -> Orders:
    """All of the grid, of which validation chooses."""
    return [[int(task.val.argmin())]]


def portfolio(past: Sequence[Scored]) -> Engine:
    """The doses that did best together on other tasks, chosen greedily; it never looks at the run."""
    surfaces, lowest, order = np.array([_surface(task) for task in past]), np.zeros(len(past)), list[int]()
    for _ in range(RUNS):
        order.append(int(np.minimum(lowest[:, None], surfaces).mean(0).argmin()))
        lowest = np.minimum(lowest, surfaces[:, order[-1]])
    return lambda _: [order]


def cases(past: Sequence[Scored]) -> Engine:
    """The first dose of the ladder, then the largest expected improvement over past tasks.

    Each past task is a hypothesis of what every dose does. Its weight is by how like its features are, and falls with
    how far it was from what each trial showed.
    """
    surfaces = np.array([_surface(task) for task in past])
    features = np.array([_features(task) for task in past])
    middle, scale = features.mean(0), features.std(0) + 1e-9

    def normed(rows: Values) -> Values:
        return np.clip((rows - middle) / scale, -2.5, 2.5)

    def order(task: Scored) -> Orders:
        distance = ((normed(features) - normed(_features(task))) ** 2).sum(1)
        weights = np.log(np.exp(-distance / (2 * BANDWIDTH**2)) + FLOOR)
        first = ladder(task)[0][:1]
        if not first:
            return [[]]
        tried, lowest, next_one = [0], 0.0, first[0]
        while len(tried) <= RUNS:
            done = float(np.clip(np.log(task.val[next_one] / task.val[0]), -2, 1))
            spread = SPREAD + RELATIVE_SPREAD * min(0.5, abs(done))
            weights = weights - 0.5 * DAMPING * ((surfaces[:, next_one] - done) / spread) ** 2
            weights = np.maximum(weights, weights.max() - DEEPEST)
            tried, lowest = [*tried, next_one], min(lowest, done)
            shares = np.exp(weights - weights.max())
            gains = (shares[:, None] * np.maximum(0, lowest - surfaces)).sum(0) / shares.sum()
            gains[tried] = -1
            next_one = int(gains.argmax())
        return [tried[1:]]

    return order


def _surface(task: Scored) -> Values:
    """What every dose did to the logarithm of the loss."""
    parts = (task.val, 1 - TEST_SHARE), (task.test, TEST_SHARE)
    change: Values = np.clip(sum(share * np.log(loss / loss[0]) for loss, share in parts), -2, 1)
    return change


def _features(task: Scored) -> Values:
    """Gap at the best checkpoint, rise, share of the training until t*, convolutions and BatchNorm."""
    val = task.surface.plain.val[0]
    gap, share = task.facts.best_gap_share or 0.0, task.facts.share or 1.0
    cnn, normed = 2.0 * (task.surface.architecture == "cnn"), 2.0 * task.surface.normed
    return np.array([gap, min(val[-1] / val.min() - 1, 3.0), share, cnn, normed])


def _once(order: Sequence[int] | object) -> list[int]:
    return [index for index in dict.fromkeys(order) if index]  # type: ignore[call-overload]


def _tpe(task: Scored, seed: int) -> list[int]:
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed, n_startup_trials=3))
    study.enqueue_trial({"dropout": 0.0, "weight_decay": 0.003})
    tried = []
    for _ in range(1 + RUNS):
        trial = study.ask()
        p, decay = trial.suggest_float("dropout", 0.0, 0.5), trial.suggest_float("weight_decay", 0.003, 10.0, log=True)
        tried.append(task.nearest(p, decay))
        study.tell(trial, float(np.log(task.val[tried[-1]])))
    return tried[1:]
