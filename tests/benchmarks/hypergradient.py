"""How often validation's gradient tells whether more weight decay helps: python -m tests.benchmarks.hypergradient.

The same training at five strengths of decay; what the log of each says is held against the next stronger one. Both ways
of averaging are shown: as the advice does, and the plain mean of the cosines.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch

from tests.benchmarks.record import record
from tests.trained import trained
from trainer.config import Config

SHARED = {"width": 64, "lr": 2e-3, "epochs": 25, "hypergrad": True, "threads": 1}
TASKS = {
    "digits": {"train_size": 150, "label_noise": 0.1, "batch_size": 25},
    "breast_cancer": {"train_size": 120, "batch_size": 20},
}
DECAYS = (0.0, 0.3, 1.0, 3.0, 9.0)
SEEDS = 5
WORTH_SAYING = 0.01  # a difference of the best validation loss below that, in its logarithm, is none
NEAR_BEST = 1.02


def curves(folder, task, seed, decay):
    """Validation loss, slope and cosine of a training, an epoch each."""
    regularizers = {"weight_decay": {"weight_decay": decay}} if decay else {}
    config = Config(dataset=task, seed=seed, regularizers=regularizers, **SHARED, **TASKS[task])
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        history = trained(folder / f"{task}-{seed}-{decay:g}", config)
    tags = ("loss/val", "hypergrad/weight_decay", "hypergrad/cosine")
    return tuple(np.array([values[tag] for values in history]) for tag in tags)


def measure(folder):
    """One row a pair: did more decay help, and for each way of averaging what was said and whether surely."""
    rows = []
    for task in TASKS:
        for seed in range(SEEDS):
            for (loss, slope, cosine), (more, _, _) in pairwise([curves(folder, task, seed, d) for d in DECAYS]):
                change = np.log(more.min() / loss.min())
                if abs(change) < WORTH_SAYING:
                    continue
                onset = max(1, int(np.argmax(loss <= NEAR_BEST * loss.min())))
                rows.append((change < 0, *(said(values[onset:]) for values in (-slope, cosine))))
    return rows


def said(values):
    """Whether more decay is said to help, and whether it is said to hurt by more than its standard error."""
    error = values.std(ddof=1) / len(values) ** 0.5 if len(values) > 1 else np.inf
    return values.mean() > 0, values.mean() < -error


def table(rows):
    """The shares as Markdown."""
    helped, strengths = sum(row[0] for row in rows), ", ".join(f"{decay:g}" for decay in DECAYS)
    lines = [
        f"{len(rows)} pairs of runs on {' and '.join(TASKS)}, {SEEDS} seeds, weight decay {strengths}: the best",
        f"validation loss of the stronger one differs by over {WORTH_SAYING:.0%}, and in {helped} of them is lower.",
        "",
        "| averaged | right | said surely to hurt, right |",
        "|---|---|---|",
    ]
    for number, name in ((1, "as in the advice"), (2, "plain mean of the cosines")):
        right = sum(row[number][0] == row[0] for row in rows)
        sure = [not row[0] for row in rows if row[number][1]]
        lines.append(f"| {name} | {right} of {len(rows)} | {sum(sure)} of {len(sure)} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the table into docs/")
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        text = table(measure(Path(folder)))
    record("recommendations-measured.md", "hypergradient", text, write=options.write)


if __name__ == "__main__":
    main()
