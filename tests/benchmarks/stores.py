"""Stores: how many trials a second a study's store takes from several workers, and what a long study costs.

``python -m tests.benchmarks.stores`` runs trials that train nothing, so that only the study itself is measured: a
worker takes a trial, draws its point by TPE, says who it is, tells the runs and the value. It needs PostgreSQL.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import optuna

from tests.benchmarks.record import record
from tests.postgres import postgres
from trainer.tuning.budget import Budget
from trainer.tuning.plan import Plan
from trainer.tuning.results.result import STUDY
from trainer.tuning.results.result import record as write_study
from trainer.tuning.spaces import default_space
from trainer.tuning.workers.heartbeat import WORKER, myself
from trainer.tuning.workers.queue_of_trials import RUNS, TrialQueue
from trainer.tuning.workers.store import JOURNAL, connect, open_study

WORKERS = (1, 2, 4, 8)
LENGTHS = (10, 100, 1000)
TRIALS = 40
REPEATS = 2
PLAN = Plan(default_space(["weight_decay", "dropout"]), command="train {logdir} {weight_decay} {dropout}")


class Cost(NamedTuple):
    """Of a study of so many trials: CPU seconds to open it, of one more and of writing study.json; bytes on disk."""

    trials: int
    opened: float
    taken: float
    written: float
    size: int


def slots(folder: Path, url: str | None, name: str, runs: int) -> TrialQueue:
    """One worker's."""
    storage = connect(folder, url)
    study, plan = open_study(storage, name, PLAN)
    return TrialQueue(study, storage, plan, budget=Budget(runs=runs), kind="tpe", folder=folder)


def run_one(mine: TrialQueue) -> bool:
    """Take a trial and end it; whether there was one."""
    trial = mine.take()
    if trial is None:
        return False
    trial.set_user_attr(WORKER, myself())
    point = {name: float(span.draw(trial, name) or 0) for name, span in PLAN.space.items()}  # type: ignore[arg-type]
    value = abs(point["weight_decay"] - 1) + point["dropout"]
    run = {"run": f"trial-{trial.number:04d}", "value": value, "cost": value, "points": 60, "epochs": 60, "reason": ""}
    trial.set_user_attr(RUNS, [run])
    mine.study.tell(trial, value)
    return True


def work(folder: Path, url: str | None, name: str, ready: Any, go: Any) -> None:
    """A worker process, which begins when all are there."""
    mine = slots(folder, url, name, TRIALS)
    ready.release()
    go.wait()
    while run_one(mine):
        pass


def rate(folder: Path, url: str | None, workers: int, name: str) -> float:
    """Trials a second."""
    context = multiprocessing.get_context("fork")  # or each would first import for a second
    ready, go = context.Semaphore(0), context.Event()
    slots(folder, url, name, TRIALS)
    crew = [context.Process(target=work, args=(folder, url, name, ready, go)) for _ in range(workers)]
    for worker in crew:
        worker.start()
    for _ in crew:
        ready.acquire()
    begun = time.perf_counter()
    go.set()
    for worker in crew:
        worker.join()
    return TRIALS / (time.perf_counter() - begun)


def costs(folder: Path) -> list[Cost]:
    """Of a longer and longer study in its journal."""
    found = []
    mine = slots(folder, None, "long", LENGTHS[-1] + 10)
    run_one(mine)
    for length in LENGTHS:
        grow(mine.study, length)
        taken = statistics.median(timed(lambda: run_one(mine)) for _ in range(3))
        opened = timed(lambda: slots(folder, None, "long", 1))
        written = statistics.median(timed(lambda: write_study(folder, mine.study, PLAN, {})) for _ in range(3))
        size = (folder / JOURNAL).stat().st_size + (folder / STUDY).stat().st_size
        found.append(Cost(length, opened, taken, written, size))
    return found


def grow(study: optuna.Study, length: int) -> None:
    """Add trials like the first one, each at another point, until there are so many."""
    first = study.trials[0]
    rng = np.random.default_rng(0)
    while (number := len(study.get_trials(deepcopy=False))) < length:
        params = {"weight_decay": float(10 ** rng.uniform(-3, 1)), "dropout": float(rng.uniform(0, 0.5))}
        study.add_trial(
            optuna.create_trial(
                params=params,
                distributions=first.distributions,
                value=float(number % 7 + params["dropout"]),
                user_attrs=first.user_attrs,
            )
        )


def timed(act: Callable[[], object]) -> float:
    """Seconds of CPU time, which other programs on the machine do not change much."""
    begun = time.process_time()
    act()
    return time.process_time() - begun


@contextmanager
def addresses(folder: Path) -> Iterator[dict[str, str | None]]:
    """Each kind of store: journal, SQLite, PostgreSQL."""
    with ExitStack() as stack:
        yield {
            "journal in the study's folder": None,
            "SQLite": f"sqlite:///{folder / 'study.db'}",
            "PostgreSQL on this machine": stack.enter_context(postgres()),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the tables into docs/")
    options = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with tempfile.TemporaryDirectory() as name, addresses(Path(name)) as kinds:
        folder = Path(name)
        heads = [f"{n} workers" if n > 1 else "1 worker" for n in WORKERS]
        lines = [f"| trials a second | {' | '.join(heads)} |", "|---" + "|--:" * len(WORKERS) + "|"]
        for kind, url in kinds.items():
            rates = [max(rate(folder, url, n, f"{n}-{again}") for again in range(REPEATS)) for n in WORKERS]
            lines.append(f"| {kind} | {' | '.join(f'{value:.0f}' for value in rates)} |")
        lines += [
            "",
            "| trials so far | open the study | one more trial | write study.json | on disk |",
            "|--:" * 5 + "|",
        ]
        (folder / "long").mkdir()
        for cost in costs(folder / "long"):
            times = " | ".join(f"{1000 * seconds:.0f} ms" for seconds in (cost.opened, cost.taken, cost.written))
            lines.append(f"| {cost.trials:,} | {times} | {cost.size / 1024:,.0f} KiB |")
    record("scaling.md", "stores", "\n".join(lines), write=options.write)


if __name__ == "__main__":
    main()
