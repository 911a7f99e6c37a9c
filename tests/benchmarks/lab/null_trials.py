"""Null trials: how often a trial's word is right, and how often a change that does nothing is confirmed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from diagnostics.trials.outcome import STANDARD_ERRORS, Outcome
from diagnostics.trials.over_seeds import over_seeds
from tests.benchmarks.lab.choices import ladder
from tests.benchmarks.lab.scored import Scored, sample_losses

DOSES = 3  # the first ones of the ladder
SEEDS = (2, 3)


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
    return "\n".join([*rows, "", _over_seeds(whole)])


def _over_seeds(whole: Sequence[tuple[Scored, NDArray[np.float16]]]) -> str:
    """How often other batches alone are confirmed on the mean of several trials, each with a validation set of its own.

    The tasks stand for the seeds: nothing was changed in any of them, so that any mean beside 0 is chance.
    """
    parts = []
    for count in SEEDS:
        groups = [whole[start : start + count] for start in range(0, len(whole) - count + 1, count)]
        words = [over_seeds(range(count), [_outcome(task, null) for task, null in group]).word for group in groups]
        parts.append(f"{count} seeds {words.count('confirmed')} of {len(words)} ({words.count('refuted')} refuted)")
    return f"Other batches alone, confirmed on the mean over seeds: {', '.join(parts)}."


def _outcome(task: Scored, logits: NDArray[np.float16]) -> Outcome:
    difference, error = _compared(task, logits)
    samples, verdict = len(task.surface.val_labels), task.diagnosis.verdict
    return Outcome(difference, error, samples, (1.0, 1 + difference), 0.0, verdict, verdict)


def _word(task: Scored, logits: NDArray[np.float16], errors: float) -> int:
    """-1 where the best validation loss is better by more than so many paired standard errors, 1 if worse, else 0."""
    difference, error = _compared(task, logits)
    return 0 if abs(difference) <= errors * error else int(np.sign(difference))


def _compared(task: Scored, logits: NDArray[np.float16]) -> tuple[float, float]:
    """The relative change of the best validation loss, and its paired standard error."""
    labels = task.surface.val_labels
    ours, theirs = sample_losses(task.grid.val_logits[0], labels), sample_losses(logits, labels)
    ratio = theirs.mean() / ours.mean()
    error = (theirs - ratio * ours).std(ddof=1) / (np.sqrt(len(ours)) * ours.mean())
    return float(ratio - 1), float(error)
