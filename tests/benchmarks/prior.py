"""Prior: what strengths that are chosen before any run do to random tasks; --write records the table.

python -m tests.benchmarks.prior --cache DIR [--threads N] [--few] [--write]

The random tasks of tests.benchmarks.cases, overfitting or not, each trained with a grid of dropouts and decays and with
torch's default decay; about two CPU-seconds a task. The constants of diagnostics/recommend/prior.py were chosen on the
tasks below 200; those from 1000 on are reported. What was trained is kept in ``--cache`` and used again.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import torch

from tests.benchmarks.cases import DEVELOPMENT, REPORTED
from tests.benchmarks.lab.options import lab_options
from tests.benchmarks.lab.pool import Job, spread
from tests.benchmarks.lab.priors import CHOICES, RULES, Rule, Started, load, outcomes, save, started
from tests.benchmarks.record import record

SMALLEST_TEST = 100  # samples; the loss of fewer is decided by a handful of them
HARM = 0.01  # of the log loss


def train(job: Job, *, cache: Path) -> Path:
    """The file of a task, trained where it is not there yet."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    path = cache / f"prior-{job[1]}.npz"
    if not path.exists():
        save(started(job[1]), path)
    return path


def table(tasks: Sequence[Started], rules: Mapping[str, Rule]) -> str:
    """What each rule does to the test loss, on the mean, and how often it does harm."""
    rows = [
        "| start | best checkpoint | harmed | last epoch | harmed | best, of those that overfit | of the others |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, rule in rules.items():
        found = outcomes(tasks, rule)
        mean, harm = 100 * found.mean(0), 100 * (found > HARM).mean(0)
        parts = [found[[task.overfits is wanted for task in tasks], 0] for wanted in (True, False)]
        apart = " | ".join(f"{100 * part.mean():+.1f} %" if len(part) else "-" for part in parts)
        cells = f"{mean[0]:+.1f} % | {harm[0]:.0f} % | {mean[1]:+.1f} % | {harm[1]:.0f} %"
        rows.append(f"| {name} | {cells} | {apart} |")
    return "\n".join(rows)


def report(past: Sequence[Started], reported: Sequence[Started]) -> str:
    """Both tables as Markdown."""
    counted = [task for task in reported if task.test_samples >= SMALLEST_TEST]
    overfit = sum(task.overfits for task in counted)
    return "\n\n".join(
        [
            f"{len(counted)} tasks, of which {overfit} overfit without strengths: the test loss under a start against "
            "that without, mean of its logarithm, and the share that it harms by over 1 %:",
            table(counted, RULES),
            f"How the start was chosen, on {len(past)} other tasks:",
            table(past, CHOICES),
        ]
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, compare, print, and record when asked."""
    options = lab_options("prior", __doc__, arguments)
    past, reported = (
        [
            load(path)
            for path in spread(
                partial(train, cache=options.cache),
                [("torch", number) for number in numbers[:: options.every]],
                options.threads,
            )
        ]
        for numbers in (DEVELOPMENT, REPORTED)
    )
    record("recommendations-measured.md", "prior", report(past, reported), write=options.write)
    return 0


if __name__ == "__main__":
    sys.exit(main())
