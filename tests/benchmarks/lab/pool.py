"""Pool: the jobs of a benchmark, spread over processes of one thread each."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

ENVIRONMENT = {  # of a process that trains, read at its start
    "OMP_WAIT_POLICY": "PASSIVE",  # threads that wait by spinning are slow on a busy machine
    **{
        f"MALLOC_{name}_": str(2**28) for name in ("MMAP_THRESHOLD", "TRIM_THRESHOLD", "TOP_PAD")
    },  # halves a CNN's time
}
Job = tuple[str, int]
Found = TypeVar("Found")


def spread(function: Callable[[Job], Found], jobs: Sequence[Job], threads: int) -> Iterator[Found]:
    """``function`` of each job in order, by ``threads`` processes of one thread each, with a line as each is done."""
    if threads == 1:
        yield from map(function, jobs)
        return
    os.environ.update(ENVIRONMENT)
    with ProcessPoolExecutor(threads, mp_context=get_context("spawn")) as processes:
        for number, found in enumerate(processes.map(function, jobs), start=1):
            print(f"{number}/{len(jobs)} {jobs[number - 1]}", file=sys.stderr, flush=True)
            yield found
