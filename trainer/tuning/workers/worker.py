"""Worker: takes trial after trial of a study, trains each, and says what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict

import numpy as np
import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import TrialState

from diagnostics.logs.folders.directory import LogError
from diagnostics.trials.trial_file import TrialError
from trainer.errors import TrainerError
from trainer.tuning.call import TuneCall
from trainer.tuning.pruner import optuna_pruner
from trainer.tuning.results.result import record
from trainer.tuning.run_of_trial import LOOK, Interrupted, Lost, RunOfTrial
from trainer.tuning.spaces import Point
from trainer.tuning.study import TrialRun
from trainer.tuning.workers.heartbeat import WORKER, myself
from trainer.tuning.workers.queue_of_trials import REASON, RUNS, TrialQueue, failures
from trainer.tuning.workers.store import connect, open_study, store_errors

FAILURES = 3  # trials that fail, with none that does not, end a study


class StudyError(TrainerError):
    """A study that cannot go on; the message says why and the way out."""


class Worker:
    """One worker; ``stop()`` is asked all the time, and ends it within seconds without losing the trial."""

    def __init__(self, call: TuneCall, stop: Callable[[], bool]) -> None:
        self._call, self._stop = call, stop
        storage = connect(call.folder, call.storage)
        self._study, self._plan = open_study(storage, call.study)
        epochs = None if self._plan.config is None else self._plan.config.epochs
        self._study.pruner = optuna_pruner(call.pruner, epochs)
        self._queue = TrialQueue(
            self._study, storage, self._plan, budget=call.budget, kind=call.sampler, folder=call.folder
        )
        self._run_of_trial = RunOfTrial(self._study, self._plan, call, self._why_stop)

    def work(self) -> None:
        """Run trials until the budget is spent and nobody runs one any more. Raises ``TrainerError``."""
        with store_errors(self._call.storage):
            while not self._why_stop():
                self._queue.recover()
                trial = self._queue.take()
                if trial is not None:
                    self._record()  # a page that looks on knows of a trial from its beginning
                    self._run(trial)
                    self._record()
                    self._give_up_early()
                elif self._queue.others_run():
                    time.sleep(LOOK)
                else:
                    return

    def _record(self) -> None:
        record(self._call.folder, self._study, self._plan, self._call.settings())

    def _why_stop(self) -> str:
        """The reason to end now, whatever runs; empty while there is none."""
        if self._stop():
            return "it was interrupted"
        over = self._call.until is not None and time.monotonic() > self._call.until
        return "the time of the budget was over" if over else ""

    def _run(self, trial: optuna.Trial) -> None:
        try:
            trial.set_user_attr(WORKER, myself())
            point = {name: span.draw(trial, name) for name, span in self._plan.space.items()}
            self._judge(trial, point)
        except Interrupted as why:
            frozen = self._study.get_trials(deepcopy=False)[trial.number]
            self._queue.give_back(frozen, str(why), died=False)
        except (Lost, UpdateFinishedTrialError):
            return
        except (TrainerError, LogError, TrialError) as error:
            self._fail(trial, str(error))

    def _judge(self, trial: optuna.Trial, point: Point) -> None:
        """Train the point with each of its seeds, and tell the study their mean."""
        runs = [TrialRun(**run) for run in trial.user_attrs.get(RUNS, [])]
        state = "complete"
        while len(runs) < self._plan.repeats and state == "complete":
            run, state = self._run_of_trial.run(trial, point, len(runs))
            runs.append(run)
            trial.set_user_attr(RUNS, [asdict(run) for run in runs])
        costs = [run.cost for run in runs if run.cost is not None]
        trial.set_user_attr(REASON, runs[-1].reason)
        if state == "complete":
            self._study.tell(trial, float(np.mean(costs)))
            return
        if costs and self._call.pruner != "hyperband":
            trial.report(float(np.mean(costs)), runs[-1].points)
        self._study.tell(trial, state=TrialState.PRUNED)

    def _fail(self, trial: optuna.Trial, reason: str) -> None:
        try:
            trial.set_user_attr(REASON, reason)
            self._study.tell(trial, state=TrialState.FAIL)
        except UpdateFinishedTrialError:  # another worker has put it back in line
            return

    def _give_up_early(self) -> None:
        """Raises ``StudyError`` when the first trials of this call all failed: the next ones would too."""
        trials = self._study.get_trials(deepcopy=False)
        failed = failures(trials)
        fine = any(trial.state in (TrialState.COMPLETE, TrialState.PRUNED) for trial in trials)
        if not fine and len(failed) - self._call.failed >= FAILURES:
            raise StudyError(
                f"the first {len(failed)} trials all failed, so the study stops here; the last error: "
                f"{failed[-1].user_attrs.get(REASON, 'no reason is known')}"
            )
