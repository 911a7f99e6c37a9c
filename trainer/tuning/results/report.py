"""Report: how a study is getting on, and what came of it, for a terminal."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Self

import optuna
from optuna.trial import FrozenTrial, TrialState
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table

from trainer.terminal import Terminal
from trainer.tuning.call import TuneCall
from trainer.tuning.plan import Plan
from trainer.tuning.results.findings import ranking
from trainer.tuning.study import Screen, Study
from trainer.tuning.workers.queue_of_trials import REASON, replaced, runs_of, spent_epochs


class Progress:
    """A bar on a terminal, elsewhere a line a trial: what is done of the budget, and the best so far."""

    def __init__(self, study: optuna.Study, plan: Plan, call: TuneCall) -> None:
        self._study, self._plan, self._call = study, plan, call
        self._console = Terminal()
        self._start = time.time()
        self._announced = {trial.number for trial in study.get_trials(deepcopy=False) if trial.state.is_finished()}
        self._bar = Bar(
            TextColumn("{task.fields[unit]}"),
            MofNCompleteColumn(),
            BarColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.description}"),
            console=self._console,
            disable=not self._console.is_terminal,
        )

    def __enter__(self) -> Self:
        done, total, unit = self._done(self._study.get_trials(deepcopy=False))
        self._task = self._bar.add_task("no trial is done yet", total=total, completed=done, unit=unit)
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.look()
        self._bar.stop()

    def look(self) -> None:
        """Show what has changed."""
        trials = self._study.get_trials(deepcopy=False)
        done, total, _ = self._done(trials)
        ranked = ranking(trials)
        if ranked:
            self._bar.update(self._task, description=f"best {_value(ranked[0])} with {points(ranked[0].params)}")
        self._bar.update(self._task, completed=min(done, total), total=total)
        for trial in trials:
            if trial.state.is_finished() and trial.number not in self._announced:
                self._announced.add(trial.number)
                self._say(trial)

    def _say(self, trial: FrozenTrial) -> None:
        if trial.state is TrialState.FAIL and not trial.user_attrs.get(REASON):
            return  # another one runs it again
        word = {TrialState.COMPLETE: "complete", TrialState.PRUNED: "pruned"}.get(trial.state, "failed")
        reason = trial.user_attrs.get(REASON) or ""
        reason = " ... ".join(dict.fromkeys(reason.splitlines()[:1] + reason.splitlines()[-1:]))
        line = f"trial {trial.number} {word}: {_value(trial)} with {points(trial.params)}" + (
            f"; {reason}" if reason else ""
        )
        self._console.print(line)

    def _done(self, trials: list[FrozenTrial]) -> tuple[int, int, str]:
        """What is spent of the budget, and of how much; in the unit that it is counted in."""
        budget, gone = self._call.budget, replaced(trials)
        ended = sum(trial.state.is_finished() and trial.number not in gone for trial in trials)
        if self._plan.points:
            return ended, min(len(self._plan.points), budget.runs or len(self._plan.points)), "points"
        if budget.runs is not None:
            return ended, budget.runs // self._plan.repeats, "trials"
        if budget.epochs is not None:
            return spent_epochs(trials), budget.epochs, "epochs"
        return round(time.time() - self._start), round(budget.seconds or 0), "seconds"


def report(study: Study) -> None:
    """The result of a study in a few lines."""
    console = Terminal()
    best, metric = study.best, study.metric or "value"
    if best is not None:
        error = "" if best.error is None else f" +- {best.error:.2g}"
        weights = f", weights: {study.folder / best.weights}" if best.weights else ""
        console.print(f"best: {metric} {best.value:.4g}{error} with {points(best.params)}")
        console.print(f"run: {study.folder / best.run}{weights}")
        if (rival := best.rival) is not None:
            words = "differs from" if rival.distinct else "cannot be told apart from"
            console.print(
                f"trial {best.number} {words} the second best, trial {rival.number}: "
                f"difference {rival.difference:.2g}, standard error {rival.error:.2g}"
            )
    if study.importance:
        console.print("importance: " + ", ".join(f"{name} {share:.0%}" for name, share in study.importance.items()))
    for edge in study.edges:
        console.print(edge)
    if study.screen is not None and study.screen.effects:
        console.print(_table(study.screen, metric))
        console.print(study.screen.resolution)
    console.print(f"next: {study.next}")


def points(params: Mapping[str, Any]) -> str:
    """A point in a few words."""
    return ", ".join(
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}" for name, value in params.items()
    )


def _table(screen: Screen, metric: str) -> Table:
    """Each factor's effect, the largest first."""
    table = Table("factor", "on", f"effect on {metric}", "effect on the clean gap")
    for effect in sorted(screen.effects, key=lambda effect: -abs(effect.best_val)):
        gap = "not logged" if effect.clean_gap is None else f"{effect.clean_gap:+.3g} +- {effect.clean_gap_error:.2g}"
        value = f"{effect.best_val:+.3g} +- {effect.best_val_error:.2g}"
        table.add_row(effect.name, str(effect.on), value, gap)
    return table


def _value(trial: FrozenTrial) -> str:
    values = [run.value for run in runs_of(trial) if run.value is not None]
    return f"{sum(values) / len(values):.4g}" if values else "no value"
