"""Findings: which trial of a study is best, how sure that is, what mattered, and what to do next."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.trial import FrozenTrial, TrialState

from trainer.status import BEST
from trainer.tuning.plan import Plan
from trainer.tuning.spaces import Span
from trainer.tuning.study import BestTrial, Rival, Study
from trainer.tuning.workers.queue_of_trials import runs_of

EDGE = 0.05  # of a range, on its own scale, from which a best value is at its end


def ranking(trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    """The trials that are complete, best first."""
    return sorted(
        (trial for trial in trials if trial.state is TrialState.COMPLETE), key=lambda trial: trial.value or 0.0
    )


def spread(trials: Sequence[FrozenTrial]) -> float | None:
    """Standard deviation of a run around the mean of its configuration, pooled over all; None without repeats."""
    groups = [[run.value for run in runs_of(trial) if run.value is not None] for trial in trials]
    freedom = sum(len(group) - 1 for group in groups)
    if freedom < 1:
        return None
    squares = sum(float(np.var(group)) * len(group) for group in groups)
    return math.sqrt(squares / freedom)


def importance(trials: Sequence[FrozenTrial]) -> dict[str, float] | None:
    """Each parameter's share of what decides who is among the best (PED-ANOVA, https://arxiv.org/abs/2304.10255).

    Optuna looks at complete trials alone, and pruned ones are those that a bad strength made hopeless: they take part
    with the best value that they reached.
    """
    from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances  # takes a second

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            shares = get_param_importances(
                _with_pruned(trials), evaluator=PedAnovaImportanceEvaluator(target_quantile=0.25)
            )
    except (ValueError, RuntimeError):  # too few trials, or all alike
        return None
    return {name: round(share, 4) for name, share in shares.items() if math.isfinite(share)} or None


def _with_pruned(trials: Sequence[FrozenTrial]) -> optuna.Study:
    """The complete trials and the pruned ones that reached a value, all as complete, in a study in memory."""
    study = optuna.create_study()
    for trial in trials:
        costs = [run.cost for run in runs_of(trial) if run.cost is not None]
        pruned = trial.state is TrialState.PRUNED and bool(costs)
        if trial.state is TrialState.COMPLETE or pruned:
            value = float(np.mean(costs)) if pruned else trial.value
            study.add_trial(optuna.create_trial(value=value, params=trial.params, distributions=trial.distributions))
    return study


def edges(best: Mapping[str, Any], plan: Plan) -> list[str]:
    """A sentence for each range that the best trial is at an end of: the true best may lie beyond."""
    return [f"{name}: best at the {end} end of its range ({span})" for name, span, end in _ends(best, plan)]


def _ends(best: Mapping[str, Any], plan: Plan) -> list[tuple[str, Span, str]]:
    places = [(name, span, span.place(best.get(name))) for name, span in plan.space.items() if isinstance(span, Span)]
    at_end = [
        (name, span, "lower" if place < 0.5 else "upper")
        for name, span, place in places
        if place is not None and abs(place - 0.5) > 0.5 - EDGE
    ]
    return [(name, span, end) for name, span, end in at_end if end == "upper" or span.low != 0]  # 0 is off: no beyond


def best_of(ranked: Sequence[FrozenTrial], folder: Path) -> BestTrial | None:
    """The best trial with its weights, if its folder is here, and how far the second best is."""
    if not ranked:
        return None
    best, deviation = ranked[0], spread(ranked)
    runs = runs_of(best)
    winner = min(runs, key=lambda run: math.inf if run.cost is None else run.cost)
    weights = f"{winner.run}/{BEST}"
    return BestTrial(
        number=best.number,
        params=best.params,
        value=float(np.mean([run.value for run in runs if run.value is not None])),
        error=None if deviation is None else deviation / math.sqrt(len(runs)),
        run=winner.run,
        weights=weights if (folder / weights).is_file() else None,
        rival=None if len(ranked) < 2 or deviation is None else _rival(best, ranked[1], deviation),
    )


def _rival(best: FrozenTrial, second: FrozenTrial, deviation: float) -> Rival:
    """The second best, and whether its distance is more than the standard error of a difference."""
    error = deviation * math.sqrt(sum(1 / len(runs_of(trial)) for trial in (best, second)))
    difference = float((second.value or 0.0) - (best.value or 0.0))
    return Rival(second.number, difference, error, difference > error)


def next_move(study: Study, plan: Plan) -> str:
    """The one move that would tell most now."""
    best, repeats = study.best, plan.repeats
    if best is None and study.counts["running"]:
        return "No trial is complete yet."
    if best is None:
        return "No trial is complete yet; look at the reasons of those that failed, and run the same command again."
    if plan.factors:
        return _after_screen(study)
    point = " ".join(
        f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={value}" for name, value in best.params.items()
    )
    if study.edges:
        beyond = ", ".join(f"{name}={beyond_end(span, end)}" for name, span, end in _ends(best.params, plan))
        return f"Look beyond the range: --space '{beyond}' and the rest as before, under another --study."
    if best.equal is not None:
        return (
            f"Trials {best.number} and {best.equal} cannot be told apart; take the one that "
            f"regularizes less, or run both with --repeats {2 * repeats + 1} under another --study."
        )
    if repeats == 1:
        return f"One seed decided: check the winner with --grid '{point}' --repeats 3 under another --study."
    return f"Take {point}."


def beyond_end(span: Span, end: str) -> str:
    """A range from the middle of this one to as far again behind its end."""
    if span.log:
        middle = math.sqrt(span.low * span.high)
        new = (middle, span.high**2 / middle) if end == "upper" else (span.low**2 / middle, middle)
    else:
        middle, half = (span.low + span.high) / 2, (span.high - span.low) / 2
        new = (middle, span.high + half) if end == "upper" else (span.low - half, middle)
    low, high = (f"{float(f'{number:.3g}'):g}" for number in new)  # 1000 rather than 1e+03
    return f"{low}..{high}{' log' if span.log else ''}"


def _after_screen(study: Study) -> str:
    effects = () if study.screen is None else study.screen.effects
    if not effects:
        return "The screen needs all of its eight points; run the same command again."
    sign = -1 if study.higher_is_better else 1
    helpful = [effect for effect in effects if sign * effect.best_val < -2 * effect.best_val_error]
    if not helpful:
        return "No factor helps by more than its noise; repeat the screen with --repeats 3, or with stronger levels."
    best, *others = sorted(helpful, key=lambda effect: sign * effect.best_val)
    strengths = "its strength" + "".join(f" and that of {effect.name}" for effect in helpful if effect in others)
    return f"{best.name} does most of the work; tune {strengths}."
