"""Report: the tables of a closed loop, in the words of the page that records them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tests.benchmarks.lab.bars import Bar, Shares, all_bars, shares
from tests.benchmarks.lab.engines import BUDGETS, ENGINES, TPES, captured, fitwatch, grid
from tests.benchmarks.lab.table import Table, When

HEAD = "".join(f" {runs} |" for runs in BUDGETS)


def report(tables: Sequence[Table]) -> tuple[str, bool]:
    """Everything as Markdown, and whether every bar is passed."""
    overfitting = [table for table in tables if table.kind == "overfitting"]
    best, last = (shares(overfitting, when) if overfitting else {} for when in ("best", "last"))
    bars = all_bars(tables, best, last)
    blocks = [_engines(overfitting, best, last), _tasks(overfitting)] if overfitting else []
    blocks.append(bar_table(bars))
    return "\n\n".join("\n".join(block) for block in blocks), all(bar.passed for bar in bars)


def bar_table(bars: Sequence[Bar]) -> list[str]:
    """A row for each bar."""
    rows = [f"| {bar.asked} | {bar.found} | {'passed' if bar.passed else '**missed**'} |" for bar in bars]
    return ["| bar | measured | |", "|---|---|---|", *rows]


def _engines(tables: Sequence[Table], best: Shares, last: Shares) -> list[str]:
    tasks = len({table.task for table in tables})
    rows = [
        f"Share of the best possible improvement of the test loss (its logarithm) that is captured, in percent: mean "
        f"of {len(tables)} task-seeds of {tasks} tasks; early stopping is free for all.",
        "",
        f"| extra runs, best checkpoint |{HEAD} last epoch: 1 | 2 | 3 | 5 |",
        "|---|" + "---|" * 2 * len(BUDGETS),
    ]
    for name in ENGINES:
        cells = [f" {100 * shares[name][runs]:.0f} |" for shares in (best, last) for runs in BUDGETS]
        rows.append(f"| {name} |{''.join(cells)}")
    ceilings = [f"{100 * _ceiling(tables, when):.0f}" for when in ("best", "last")]
    rows.append(f"| choosing by validation among all |{' |' * 3} {ceilings[0]} |{' |' * 3} {ceilings[1]} |")
    return rows


def _ceiling(tables: Sequence[Table], when: When) -> float:
    """What remains where all is tried: validation does not know what is best on the test set."""
    everything = [table.captured(range(1, len(table.members)), len(table.members), when) for table in tables]
    return float(np.mean(everything))


def _tasks(tables: Sequence[Table]) -> list[str]:
    """Each task by itself, so that the mean hides nothing."""
    rows = [
        "| task, best checkpoint | possible | doses: 1 run | 3 | whole grid | TPE: 1 run | 3 | first dose |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for task in dict.fromkeys(table.task for table in tables):
        own = [table for table in tables if table.task == task]
        possible = np.expm1(np.mean([np.log(table.test_best.min() / table.test_best[0]) for table in own]))
        cells = [(fitwatch, 1), (fitwatch, 3), (grid, 4), (ENGINES[TPES[0]], 1), (ENGINES[TPES[0]], 3)]
        shown = [np.mean([captured(table, engine, [runs], "best") for table in own]) for engine, runs in cells]
        dosed = [table for table in own if table.doses]
        effect = [np.log(table.test_best[table.doses[0]] / table.test_best[0]) for table in dosed]
        change = (
            f"{np.expm1(np.mean(effect)):+.0%} ({len(dosed)} of {len(own)} prescribed)" if effect else "none prescribed"
        )
        rows.append(
            f"| {task} | {possible:+.0%} |" + "".join(f" {100 * share:.0f} |" for share in shown) + f" {change} |"
        )
    return rows
