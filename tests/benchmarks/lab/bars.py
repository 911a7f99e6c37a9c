"""Bars: what the engine must reach, each with the number that was measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import wilcoxon

from tests.benchmarks.lab.engines import BUDGETS, ENGINES, OURS, TPES, captured, fitwatch, grid
from tests.benchmarks.lab.table import Table, When

Shares = Mapping[str, Mapping[int, float]]  # of each engine at each number of runs, 0 to 1
GRID = "a small grid"


class Bar(NamedTuple):
    """One promise: what was asked for, what was found, and whether that is enough."""

    asked: str
    found: str
    passed: bool


def shares(tables: Sequence[Table], when: When) -> Shares:
    """The mean share of the best possible improvement that each engine captures."""
    each = {name: [captured(table, engine, BUDGETS, when) for table in tables] for name, engine in ENGINES.items()}
    return {name: dict(zip(BUDGETS, np.mean(rows, 0).tolist(), strict=True)) for name, rows in each.items()}


def all_bars(tables: Sequence[Table], best: Shares, last: Shares) -> list[Bar]:
    """Every bar that the ``tables`` have something to say about."""
    overfitting = [table for table in tables if table.kind == "overfitting"]
    cnns = [table for table in overfitting if table.architecture == "cnn"]
    controls = [table for table in tables if table.kind in ("healthy", "underfit")]
    found = [*captures(best, last), *above_tpe(best), against_grid(overfitting)] if overfitting else []
    found += [cnn_near_grid(cnns)] if cnns else []
    found += [no_prescriptions(controls), no_harm(controls)] if controls else []
    found += [coverage(overfitting)] if overfitting else []
    return [*found, weakening(tables)]


def captures(best: Shares, last: Shares) -> list[Bar]:
    """What one run and three capture."""
    asked = ((best, 1, 0.70, "best checkpoint"), (best, 3, 0.80, "best checkpoint"))
    asked += ((last, 1, 0.80, "last epoch"), (last, 3, 0.90, "last epoch"))
    return [
        _at_least(f"{runs} run{'s' * (runs > 1)}, {of}: captures", needed, shares[OURS][runs])
        for shares, runs, needed, of in asked
    ]


def above_tpe(best: Shares) -> list[Bar]:
    """Above both ways of running TPE; by 15 points up to 3 runs."""
    found = []
    for runs in BUDGETS:
        margin = best[OURS][runs] - max(best[name][runs] for name in TPES)
        needed = 0.15 if runs <= 3 else 0.0
        asked = f"{runs} run{'s' * (runs > 1)}: above TPE by more than {100 * needed:.0f} points"
        found.append(Bar(asked, f"{100 * margin:+.0f} points", margin > needed))
    return found


def against_grid(tables: Sequence[Table]) -> Bar:
    """One run against the best of the whole grid, pair by pair, in the logarithm of the test loss."""
    ratios = np.array([np.log(_test(table, fitwatch, 1) / _test(table, grid, 4)) for table in tables])
    wins, p = float((ratios < 0).mean()), float(wilcoxon(ratios).pvalue) if ratios.any() else 1.0
    found = f"{wins:.0%} of {len(ratios)}, {np.expm1(ratios.mean()):+.1%} of the test loss, p = {p:.2g}"
    asked = "1 run beats the whole grid: at least 70 % wins, p < .01 (Wilcoxon)"
    return Bar(asked, found, bool(wins >= 0.7 and p < 0.01 and ratios.mean() < 0))


def cnn_near_grid(tables: Sequence[Table]) -> Bar:
    """A CNN's first dose beside the whole grid."""
    ours, theirs = (
        np.mean([captured(table, engine, [runs], "best") for table in tables])
        for engine, runs in ((fitwatch, 1), (grid, 4))
    )
    return Bar(
        "CNNs: 1 run within 10 points of the whole grid",
        f"{100 * (ours - theirs):+.0f} points",
        bool(ours - theirs >= -0.1),
    )


def no_prescriptions(tables: Sequence[Table]) -> Bar:
    """More regularization for a run that does not overfit."""
    count = sum(any(one.strengthens for one in table.advice) for table in tables)
    return Bar("healthy and underfit: 0 prescriptions", f"{count} of {len(tables)}", count == 0)


def no_harm(tables: Sequence[Table]) -> Bar:
    """What following the advice costs the test loss of runs that do not overfit, in the mean."""
    harm = float(np.mean([_test(table, fitwatch, 1) / table.test_best[0] - 1 for table in tables]))
    return Bar("healthy and underfit: harm at most .1 %", f"{harm:.2%}", harm <= 0.001)


def coverage(tables: Sequence[Table]) -> Bar:
    """How often the change of the validation loss, at its best and at the end, lies in the interval that was said."""
    inside = [hit for table in tables for hit in hits(table)]
    share = float(np.mean(inside)) if inside else 0.0
    return Bar("80 % intervals cover 70 to 90 %", f"{share:.0%} of {len(inside)}", 0.7 <= share <= 0.9)


def hits(table: Table) -> list[bool]:
    """For the best checkpoint and the last epoch: did the first dose do what was expected of it?"""
    expected = next(((one.expected, one.last_epoch) for one in table.advice if one.expected), None)
    if expected is None or not table.doses:
        return []
    dose, found = table.doses[0], []
    for effect, val in zip(expected, (table.val_best, table.val_last), strict=True):
        if effect is not None:
            found.append(bool(effect.low <= val[dose] / val[0] - 1 <= effect.high))
    return found


def weakening(tables: Sequence[Table]) -> Bar:
    """Less regularization where that is recommended."""
    helped = [one.after < one.before for table in tables for one in table.weakenings]
    share = float(np.mean(helped)) if helped else 0.0
    return Bar(
        "weakening helps in at least 85 % of over-regularized runs", f"{share:.0%} of {len(helped)}", share >= 0.85
    )


def _at_least(what: str, needed: float, share: float) -> Bar:
    return Bar(f"{what} at least {100 * needed:.0f} %", f"{100 * share:.0f} %", share >= needed)


def _test(table: Table, engine: Callable[[Table, When], list[list[int]]], runs: int) -> float:
    return float(table.test_best[table.chosen(engine(table, "best")[0], runs)])
