"""Queue of trials: which trial a worker runs next; none twice, none lost, no more than the budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState

from trainer.processes.liveness import lives, prints_into
from trainer.status import TRAINER_LOG
from trainer.tuning.budget import Budget
from trainer.tuning.plan import Plan
from trainer.tuning.study import TrialRun, folder_name
from trainer.tuning.training import end_by_number
from trainer.tuning.workers.heartbeat import TRAINING, WORKER, Heartbeats, machine

RETRY_OF, RUNS, BECAUSE, REASON = "retry_of", "runs", "because", "reason"  # attributes of a trial
ATTEMPTS = "attempts"
RETRIES = 3  # of a trial whose worker dies
SAMPLERS = ("tpe", "random", "grid")


def sampler(kind: str, seed: int) -> BaseSampler:
    """TPE or random; a grid's points are in line already."""
    return TPESampler(seed=seed, n_startup_trials=5) if kind == "tpe" else RandomSampler(seed=seed)


def replaced(trials: Sequence[FrozenTrial]) -> set[int]:
    """Numbers of the trials that another one runs again."""
    return {trial.user_attrs[RETRY_OF] for trial in trials if RETRY_OF in trial.user_attrs}


def failures(trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    """The trials that failed, and are not run again."""
    gone = replaced(trials)
    return [trial for trial in trials if trial.state is TrialState.FAIL and trial.number not in gone]


def spent_epochs(trials: Sequence[FrozenTrial]) -> int:
    """Epochs of all runs that have ended, of every trial."""
    gone = replaced(trials)  # the trial that runs one again has its runs, too
    return sum(run.epochs for trial in trials if trial.number not in gone for run in runs_of(trial))


def runs_of(trial: FrozenTrial) -> list[TrialRun]:
    """The runs of a trial that have ended."""
    return [TrialRun(**run) for run in trial.user_attrs.get(RUNS, [])]


class TrialQueue:
    """The trials of a study, for one worker.

    A trial waits in line before anybody runs it, and the store lets one worker alone take it. It is the trial's place
    in line that the budget allows or not, so that workers need no other agreement.
    """

    def __init__(
        self, study: optuna.Study, storage: BaseStorage, plan: Plan, *, budget: Budget, kind: str, folder: Path
    ) -> None:
        self._folder = folder
        self.study, self._storage, self._plan, self._budget, self._kind = study, storage, plan, budget, kind
        self._heartbeats = Heartbeats()

    def take(self) -> optuna.Trial | None:
        """The next trial, now this worker's; None when nothing waits, or the budget is spent."""
        while True:
            trials = self.study.get_trials(deepcopy=False)
            waiting = [trial for trial in trials if trial.state is TrialState.WAITING]
            waiting.sort(key=lambda trial: (RETRY_OF not in trial.user_attrs, trial.number))
            room = self.room(trials)
            if not room or (self._plan.points and not waiting):
                return None
            if not waiting:
                self.study.enqueue_trial({})
            for trial in waiting[:room]:
                if self._mine(trial):
                    self.study.sampler = sampler(self._kind, self._seed(trial.number))
                    return optuna.Trial(self.study, trial._trial_id)

    def room(self, trials: Sequence[FrozenTrial]) -> int:
        """How many of the waiting trials the budget allows."""
        gone = replaced(trials)
        begun = [trial for trial in trials if trial.state is not TrialState.WAITING and trial.number not in gone]
        room = len(trials) + 1
        if self._budget.runs is not None:
            room = min(room, self._budget.runs // self._plan.repeats - len(begun))
        if self._budget.epochs is not None:
            running = sum(trial.state is TrialState.RUNNING for trial in begun)
            ended = len(begun) - running
            spent = spent_epochs(trials)
            each = spent / ended if ended else 0.0
            room = min(room, 1 if spent + running * each < self._budget.epochs else 0)
        return max(0, room)

    def others_run(self) -> bool:
        """Whether any trial is still running, anywhere."""
        return bool(self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)))

    def recover(self) -> None:
        """Put every trial whose worker is gone back in line, and end what its worker left running here."""
        for trial in self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            if self._heartbeats.gone(trial):
                self.give_back(trial, "its worker died")

    def give_back(self, trial: FrozenTrial, because: str, *, died: bool = True) -> None:
        """Let another trial run what this one did not finish. One caller alone succeeds, the others do nothing."""
        if not self._fail(trial._trial_id):
            return
        training = trial.user_attrs.get(TRAINING)
        here = trial.user_attrs.get(WORKER, {}).get("machine") == machine()
        if training is not None and here and _trains(training, self._folder, trial):
            end_by_number(training["pid"])
        attempts = trial.user_attrs.get(ATTEMPTS, 0) + died
        if attempts > RETRIES:
            return
        runs = trial.user_attrs.get(RUNS, [])
        attributes = {RETRY_OF: trial.number, ATTEMPTS: attempts, RUNS: runs, BECAUSE: because}
        self.study.enqueue_trial(trial.params or trial.system_attrs.get("fixed_params", {}), user_attrs=attributes)

    def try_again(self) -> None:
        """Put the failed points of a plan back in line: a grid or a screen with a hole says little."""
        trials = self.study.get_trials(deepcopy=False)
        for trial in failures(trials) if self._plan.points else []:
            point = trial.system_attrs.get("fixed_params", trial.params)
            self.study.enqueue_trial(point, user_attrs={RETRY_OF: trial.number, BECAUSE: "it failed"})

    def _seed(self, number: int) -> int:
        """Each trial draws from a seed of its own, so that workers never draw the same and a study can be repeated."""
        base = 0 if self._plan.config is None else self._plan.config.seed
        return int(np.random.SeedSequence((base, number)).generate_state(1)[0])

    def _mine(self, trial: FrozenTrial) -> bool:
        try:
            return self._storage.set_trial_state_values(trial._trial_id, TrialState.RUNNING)
        except UpdateFinishedTrialError:
            return False

    def _fail(self, trial_id: int) -> bool:
        try:
            return self._storage.set_trial_state_values(trial_id, TrialState.FAIL)
        except UpdateFinishedTrialError:
            return False


def _trains(process: Mapping[str, Any], folder: Path, trial: FrozenTrial) -> bool:
    """Whether the process is at work and prints into a folder of the trial; a study alone is not believed in that.

    Of several searches for one study here, each has a folder of its own, and what another one left running is left to
    it.
    """
    if not lives(process):
        return False
    name = folder_name(trial.number)
    logs = (path / TRAINER_LOG for path in (folder / name, *folder.glob(f"{name}-seed-*")))
    return any(prints_into(process["pid"], log, below=folder.parent, evidence=True) for log in logs)
