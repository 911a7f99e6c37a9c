"""Recommendations: does a recommended strength buy more than a search? Prints tables and bars; --write records.

python -m tests.benchmarks.recommendations [--tasks NAME ...] [--seeds N ...] [--threads N] [--write]

A closed loop: an unregularized run is trained, diagnosed and given its doses as the product does it. They and a table
of 60 configurations are trained in one batched program, and every engine chooses from what was trained. Validation
decides, the test set reports. Exit code 1 when a bar is missed. Seeds 0 to 9 are for development, 10 and up for
reports: nothing is tuned on them.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

import torch

from tests.benchmarks.lab.pool import Job, spread
from tests.benchmarks.lab.report import report
from tests.benchmarks.lab.table import Table, build
from tests.benchmarks.lab.tasks import FAST, TASKS
from tests.benchmarks.record import record

SEEDS = (10, 11, 12, 13, 14)


def in_lab(job: Job) -> tuple[Table, float]:
    """The table of a task and seed, and the CPU seconds it took."""
    torch.set_num_threads(1)
    name, seed = job
    started = time.process_time()
    return build(TASKS[name], seed), time.process_time() - started


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, replay, print, and record when asked."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.recommendations", description=__doc__)
    parser.add_argument(
        "--tasks", nargs="+", choices=TASKS, metavar="NAME", help=f"of: {', '.join(TASKS).replace('%', '%%')}"
    )
    parser.add_argument("--seeds", nargs="+", type=int, default=SEEDS, metavar="N")
    parser.add_argument("--threads", type=int, default=2, help="processes, of one thread each")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/")
    options = parser.parse_args(arguments)
    if options.write and options.tasks:
        parser.error("--write needs all tasks; leave --tasks out")
    started = time.perf_counter()
    names = options.tasks or list(FAST)
    found = list(spread(in_lab, [(name, seed) for seed in options.seeds for name in names], options.threads))
    text, passed = report([one for one, _ in found])
    cpu = sum(seconds for _, seconds in found)
    command = "python -m tests.benchmarks.recommendations"
    seeds = ", ".join(map(str, options.seeds))
    spent = f"`{command}`: {time.perf_counter() - started:.0f} s, {cpu:.0f} s of CPU, seeds {seeds}."
    record("recommendations-measured.md", "recommendations", f"{text}\n\n{spent}", write=options.write)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
