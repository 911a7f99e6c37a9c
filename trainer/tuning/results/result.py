"""Result: what a study has found so far, put together for ``study.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from filelock import FileLock
from optuna.trial import FrozenTrial, TrialState

from diagnostics.trials.trial_file import TrialError, read_trial
from trainer import files
from trainer.trials.writing import write_trial
from trainer.tuning import screen
from trainer.tuning.plan import Plan
from trainer.tuning.results.findings import best_of, edges, importance, next_move, ranking
from trainer.tuning.study import FactorEffect, Screen, Study, StudyTrial, TrialRun, folder_name
from trainer.tuning.study_file import STUDY, as_json
from trainer.tuning.workers.queue_of_trials import BECAUSE, REASON, RETRY_OF, runs_of

ENOUGH = 8  # finished trials from which importance and edges mean something
NAMES = {TrialState.COMPLETE: "complete", TrialState.PRUNED: "pruned", TrialState.FAIL: "failed"}


def record(folder: Path, study: optuna.Study, plan: Plan, settings: Mapping[str, Any]) -> Study:
    """Replace ``study.json`` by what the study knows now, and return it; ``settings`` are this call's own."""
    with FileLock(folder / f"{STUDY}.lock"):  # or an older look at the trials could be the last to be written
        result = summary(study, plan, folder, settings)
        files.write(folder / STUDY, json.dumps(as_json(result), indent=2).encode())
        for trial in result.trials:
            if trial.state == "failed":
                _correct(folder, trial)
    return result


def _correct(folder: Path, trial: StudyTrial) -> None:
    """Let a trial whose worker died before it could say so no longer call itself running."""
    for run_dir in folder.glob(f"{folder_name(trial.number)}*"):
        with suppress(TrialError):
            written = read_trial(run_dir)
            if written is not None and written.state == "running":
                write_trial(run_dir, replace(written, state="failed", reason=trial.reason))


def summary(study: optuna.Study, plan: Plan, folder: Path, settings: Mapping[str, Any]) -> Study:
    """What the study knows now."""
    trials = study.get_trials(deepcopy=False)
    ranked = ranking(trials)
    enough = len(ranked) >= ENOUGH and not plan.factors
    ended = [trial for trial in trials if trial.state in (TrialState.COMPLETE, TrialState.PRUNED)]
    valued = sum(any(run.cost is not None for run in runs_of(trial)) for trial in ended)
    again = {trial.user_attrs[RETRY_OF]: trial for trial in trials if RETRY_OF in trial.user_attrs}
    begun = [trial for trial in trials if trial.state is not TrialState.WAITING]
    metric = study.user_attrs.get("metric") or {"name": "", "higher_is_better": False}
    result = Study(
        folder,
        study.study_name,
        plan.space,
        tuple(_trial(trial, again.get(trial.number)) for trial in begun),
        command=plan.command or "",
        objective=plan.objective,
        metric=metric["name"],
        higher_is_better=metric["higher_is_better"],
        repeats=plan.repeats,
        points=len(plan.points),
        best=best_of(ranked, folder),
        importance=importance(trials) if valued >= ENOUGH and not plan.factors else None,
        edges=tuple(edges(ranked[0].params, plan)) if enough else (),
        screen=_screen(trials, plan),
        **settings,
    )
    return replace(result, next=next_move(result, plan))


def _trial(trial: FrozenTrial, again: FrozenTrial | None) -> StudyTrial:
    runs = runs_of(trial)
    values = [run.value for run in runs if run.value is not None]
    reason = trial.user_attrs.get(REASON, "")
    if again is not None:
        reason = f"{again.user_attrs[BECAUSE]}; trial {again.number} runs it again" + (f" ({reason})" if reason else "")
    return StudyTrial(
        number=trial.number,
        params=trial.params or trial.system_attrs.get("fixed_params", {}),
        state=NAMES.get(trial.state, "running"),
        value=float(np.mean(values)) if values else None,
        run=runs[0].run if runs else folder_name(trial.number),
        epochs=sum(run.epochs for run in runs),
        reason=reason,
        runs=tuple(runs),
    )


def _screen(trials: Sequence[FrozenTrial], plan: Plan) -> Screen | None:
    """The effects, once each of the eight points is complete."""
    if not plan.factors:
        return None
    runs: list[list[TrialRun]] = [[] for _ in plan.points]
    for trial in ranking(trials):
        index = screen.place(trial.params, plan.points)
        if index is not None:
            runs[index] = runs_of(trial)
    effects = _effects(runs, plan) if all(runs) else ()
    return Screen(plan.factors, screen.resolution(len(plan.factors)), effects)


def _effects(runs: Sequence[Sequence[TrialRun]], plan: Plan) -> tuple[FactorEffect, ...]:
    """Of each factor, from the runs of each of the eight points."""
    values = [[run.value for run in repeats if run.value is not None] for repeats in runs]
    gaps = [[run.clean_gap for run in repeats if run.clean_gap is not None] for repeats in runs]
    logged = all(len(some) == len(repeats) for some, repeats in zip(gaps, runs, strict=True))
    on_gap = screen.effects(gaps, len(plan.factors)) if logged else [None] * len(plan.factors)
    return tuple(
        FactorEffect(
            name,
            plan.space[name].ends[-1],
            on_value.value,
            on_value.error,
            None if gap is None else gap.value,
            None if gap is None else gap.error,
        )
        for name, on_value, gap in zip(plan.factors, screen.effects(values, len(plan.factors)), on_gap, strict=True)
    )
