"""Recommendations: does a recommended strength buy more than a search? Prints tables and bars; --write records.

python -m tests.benchmarks.recommendations [--slow] [--tasks NAME ...] [--seeds N ...] [--threads N] [--write]

A closed loop: an unregularized run is trained, diagnosed and given its doses as the product does it. They and a table
of 60 configurations are trained in one batched program, and every engine chooses from what was trained. Validation
decides, the test set reports. Exit code 1 when a bar is missed. Seeds 0 to 9 are for development, 10 and up for
reports: nothing is tuned on them.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import torch

from tests.benchmarks.lab.report import report
from tests.benchmarks.lab.table import Table, build
from tests.benchmarks.lab.tasks import FAST, SLOW, TASKS
from tests.benchmarks.record import record

SEEDS = (10, 11, 12, 13, 14)
ENVIRONMENT = {  # of a process that trains, read at its start
    "OMP_WAIT_POLICY": "PASSIVE",  # threads that wait by spinning are slow on a busy machine
    **{
        f"MALLOC_{name}_": str(2**28) for name in ("MMAP_THRESHOLD", "TRIM_THRESHOLD", "TOP_PAD")
    },  # halves a CNN's time
}
Job = tuple[str, int]


def trained(jobs: Sequence[Job], threads: int) -> Iterator[tuple[Table, float]]:
    """The table of each task and seed in order, and the CPU seconds it took; ``threads`` processes of one thread."""
    if threads == 1:
        yield from map(_train, jobs)
        return
    os.environ.update(ENVIRONMENT)
    with ProcessPoolExecutor(threads, mp_context=get_context("spawn")) as processes:
        yield from processes.map(_train, jobs)


def _train(job: Job) -> tuple[Table, float]:
    torch.set_num_threads(1)
    name, seed = job
    started = time.process_time()
    return build(TASKS[name], seed), time.process_time() - started


def measure(jobs: Sequence[Job], threads: int) -> tuple[list[Table], float]:
    """All tables, with a line for each as it is done; and the CPU seconds of all."""
    tables, cpu = [], 0.0
    for number, (table, seconds) in enumerate(trained(jobs, threads), start=1):
        tables.append(table)
        cpu += seconds
        print(
            f"{number}/{len(jobs)} {table.task}, seed {table.seed}: {seconds:.0f} s of CPU", file=sys.stderr, flush=True
        )
    return tables, cpu


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, replay, print, and record when asked."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.recommendations", description=__doc__)
    parser.add_argument("--slow", action="store_true", help="other networks, optimizers and data, and the real trainer")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, metavar="NAME", help=f"of: {', '.join(TASKS)}")
    parser.add_argument("--seeds", nargs="+", type=int, default=SEEDS, metavar="N")
    parser.add_argument("--threads", type=int, default=2, help="processes, of one thread each")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/")
    options = parser.parse_args(arguments)
    started = time.perf_counter()
    names = options.tasks or list(SLOW if options.slow else FAST)
    tables, cpu = measure([(name, seed) for seed in options.seeds for name in names], options.threads)
    text, passed = report(tables)
    command = f"python -m tests.benchmarks.recommendations{' --slow' * options.slow}"
    spent = f"`{command}`: {time.perf_counter() - started:.0f} s, {cpu:.0f} s of CPU, seeds {_listed(options.seeds)}."
    place = "recommendations_slow" if options.slow else "recommendations"
    record("recommendations.md", place, f"{text}\n\n{spent}", write=options.write)
    return 0 if passed else 1


def _listed(seeds: Sequence[int]) -> str:
    return ", ".join(map(str, seeds))


if __name__ == "__main__":
    sys.exit(main())
