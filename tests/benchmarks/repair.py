"""Repair: what going back to the best weights gains in the same number of steps; --write records the table.

python -m tests.benchmarks.repair --cache DIR [--threads N] [--few] [--write]

The random tasks of ``tests.benchmarks.cases``, whose cache is used, and one plain run of each, which is repaired as
``python -m trainer train --repair`` does it: when overfitting is clear, back to the best weights and on with a dose.
The doses, their order and the patience were chosen on tasks below 200; those from 1000 on are reported. About 2
CPU-seconds a task beside what the cache holds.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from diagnostics.confidence import CLEAR, LIKELY
from diagnostics.recommend.ladders import Dose
from diagnostics.recommend.repair import PATIENCE, REPAIRS
from tests.benchmarks.cases import DEVELOPMENT, HE, REPORTED, tasks
from tests.benchmarks.lab.cases_report import counts
from tests.benchmarks.lab.choices import ladder
from tests.benchmarks.lab.options import lab_options
from tests.benchmarks.lab.pool import Job, spread
from tests.benchmarks.lab.repairs import Policy, Repaired, repaired
from tests.benchmarks.lab.scored import Scored, fitted, loss_of, softmax
from tests.benchmarks.record import record

FIRST = Dose(0.1, 0.25)  # of a new run
OURS = "**repair, as the product does it**"
POLICIES: Mapping[str, Policy] = {
    "early stopping": Policy(),
    OURS: Policy(REPAIRS),
    "its first dose alone": Policy(REPAIRS[:1]),
    "its second dose alone": Policy(REPAIRS[1:]),
    "the doses in the other order": Policy(REPAIRS[::-1]),
    "the first dose of a new run alone": Policy((FIRST,)),
    "with an optimizer that starts anew": Policy(REPAIRS, fresh=True),
    "a sixteenth of the training as patience": Policy(REPAIRS, patience=1 / 16),
    f"when overfitting is likely ({LIKELY:g})": Policy(REPAIRS, clear=LIKELY),
    "when it is surer (0.97)": Policy(REPAIRS, clear=0.97),
    "from the first weights, same steps": Policy((FIRST,), anew=True),
}
FOLDS = 5
HARM = 0.01

Values = NDArray[np.float64]
Logits = NDArray[np.float16]


class Measured(NamedTuple):
    """A task, and log test losses gained over its plain run in the grid, at the best checkpoint: ``(policies, 4)``.

    At the best checkpoint, with a temperature, with one that is used only where it lowers the loss of validation
    samples it was not fitted on, and at the last step.
    """

    task: Scored
    gains: Values
    rewinds: list[int]


def train(job: Job, *, cache: Path) -> Repaired:
    """A task under every policy, trained where it is not there yet."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    initialization, number = job
    path = cache / f"repair-{initialization}-{number}.pkl"
    if not path.exists():
        scratch = path.with_suffix(".part")
        scratch.write_bytes(pickle.dumps(repaired(number, list(POLICIES.values()), he=initialization == "he")))
        scratch.replace(path)
    result: Repaired = pickle.loads(path.read_bytes())
    return result


def measured(initialization: str, numbers: Sequence[int], cache: Path, threads: int) -> list[Measured]:
    """Every task that overfits, trained where it is not there yet."""
    overfit = [task for task in tasks(initialization, numbers, cache, threads) if task.overfits]
    jobs = [(initialization, task.surface.number) for task in overfit]
    results = spread(partial(train, cache=cache), jobs, threads)
    return [_measured(task, result) for task, result in zip(overfit, results, strict=True)]


def _measured(task: Scored, result: Repaired) -> Measured:
    rows = []
    for place in range(len(POLICIES)):
        temperatures = _with_temperature(task, result.val_logits[place], result.test_logits[place])
        rows.append(np.log(task.test[0] / np.array([result.test[place], *temperatures, result.last[place]])))
    return Measured(task, np.array(rows), [len(rewinds) for rewinds in result.rewinds])


def _with_temperature(task: Scored, val_logits: Logits, test_logits: Logits) -> tuple[float, float]:
    """The test loss after one temperature, and after one that must prove itself on validation first."""
    val, test = val_logits.astype(float), test_logits.astype(float)
    val_labels, test_labels = task.surface.val_labels, task.surface.test_labels
    scaled = loss_of(softmax(test / fitted(val, val_labels)), test_labels)
    fold, held_out = np.arange(len(val)) % FOLDS, 0.0
    for part in range(FOLDS):
        own = fold == part
        held_out += loss_of(softmax(val[own] / fitted(val[~own], val_labels[~own])), val_labels[own]) * own.mean()
    helps = held_out < loss_of(softmax(val), val_labels)
    return scaled, scaled if helps else loss_of(softmax(test), test_labels)


def report(found: Sequence[Measured], name: str) -> str:
    """A row for each policy, and one for a whole trial from the first weights on.

    The gains are over the plain run of the other tables, which is evaluated half as often.
    """
    counted = [one for one in found if counts(one.task)]
    possible = sum(np.log(one.task.test[0] / one.task.test.min()) for one in counted)
    rows = [
        f"{len(counted)} tasks with {name}; {sum(one.rewinds[1] > 0 for one in counted)} of them are repaired, "
        f"{np.mean([one.rewinds[1] for one in counted]):.1f} times on the mean.",
        "",
        "| in one run, the same steps | captured | with a temperature | with one that must prove itself | last step | "
        "harm over 1 %: best | with temperature | proved |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for place, label in enumerate(POLICIES):
        rows.append(_row(label, np.array([one.gains[place] for one in counted]), possible))
    trials = np.array([_trial(one.task) for one in counted])
    rows.append(_row("twice the steps: a trial of the first dose", trials, possible))
    rows += ["", _interval(counted)]
    return "\n".join(rows)


def _row(label: str, gains: Values, possible: float) -> str:
    """Shares in percent; ``gains`` has the columns of ``Measured``."""
    shares = "".join(f" {100 * share:.0f} |" for share in gains[:, :4].sum(0) / possible)
    return f"| {label} |{shares}" + "".join(f" {share:.0%} |" for share in (gains[:, :3] < -HARM).mean(0))


def _trial(task: Scored) -> list[float]:
    """The better by validation of the plain run and a new one with the first dose, as ``Measured`` has it."""
    tried = [0, *ladder(task)[0][:1]]
    best, scaled, last = (tried[int(np.argmin(loss[tried]))] for loss in (task.val, task.val_scaled, task.val_last))
    proved = _with_temperature(task, task.grid.val_logits[best], task.grid.test_logits[best])[1]
    losses = task.test[best], task.test_scaled[scaled], proved, task.grid.test_last[last]
    return [float(np.log(task.test[0] / loss)) for loss in losses]


def _interval(counted: Sequence[Measured]) -> str:
    """How sure the product's numbers are, over tasks."""
    rng = np.random.default_rng(0)
    gains = np.array([one.gains[1] for one in counted])
    possible = np.array([np.log(one.task.test[0] / one.task.test.min()) for one in counted])
    drawn = rng.integers(len(counted), size=(2000, len(counted)))
    ends = [
        np.quantile(gains[drawn, column].sum(1) / possible[drawn].sum(1), (0.05, 0.95)) * 100 for column in (0, 1, 2)
    ]
    best, scaled, proved = (f"[{low:.0f}, {high:.0f}]" for low, high in ends)
    return f"90 % intervals of the product's row over tasks: {best}; with a temperature {scaled}, proved {proved}."


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, print, and record when asked."""
    options = lab_options("repair", __doc__, arguments)
    blocks = []
    for name, initialization, numbers in (
        ("torch's own initialization, reported", "torch", REPORTED),
        ("He's initialization in every layer, reported", "he", HE),
        ("torch's own initialization, for development", "torch", DEVELOPMENT),
    ):
        found = measured(initialization, list(numbers)[:: options.every], options.cache, options.threads)
        if any(counts(one.task) for one in found):
            blocks.append(report(found, name))
    constants = f"Clear is a certainty of {CLEAR:g}; the patience is {PATIENCE:.2g} of the planned steps."
    record("recommendations-measured.md", "repair", "\n\n".join([*blocks, constants]), write=options.write)
    return 0


if __name__ == "__main__":
    sys.exit(main())
