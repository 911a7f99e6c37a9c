"""Words: what reports, the terminal and the app call a verdict, and what each verdict asks of the reader."""

from __future__ import annotations

import re
from typing import NamedTuple

from diagnostics.confidence import in_words
from diagnostics.diagnosis import Diagnosis, Verdict


class VerdictName(NamedTuple):
    """A verdict as a person reads it; ``glyph`` stands beside the word where there is no icon."""

    word: str
    glyph: str


VERDICTS = {
    Verdict.DIVERGED: VerdictName("Diverged", "✕"),
    Verdict.NOT_LEARNING: VerdictName("Not learning", "○"),
    Verdict.OVERFITTING: VerdictName("Overfitting", "▲"),
    Verdict.UNSTABLE: VerdictName("Unstable", "≈"),
    Verdict.PLATEAU: VerdictName("Plateau", "→"),
    Verdict.IMPROVING: VerdictName("Improving", "↗"),
    Verdict.HEALTHY: VerdictName("Healthy", "✓"),
    Verdict.TOO_EARLY: VerdictName("Too early", "…"),
    Verdict.NO_VALIDATION: VerdictName("No validation", "?"),
}

# verdicts with which a run needs somebody's attention, the worst first
ATTENTION = (Verdict.DIVERGED, Verdict.NOT_LEARNING, Verdict.OVERFITTING, Verdict.UNSTABLE)

# verdicts about what was logged, not about how the training goes: nothing to be sure or unsure of
CERTAIN = frozenset({Verdict.NO_VALIDATION, Verdict.TOO_EARLY})

# what each verdict asks of the reader; the numbers stand in the diagnosis's own reason
ADVICE = {
    Verdict.DIVERGED: "The loss has left the range in which anything is learned. Stop this run; a lower learning rate "
    "or gradient clipping usually prevents this in the next one.",
    Verdict.OVERFITTING: "From here on, the network memorises its training examples. Keep the weights of the best "
    "epoch.",
    Verdict.UNSTABLE: "The curves do not show overfitting by themselves. Check the learning rate, the gradient norm "
    "and the validation data.",
    Verdict.PLATEAU: "Validation has stopped improving while training continues. Keep the weights of the best epoch.",
    Verdict.IMPROVING: "Validation is still improving: the training has not converged yet.",
    Verdict.HEALTHY: "Validation stays at its best, within its own noise. Nothing needs to change.",
    Verdict.NOT_LEARNING: "Nothing has been learned: check the learning rate, the labels and whether all weights are "
    "trained.",
    Verdict.TOO_EARLY: "A verdict needs more epochs. The curves are drawn from the first one on.",
    Verdict.NO_VALIDATION: "Overfitting only shows on data that was not trained on. Log a validation loss every epoch, "
    "for example as loss/val next to loss/train.",
}
BORDERLINE_OVERFITTING = (
    "Validation may be getting worse. Keep the weights of the best epoch, and see what the next ones show."
)


def confidence(diagnosis: Diagnosis) -> str:
    """``clear``, ``likely`` or ``borderline``; empty for a verdict of which nobody needs to be sure."""
    return "" if diagnosis.verdict in CERTAIN else in_words(diagnosis.confidence)


def unit(x_axis: str | None, count: int | None = None) -> str:
    """What the horizontal axis counts: "epoch" or "step", in the plural unless ``count`` is 1 or left out."""
    word = "epoch" if x_axis == "epoch" else "step"
    return word if count in (1, None) else f"{word}s"


def as_charted(text: str, x_axis: str | None) -> str:
    """A sentence about a run with "epoch 9" for "step 9" where the chart counts epochs."""
    return re.sub(r"\bstep(?= \d)", unit(x_axis), text)
