"""Cases: what doses do to random tasks, and which way of choosing them gains most; --write records the tables.

python -m tests.benchmarks.cases --cache DIR [--threads N] [--few] [--write]

Some 370 tasks of eleven families of data, with torch's own initialization and with He's: MLPs and CNNs, BatchNorm,
SGD, schedules, wrong labels; and some 50 of networks that these lack, a character Transformer, a ViT and fine-tuning.
Of each, the plain run is judged and given its doses as the product does it, and a grid of 40 doses is trained in one
batched program; about 1.5 CPU-seconds a task, 5 for attention. Tasks below 200 are for development: constants are
fitted on them. Those from 1000 on are reported, and nothing is chosen by them; what was learned from development tasks
leaves out the family that it is used on. What was trained is kept in ``--cache`` and used again.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from tests.benchmarks.lab.cases_report import others, report
from tests.benchmarks.lab.null_trials import trial_words
from tests.benchmarks.lab.options import lab_options
from tests.benchmarks.lab.other_tasks import OTHERS, other_task
from tests.benchmarks.lab.pool import Job, spread
from tests.benchmarks.lab.scored import Scored
from tests.benchmarks.lab.surfaces import load, null_trial, save, surface, surface_of
from tests.benchmarks.record import record

DEVELOPMENT, REPORTED, HE, OTHER = range(200), range(1000, 1150), range(1000, 1022), range(1000, 1016)


def train(job: Job, *, cache: Path) -> Path:
    """The file of a task's surface, trained where it is not there yet."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    initialization, number = job
    path = cache / f"{initialization}-{number}.npz"
    if not path.exists():
        other = initialization in OTHERS
        save(
            surface_of(other_task(initialization, number)) if other else surface(number, he=initialization == "he"),
            path,
        )
    return path


def train_null(job: Job, *, cache: Path) -> Path:
    """The file of a task's null trial, trained where it is not there yet."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    path = cache / f"null-{job[1]}.npy"
    if not path.exists():
        np.save(path, null_trial(job[1]))
    return path


def null_trials(numbers: Sequence[int], cache: Path, threads: int) -> list[NDArray[np.float16]]:
    """The validation logits of the plain runs trained again on other batches."""
    jobs = [("null", number) for number in numbers]
    return [np.load(path) for path in spread(partial(train_null, cache=cache), jobs, threads)]


def tasks(initialization: str, numbers: Sequence[int], cache: Path, threads: int) -> list[Scored]:
    """Train what is not there yet, and judge all plain runs."""
    jobs = [(initialization, number) for number in numbers]
    return [Scored(load(path)) for path in spread(partial(train, cache=cache), jobs, threads)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, choose, print, and record when asked."""
    options = lab_options("cases", __doc__, arguments)
    found = [
        tasks(initialization, list(numbers)[:: options.every], options.cache, options.threads)
        for initialization, numbers in (("torch", DEVELOPMENT), ("torch", REPORTED), ("he", HE))
    ]
    nulls = null_trials(list(REPORTED)[:: options.every], options.cache, options.threads)
    text = "\n\n".join([*report(*found), trial_words(found[1], nulls)])
    record("recommendations-measured.md", "cases", text, write=options.write)
    kinds = {kind: tasks(kind, list(OTHER)[:: options.every], options.cache, options.threads) for kind in OTHERS}
    record("recommendations-measured.md", "other_networks", others(found[0], kinds), write=options.write)
    return 0


if __name__ == "__main__":
    sys.exit(main())
