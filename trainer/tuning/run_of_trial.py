"""Run of trial: one training of a trial, from its folder to what it reached."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import TrialState

from diagnostics.logs.folders.directory import LogError
from diagnostics.trials.trial_file import Trial
from trainer.errors import TrainerError
from trainer.files import make_folder
from trainer.strengths import STRENGTHS, strengths
from trainer.trials.writing import write_trial
from trainer.tuning.call import TuneCall
from trainer.tuning.objective import ObjectiveError, Reading, TrialLog
from trainer.tuning.plan import Plan
from trainer.tuning.pruner import Decision, Hyperband, Pruner, fitwatch
from trainer.tuning.spaces import Point
from trainer.tuning.study import TrialRun, folder_name
from trainer.tuning.training import TrainingProcess, start
from trainer.tuning.workers.heartbeat import BEAT, SEEN, TRAINING
from trainer.tuning.workers.queue_of_trials import runs_of

LOOK = 0.2  # seconds between two looks at a training's log
BY_HAND = Decision("pruned", "its training was stopped by hand")
METRIC = "metric"  # the study's attribute: what its trials are compared by


class Interrupted(Exception):  # noqa: N818
    """The study is to pause here, in the words of the exception; the trial goes back in line."""


class Lost(Exception):  # noqa: N818
    """Another worker took this one for dead and has put its trial back in line."""


class RunOfTrial:
    """Runs points for one worker; ``stop()`` is asked all the time, and what it says ends a run as ``Interrupted``."""

    def __init__(self, study: optuna.Study, plan: Plan, call: TuneCall, stop: Callable[[], str]) -> None:
        self._study, self._plan, self._call, self._stop = study, plan, call, stop
        self._beaten = 0.0

    def run(self, trial: optuna.Trial, point: Point, seed: int) -> tuple[TrialRun, str]:
        """Train the point with the ``seed``-th of its seeds; what it reached, and the trial's state.

        Raises ``TrainerError`` and ``LogError`` when it failed, ``Interrupted`` and ``Lost``.
        """
        folder = self._call.folder / (folder_name(trial.number) + (f"-seed-{seed}" if seed else ""))
        make_folder(folder)
        note = self._note(trial, point, folder)
        write_trial(folder, Trial(**note, state="running"))
        try:
            reading, decision = self._watch(trial, folder, point, seed)
        except (TrainerError, LogError) as error:
            write_trial(folder, Trial(**note, state="failed", reason=str(error)))
            raise
        except (Interrupted, Lost) as why:
            write_trial(folder, Trial(**note, state="failed", reason=f"{why}; another trial runs it again"))
            raise
        if reading.cost is None and decision is None:
            decision = Decision("pruned", f"diverged: no finite {reading.metric}")
        state, reason = decision or ("complete", "")
        write_trial(folder, Trial(**note, state=state, value=reading.value, reason=reason))
        run = TrialRun(
            folder.name, reading.value, reading.cost, reading.points, reading.epochs, reading.clean_gap(), reason
        )
        return run, state

    def _watch(self, trial: optuna.Trial, folder: Path, point: Point, seed: int) -> tuple[Reading, Decision | None]:
        """Train to the end, or until there is nothing left to see; what was reached, and why it ended early."""
        training = start(folder, point, self._plan, seed=seed, threads=self._call.threads)
        try:
            trial.set_user_attr(TRAINING, training.identity)
            decision = self._follow(trial, training, TrialLog(folder, self._plan.objective), seed)
            if decision is None:
                training.check()
                decision = BY_HAND if training.stopped() else None
        finally:
            training.end()
        reading = TrialLog(folder, self._plan.objective).need()
        self._same_metric(reading)
        return reading, decision

    def _follow(self, trial: optuna.Trial, training: TrainingProcess, log: TrialLog, seed: int) -> Decision | None:
        pruner = self._pruner(trial, seed)
        decision: Decision | None = None
        while training.running(LOOK):
            self._beat(trial)
            if why := self._stop():
                raise Interrupted(why)
            if decision is None and log.poll() and log.reading is not None and pruner is not None:
                decision = pruner(log.reading, best=self._best(), planned=self._planned())
                if decision is not None:
                    training.stop()
        return decision

    def _pruner(self, trial: optuna.Trial, seed: int) -> Pruner | None:
        if self._call.pruner == "none" or self._plan.factors:
            return None
        if self._call.pruner == "hyperband":
            return Hyperband(trial) if seed == 0 else None
        keeps_best = self._plan.objective != "last_val"
        return lambda reading, *, best, planned: fitwatch(reading, best=best, planned=planned, keeps_best=keeps_best)

    def _best(self) -> float | None:
        done = self._study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        return min((trial.value for trial in done if trial.value is not None), default=None)

    def _planned(self) -> int | None:
        """Points of a whole training: as configured, or as many as the longest one that nobody stopped."""
        if self._plan.config is not None:
            return self._plan.config.epochs
        done = self._study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        return max((run.points for trial in done for run in runs_of(trial) if not run.reason), default=None)

    def _beat(self, trial: optuna.Trial) -> None:
        """A sign of life. Raises ``Lost`` when another worker has given this one up."""
        if time.monotonic() - self._beaten < BEAT:
            return
        self._beaten = time.monotonic()
        try:
            trial.set_user_attr(SEEN, trial.user_attrs.get(SEEN, 0) + 1)
        except UpdateFinishedTrialError:
            raise Lost("its worker was taken for dead") from None

    def _same_metric(self, reading: Reading) -> None:
        """Raises ``ObjectiveError`` when this trial is measured by something else than the study's others."""
        metric = {"name": reading.metric, "higher_is_better": reading.higher_is_better}
        expected = self._study.user_attrs.get(METRIC)
        if expected is None:
            self._study.set_user_attr(METRIC, metric)
        elif expected != metric:
            raise ObjectiveError(
                f"the training logged {metric['name']!r}, but the study compares {expected['name']!r}; log the same in "
                "every trial, or name the tag with --objective"
            )

    def _note(self, trial: optuna.Trial, point: Point, folder: Path) -> dict[str, Any]:
        numbers = {name: float(value) for name, value in point.items() if isinstance(value, int | float)}
        change = {name: (self._before(name), value) for name, value in numbers.items()}
        parent = None if self._call.parent is None else os.path.relpath(self._call.parent, folder)
        return {
            "parent": parent,
            "kind": "search",
            "change": change,
            "study": self._call.study,
            "number": trial.number,
        }

    def _before(self, name: str) -> float | None:
        """What the configuration has of it; 0 where that is off, None where nobody knows."""
        if self._plan.config is None:
            return None
        if name in STRENGTHS:
            return strengths(self._plan.config.regularizers).get(name, 0.0)
        value = getattr(self._plan.config, name)
        return float(value) if isinstance(value, int | float) else None
