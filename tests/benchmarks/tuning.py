"""Tuning: what a search reaches against what it spends. Prints tables and a bar; --write records.

python -m tests.benchmarks.tuning [--tasks NAME ...] [--seeds N ...] [--threads N] [--write]

Each engine asks for one configuration after the other, by the samplers and the pruner of ``python -m trainer tune``;
those that the engines ask for in the same round are trained together. Validation decides, held-out test data reports.
Exit code 1 when the bar is missed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

import numpy as np
import torch

from tests.benchmarks.lab.bars import Bar
from tests.benchmarks.lab.pool import Job, spread
from tests.benchmarks.lab.report import bar_table
from tests.benchmarks.lab.search import ENGINES, GRID, OURS, Searched, search
from tests.benchmarks.lab.tasks import FAST
from tests.benchmarks.record import record

TASKS = ("mnist1d MLP", "mnist1d CNN", "digits MLP, 20 % wrong labels")
SEEDS = (10, 11, 12, 13, 14)
SHOWN = (1.0, 2.0, 2.5, 3.0, 5.0, 8.0)  # trainings of full length
HALF = 0.5


def reached(searches: Sequence[Searched], engine: str, spent: float) -> float:
    """Mean of the logarithm of the test loss over the plain run's, chosen by validation after so much training."""
    return float(np.mean([one.log_ratio(engine, spent) for one in searches]))


def needed(searches: Sequence[Searched], engine: str) -> float | None:
    """Full trainings after which the engine's mean is the whole grid's, in steps of a tenth; None if never."""
    goal = reached(searches, GRID, np.inf)
    steps = np.arange(1, 10 * int(max(SHOWN)) + 1) / 10
    return next((float(spent) for spent in steps if reached(searches, engine, spent) <= goal), None)


def bar(searches: Sequence[Searched]) -> Bar:
    """Half of what the grid spends."""
    whole = float(np.mean([one.cost(GRID) for one in searches]))
    spent = needed(searches, OURS)
    words = "not within 8 trainings" if spent is None else f"{spent:.1f} of {whole:.0f} trainings"
    asked = f"{OURS}: the grid's result with at most half its epochs"
    return Bar(asked, words, spent is not None and spent <= HALF * whole)


def report(searches: Sequence[Searched]) -> tuple[str, bool]:
    """The tables in Markdown, and whether the bar is passed."""
    tasks = list(dict.fromkeys(one.task for one in searches))
    lines = [
        f"Test loss beside the plain run's (change of its mean logarithm) after so many trainings of full length; "
        f"{len(searches)} task-seeds of {len(tasks)} tasks, {', '.join(tasks)}.",
        "",
        f"| trainings of full length |{''.join(f' {spent:g} |' for spent in SHOWN)} trials in 8 |",
        "|---|" + "---|" * (len(SHOWN) + 1),
    ]
    for engine in ENGINES:
        cells = "".join(f" {np.expm1(reached(searches, engine, spent)):+.1%} |" for spent in SHOWN)
        trials = np.mean([one.trials(engine, max(SHOWN)) for one in searches])
        lines.append(f"| {engine} |{cells} {trials:.1f} |")
    found = bar(searches)
    lines += ["", *bar_table([found])]
    lines += ["", f"| task: trainings until the grid's result |{''.join(f' {name} |' for name in ENGINES)}"]
    lines.append("|---|" + "---|" * len(ENGINES))
    for task in tasks:
        own = [one for one in searches if one.task == task]
        lines.append(f"| {task} |" + "".join(f" {_shown(needed(own, engine))} |" for engine in ENGINES))
    return "\n".join(lines), found.passed


def _shown(spent: float | None) -> str:
    return "more than 8" if spent is None else f"{spent:.1f}"


def _search(job: Job) -> Searched:
    torch.set_num_threads(1)
    return search(FAST[job[0]], job[1], budget=max(SHOWN))


def main(arguments: Sequence[str] | None = None) -> int:
    """Search, print, and record when asked."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.tuning", description=__doc__)
    parser.add_argument("--tasks", nargs="+", choices=FAST, default=TASKS, metavar="NAME")
    parser.add_argument("--seeds", nargs="+", type=int, default=SEEDS, metavar="N")
    parser.add_argument("--threads", type=int, default=2, help="processes, of one thread each")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/")
    options = parser.parse_args(arguments)
    started = time.perf_counter()
    jobs = [(name, seed) for seed in options.seeds for name in options.tasks]
    searches = list(spread(_search, jobs, options.threads))
    text, passed = report(searches)
    spent = f"`python -m tests.benchmarks.tuning`: {time.perf_counter() - started:.0f} s."
    record("recommendations-measured.md", "tuning", f"{text}\n\n{spent}", write=options.write)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
