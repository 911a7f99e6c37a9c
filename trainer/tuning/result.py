"""Result: what a study has found so far, as study.json says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from filelock import FileLock
from optuna.trial import FrozenTrial, TrialState

from trainer.status import write_json
from trainer.tuning import screen
from trainer.tuning.findings import best_of, edges, importance, next_move, ranking
from trainer.tuning.plan import Plan
from trainer.tuning.queue_of_trials import BECAUSE, REASON, RETRY_OF, RUNS

STUDY = "study.json"
SCHEMA = 1
ENOUGH = 8  # finished trials from which importance and edges mean something
NAMES = {TrialState.COMPLETE: "complete", TrialState.PRUNED: "pruned", TrialState.FAIL: "failed"}


def record(folder: Path, study: optuna.Study, plan: Plan, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Replace ``study.json`` by what the study knows now, and return it; ``settings`` are this call's own."""
    with FileLock(folder / f"{STUDY}.lock"):  # or an older look at the trials could be the last to be written
        found = summary(study, plan, folder, settings)
        write_json(folder / STUDY, found)
    return found


def summary(study: optuna.Study, plan: Plan, folder: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The whole of ``study.json``."""
    trials = study.get_trials(deepcopy=False)
    ranked = ranking(trials)
    enough = len(ranked) >= ENOUGH and not plan.factors
    again = {trial.user_attrs[RETRY_OF]: trial for trial in trials if RETRY_OF in trial.user_attrs}
    begun = [trial for trial in trials if trial.state is not TrialState.WAITING]
    found: dict[str, Any] = {
        "schema": SCHEMA,
        "study": study.study_name,
        "space": {name: span.as_json() for name, span in plan.space.items()},
        "command": plan.command,
        "objective": plan.objective,
        "metric": study.user_attrs.get("metric"),
        **settings,
        "repeats": plan.repeats,
        "points": len(plan.points),
        "trials": [_trial(trial, again.get(trial.number)) for trial in begun],
        "best": best_of(ranked, folder),
        "importance": importance(study) if enough else None,
        "edges": edges(ranked[0].params, plan) if enough else [],
        "screen": _screen(trials, plan),
    }
    return {**found, "next": next_move(found, plan)}


def _trial(trial: FrozenTrial, again: FrozenTrial | None) -> dict[str, Any]:
    runs = trial.user_attrs.get(RUNS, [])
    values = [run["value"] for run in runs if run["value"] is not None]
    reason = trial.user_attrs.get(REASON, "")
    if again is not None:
        reason = f"{again.user_attrs[BECAUSE]}; trial {again.number} runs it again" + (f" ({reason})" if reason else "")
    return {
        "number": trial.number,
        "params": trial.params or trial.system_attrs.get("fixed_params", {}),
        "state": NAMES.get(trial.state, "running"),
        "value": float(np.mean(values)) if values else None,
        "run": runs[0]["run"] if runs else f"trial-{trial.number:04d}",
        "epochs": sum(run["epochs"] for run in runs),
        "reason": reason,
        "runs": runs,
    }


def _screen(trials: Sequence[FrozenTrial], plan: Plan) -> dict[str, Any] | None:
    """The effects, once each of the eight points is complete."""
    if not plan.factors:
        return None
    runs: list[list[dict[str, Any]]] = [[] for _ in plan.points]
    for trial in ranking(trials):
        index = screen.place(trial.params, plan.points)
        if index is not None:
            runs[index] = trial.user_attrs[RUNS]
    on = {name: span.ends[-1] for name, span in plan.space.items()}
    found: dict[str, Any] = {
        "factors": list(plan.factors),
        "resolution": screen.resolution(len(plan.factors)),
        "effects": [],
    }
    if not all(runs):
        return found
    val = screen.effects([[run["value"] for run in repeats] for repeats in runs], len(plan.factors))
    gaps = [[run["clean_gap"] for run in repeats] for repeats in runs]
    clean = None
    if all(gap is not None for repeats in gaps for gap in repeats):
        clean = screen.effects(gaps, len(plan.factors))
    for index, name in enumerate(plan.factors):
        found["effects"].append(
            {
                "name": name,
                "on": on[name],
                "best_val": val[index].value,
                "best_val_error": val[index].error,
                "clean_gap": None if clean is None else clean[index].value,
                "clean_gap_error": None if clean is None else clean[index].error,
            }
        )
    return found
