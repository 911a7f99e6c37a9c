"""Search: engines that ask for one configuration after another, with or without stopping trials early."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import optuna

from diagnostics import Curve
from diagnostics.logs.run import Key, Pair, Run
from tests.benchmarks.lab.training import Curves, Member, Task, train
from trainer.tuning.objective import Reading, read
from trainer.tuning.pruner import fitwatch
from trainer.tuning.spaces import DEFAULTS, PRESET_GRID, default_space
from trainer.tuning.workers.queue_of_trials import sampler

GRID, OURS = "reference grid", "TPE with our pruning"
TRAIN, CLEAN, VAL = (Key(".", f"loss/{name}") for name in ("train", "train_clean", "val"))
PAIR = Pair("loss", TRAIN, VAL)
FIRST_LOOK = 5  # epochs: no verdict comes before
MOST_ROUNDS = 60


class Engine(NamedTuple):
    """``kind`` of sampler, and whether trials are stopped early."""

    kind: str
    prunes: bool = False


ENGINES = {
    GRID: Engine("grid"),
    "random": Engine("random"),
    "TPE": Engine("tpe"),
    "reference grid with our pruning": Engine("grid", prunes=True),
    OURS: Engine("tpe", prunes=True),
}


class Trial(NamedTuple):
    """What one configuration cost, as a share of a full training, and reached: lowest val, and test at that epoch."""

    cost: float
    val: float
    test: float


class Searched(NamedTuple):
    """The trials of every engine on one task and seed, in their order, and the plain run's test loss."""

    task: str
    seed: int
    plain: float
    found: dict[str, list[Trial]]

    def log_ratio(self, engine: str, spent: float) -> float:
        """Logarithm of the test loss over the plain run's, of the best by val once ``spent`` is used up.

        Before the first trial has ended there is the plain run.
        """
        done = self._within(engine, spent)
        return float(np.log(min(done, key=lambda trial: trial.val).test / self.plain)) if done else 0.0

    def trials(self, engine: str, spent: float) -> int:
        """How many trials that paid for."""
        return len(self._within(engine, spent))

    def cost(self, engine: str) -> float:
        """Full trainings of all its trials."""
        return sum(trial.cost for trial in self.found[engine])

    def _within(self, engine: str, spent: float) -> list[Trial]:
        trials = self.found[engine]
        paid = np.cumsum([trial.cost for trial in trials])
        return trials[: int(np.searchsorted(paid, spent + 1e-9, side="right"))]


class Searcher:
    """One engine on one task; a study of Optuna's, of which the grid's points are the first and only ones."""

    def __init__(self, engine: Engine, task: Task, seed: int, budget: float) -> None:
        self.engine, self.task, self.budget = engine, task, budget
        self.trials: list[Trial] = []
        self.dropout = "spatial_dropout" if task.architecture == "cnn" else "dropout"
        self.space = default_space(DEFAULTS["cnn" if task.architecture == "cnn" else "mlp"])
        self.study = optuna.create_study(sampler=sampler(engine.kind, seed))
        self.asked: optuna.Trial | None = None

    def ask(self) -> Member | None:
        """The next configuration; None when the budget is spent or the grid is through."""
        if sum(trial.cost for trial in self.trials) >= self.budget:
            return None
        if self.engine.kind == "grid":
            left = PRESET_GRID[len(self.trials) :]
            return Member(float(left[0]["dropout"] or 0), float(left[0]["weight_decay"] or 0)) if left else None
        self.asked = self.study.ask()
        drawn = {name: span.draw(self.asked, name) for name, span in self.space.items()}
        return Member(float(drawn[self.dropout] or 0), float(drawn["weight_decay"] or 0))

    def tell(self, curves: Curves, index: int) -> None:
        """What was asked for is trained: stop it where the pruner would have, and remember what it reached."""
        lowest = min((trial.val for trial in self.trials), default=None)
        epochs, pruned = self._stopped(curves, index, lowest) if self.engine.prunes else (self.task.epochs, False)
        val = curves.val[index, :epochs]
        assert curves.test is not None
        best = int(val.argmin())
        self.trials.append(Trial(epochs / self.task.epochs, float(val[best]), float(curves.test[index, best])))
        if self.asked is not None:
            state = optuna.trial.TrialState.PRUNED if pruned else optuna.trial.TrialState.COMPLETE
            self.asked.report(float(val[best]), epochs)
            self.study.tell(self.asked, None if pruned else float(val[best]), state=state)
            self.asked = None

    def _stopped(self, curves: Curves, index: int, lowest: float | None) -> tuple[int, bool]:
        """After how many epochs the pruner stops the trial, and whether for want of hope."""
        for epochs in range(FIRST_LOOK, self.task.epochs):
            decision = fitwatch(_reading(curves, index, epochs), best=lowest, planned=self.task.epochs)
            if decision is not None:
                return epochs, decision.state == "pruned"
        return self.task.epochs, False


def search(task: Task, seed: int, *, budget: float) -> Searched:
    """Let every engine spend ``budget`` full trainings."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    data = task.data(seed)
    searchers = {name: Searcher(engine, task, seed, budget) for name, engine in ENGINES.items()}
    for _ in range(MOST_ROUNDS):
        asked = {name: member for name, one in searchers.items() if (member := one.ask()) is not None}
        if not asked:
            break
        members = tuple(dict.fromkeys(asked.values()))
        curves = train(task, data, members, seed, follow_test=True)
        for name, member in asked.items():
            searchers[name].tell(curves, members.index(member))
    found = {name: one.trials for name, one in searchers.items()}
    return Searched(task.name, seed, found[GRID][0].test, found)


def _reading(curves: Curves, index: int, epochs: int) -> Reading:
    """The log of the first ``epochs`` of one member."""
    steps = np.arange(1, epochs + 1)
    sides = {TRAIN: curves.train, CLEAN: curves.clean, VAL: curves.val}
    run = Run(
        "trial",
        {key: Curve(steps, values[index, :epochs]) for key, values in sides.items()},
        primary=PAIR,
        pairs=(PAIR,),
        x_axis="epoch",
    )
    found = read(run)
    assert found is not None
    return found
