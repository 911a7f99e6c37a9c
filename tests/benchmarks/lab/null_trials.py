"""Null trials: how often a trial's word is right, and how often a change that does nothing is confirmed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from diagnostics.trials.outcome import STANDARD_ERRORS
from tests.benchmarks.lab.choices import ladder
from tests.benchmarks.lab.scored import Scored, sample_losses

DOSES = 3  # the first ones of the ladder


def trial_words(tasks: Sequence[Scored], nulls: Sequence[NDArray[np.float16]]) -> str:
    """A row for one standard error and for the product's number of them; ``nulls`` are in the order of ``tasks``."""
    whole = [(task, null) for task, null in zip(tasks, nulls, strict=True) if task.surface.grid is not None]
    rows = [
        "| standard errors | doses confirmed, right on test | refuted, right on test | other batches alone: confirmed "
        "| refuted |",
        "|---|---|---|---|---|",
    ]
    for errors in (1.0, STANDARD_ERRORS):
        doses = [
            (_word(task, task.grid.val_logits[dose], errors), np.log(task.test[dose] / task.test[0]))
            for task, _ in whole
            for dose in ladder(task)[0][:DOSES]
        ]
        better = [change < 0 for word, change in doses if word < 0]
        worse = [change > 0 for word, change in doses if word > 0]
        same = [_word(task, null, errors) for task, null in whole]
        rows.append(
            f"| {errors:g} | {len(better)} of {len(doses)}, {sum(better)} | {len(worse)}, {sum(worse)} | "
            f"{sum(word < 0 for word in same)} of {len(same)} | {sum(word > 0 for word in same)} |"
        )
    return "\n".join(rows)


def _word(task: Scored, logits: NDArray[np.float16], errors: float) -> int:
    """-1 where the best validation loss is better by more than so many paired standard errors, 1 if worse, else 0."""
    labels = task.surface.val_labels
    ours, theirs = sample_losses(task.grid.val_logits[0], labels), sample_losses(logits, labels)
    ratio = theirs.mean() / ours.mean()
    error = (theirs - ratio * ours).std(ddof=1) / (np.sqrt(len(ours)) * ours.mean())
    return 0 if abs(ratio - 1) <= errors * error else int(np.sign(ratio - 1))
