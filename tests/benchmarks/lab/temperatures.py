"""Temperatures: from what gain on unseen validation samples on a temperature is worth using, judged on test data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from tests.benchmarks.lab.scored import Scored
from tests.benchmarks.lab.surfaces import Values
from trainer.fit.best_weights.answers import Answers
from trainer.fit.best_weights.calibrate import SHARE_OF_ERROR, held_out

RULES = (-np.inf, 0.0, SHARE_OF_ERROR, 1.0, 2.0)  # standard errors that the gain must exceed; the first is always
FEW, HARM = 150, 0.01  # validation samples, and of the log test loss


def rules(parts: Mapping[str, Sequence[Scored]]) -> str:
    """What each rule does to the test loss of the plain run's best checkpoint, and how often it harms."""
    rows = [
        "| a temperature for the plain run, if it gains more than | tasks | used | mean change of the test loss | "
        "harms by over 1 % | with at most 150 validation samples: harms |",
        "|---|---|---|---|---|---|",
    ]
    for name, tasks in parts.items():
        errors, changes, samples = _gains(tasks)
        for needed in RULES:
            used = errors > needed
            change = np.where(used, changes, 0.0)
            what = "nothing: always" if needed == -np.inf else f"{needed:g} standard errors"
            rows.append(
                f"| {what}{' (the product)' * (needed == SHARE_OF_ERROR)} | {name} {len(tasks)} | {used.mean():.0%} | "
                f"{np.expm1(change.mean()):+.1%} | {np.mean(change > HARM):.0%} | {_harmed(change[samples <= FEW])} |"
            )
    return "\n".join(rows)


def _harmed(changes: Values) -> str:
    return f"{np.mean(changes > HARM):.0%}" if changes.size else "-"


def _gains(tasks: Sequence[Scored]) -> tuple[Values, Values, Values]:
    """Of each task: the gain on unseen samples in standard errors, the change of the log test loss, and the samples."""
    rows = []
    for task in tasks:
        logits = torch.from_numpy(task.surface.plain.val_logits[0]).float()
        targets = torch.from_numpy(task.surface.val_labels)
        unseen, error = held_out(Answers(logits, targets, torch.arange(len(targets))))
        gain = float(torch.nn.functional.cross_entropy(logits, targets)) - unseen
        plain, scaled = task.plain_test
        rows.append((gain / error if error else 0.0, np.log(scaled / plain), len(targets)))
    errors, changes, samples = np.array(rows).T
    return errors, changes, samples
