"""Worker: takes trial after trial of a study, trains each, and says what came of it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import TrialState

from diagnostics.logs.directory import LogError
from diagnostics.trials import Trial, TrialError, write_trial
from trainer.errors import TrainerError
from trainer.strengths import STRENGTHS, strengths
from trainer.tuning.budget import Budget
from trainer.tuning.objective import ObjectiveError, Reading, TrialLog
from trainer.tuning.presence import BEAT, SEEN, TRAINING, WORKER, myself
from trainer.tuning.pruner import Decision, Hyperband, Pruner, fitwatch, optuna_pruner
from trainer.tuning.result import record
from trainer.tuning.slots import REASON, RUNS, Slots, failures
from trainer.tuning.spaces import Point
from trainer.tuning.store import connect, open_study, told
from trainer.tuning.training import Training, start

LOOK = 0.2  # seconds between two looks at a training's log
FAILURES = 3  # trials that fail, with none that does not, end a study
METRIC = "metric"  # the study's attribute: what its trials are compared by


class StudyError(TrainerError):
    """A study that cannot go on; the message says why and the way out."""


class Interrupted(Exception):  # noqa: N818
    """The study is to pause here, in the words of the exception; the trial goes back in line."""


class Lost(Exception):  # noqa: N818
    """Another worker took this one for dead and has put its trial back in line."""


@dataclass(frozen=True)
class Order:
    """What a worker is told; all else is in the store. ``until`` in seconds since 1970; ``failed`` trials before."""

    logdir: Path
    study: str
    storage: str | None
    sampler: str
    pruner: str
    budget: Budget
    until: float | None = None
    failed: int = 0
    threads: int | None = None
    parent: str | None = None
    call: str = ""

    @property
    def folder(self) -> Path:
        """The study's own folder."""
        return self.logdir / self.study

    def settings(self) -> dict[str, Any]:
        """What of it study.json shows: never the address of the store."""
        return {"call": self.call, "sampler": self.sampler, "pruner": self.pruner, "budget": self.budget.as_json()}


class Worker:
    """One worker; ``stop()`` is asked all the time, and ends it within seconds without losing the trial."""

    def __init__(self, order: Order, stop: Callable[[], bool]) -> None:
        self._order, self._stop = order, stop
        storage = connect(order.folder, order.storage)
        self._study, self._plan = open_study(storage, order.study)
        self._study.pruner = optuna_pruner(
            order.pruner, None if self._plan.config is None else self._plan.config.epochs
        )
        self._slots = Slots(self._study, storage, self._plan, budget=order.budget, kind=order.sampler)
        self._beaten = 0.0

    def work(self) -> None:
        """Run trials until the budget is spent and nobody runs one any more. Raises ``TrainerError``."""
        with told(self._order.storage):
            while not self._stop():
                self._slots.recover()
                trial = None if self._time_is_up() else self._slots.take()
                if trial is not None:
                    self._run(trial)
                    record(self._order.folder, self._study, self._plan, self._order.settings())
                    self._give_up_early()
                elif self._slots.others_run():
                    time.sleep(LOOK)
                else:
                    return

    def _run(self, trial: optuna.Trial) -> None:
        try:
            trial.set_user_attr(WORKER, myself())
            point = {name: span.draw(trial, name) for name, span in self._plan.space.items()}
            self._judge(trial, point)
        except Interrupted as why:
            frozen = self._study.get_trials(deepcopy=False)[trial.number]
            self._slots.give_back(frozen, str(why), died=False)
        except (Lost, UpdateFinishedTrialError):
            return
        except (TrainerError, LogError, TrialError) as error:
            with suppress(UpdateFinishedTrialError, ValueError):
                trial.set_user_attr(REASON, str(error))
                self._study.tell(trial, state=TrialState.FAIL)

    def _judge(self, trial: optuna.Trial, point: Point) -> None:
        """Train the point with each of its seeds, and tell the study their mean."""
        runs: list[dict[str, Any]] = list(trial.user_attrs.get(RUNS, []))
        state = "complete"
        while len(runs) < self._plan.repeats and state == "complete":
            run, state = self._train(trial, point, len(runs))
            runs.append(run)
            trial.set_user_attr(RUNS, runs)
        costs = [run["cost"] for run in runs if run["cost"] is not None]
        trial.set_user_attr(REASON, runs[-1]["reason"])
        if state == "complete":
            self._study.tell(trial, float(np.mean(costs)))
            return
        if costs and self._order.pruner != "hyperband":
            trial.report(float(np.mean(costs)), runs[-1]["points"])
        self._study.tell(trial, state=TrialState.PRUNED)

    def _train(self, trial: optuna.Trial, point: Point, seed: int) -> tuple[dict[str, Any], str]:
        """One run, and the state it leaves the trial in."""
        folder = self._order.folder / (f"trial-{trial.number:04d}" + (f"-seed-{seed}" if seed else ""))
        folder.mkdir(parents=True, exist_ok=True)
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
        run = {
            "run": folder.name,
            "value": reading.value,
            "cost": reading.cost,
            "points": reading.points,
            "epochs": reading.epochs,
            "clean_gap": reading.clean_gap(),
            "reason": reason,
        }
        return run, state

    def _watch(self, trial: optuna.Trial, folder: Path, point: Point, seed: int) -> tuple[Reading, Decision | None]:
        """Train to the end, or until there is nothing left to see; what was reached, and why it ended early."""
        training = start(folder, point, self._plan, seed=seed, threads=self._order.threads)
        try:
            trial.set_user_attr(TRAINING, {"pid": training.pid, "started": training.started})
            decision = self._follow(trial, training, TrialLog(folder, self._plan.objective), seed)
            if decision is None:
                training.check()
        finally:
            training.end()
        reading = TrialLog(folder, self._plan.objective).need()
        self._same_metric(reading)
        return reading, decision

    def _follow(self, trial: optuna.Trial, training: Training, log: TrialLog, seed: int) -> Decision | None:
        pruner = self._pruner(trial, seed)
        decision: Decision | None = None
        while training.running(LOOK):
            self._beat(trial)
            if self._stop():
                raise Interrupted("it was interrupted")
            if self._time_is_up():
                raise Interrupted("the time of the budget was over")
            if decision is None and log.poll() and log.reading is not None and pruner is not None:
                decision = pruner(log.reading, best=self._best(), planned=self._planned())
                if decision is not None:
                    training.stop()
        return decision

    def _pruner(self, trial: optuna.Trial, seed: int) -> Pruner | None:
        if self._order.pruner == "none" or self._plan.factors:
            return None
        if self._order.pruner == "hyperband":
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
        return max(
            (run["points"] for trial in done for run in trial.user_attrs[RUNS] if not run["reason"]), default=None
        )

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
        mine = {"name": reading.metric, "higher_is_better": reading.higher_is_better}
        known = self._study.user_attrs.get(METRIC)
        if known is None:
            self._study.set_user_attr(METRIC, mine)
        elif known != mine:
            raise ObjectiveError(
                f"the training logged {mine['name']!r}, but the study compares {known['name']!r}; log the same in "
                "every trial, or name the tag with --objective"
            )

    def _note(self, trial: optuna.Trial, point: Point, folder: Path) -> dict[str, Any]:
        numbers = {name: float(value) for name, value in point.items() if isinstance(value, int | float)}
        change = {name: (self._before(name), value) for name, value in numbers.items()}
        parent = None if self._order.parent is None else os.path.relpath(self._order.parent, folder)
        return {
            "parent": parent,
            "kind": "search",
            "change": change,
            "study": self._order.study,
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

    def _time_is_up(self) -> bool:
        return self._order.until is not None and time.time() > self._order.until

    def _give_up_early(self) -> None:
        """Raises ``StudyError`` when the first trials of this call all failed: the next ones would too."""
        trials = self._study.get_trials(deepcopy=False)
        failed = failures(trials)
        fine = any(trial.state in (TrialState.COMPLETE, TrialState.PRUNED) for trial in trials)
        if not fine and len(failed) - self._order.failed >= FAILURES:
            raise StudyError(
                f"the first {len(failed)} trials all failed, so that the study stops here; the last one: "
                f"{failed[-1].user_attrs.get(REASON, 'no reason is known')}"
            )
