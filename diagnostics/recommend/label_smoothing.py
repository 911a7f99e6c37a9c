"""Label smoothing: for a model that is as right as before and too sure of it."""

from __future__ import annotations

from diagnostics.recommend.facts import Facts
from diagnostics.recommend.recommendation import Recommendation

SMOOTHING = 0.1
SOURCE = (
    "literature: Guo et al. 2017, https://arxiv.org/abs/1706.04599 (temperature), Szegedy et al. 2016, "
    "https://arxiv.org/abs/1512.00567 (smoothing); measured here, smoothing did nothing for the loss, and 0.2 harmed"
)


def label_smoothing(facts: Facts) -> Recommendation | None:
    """A temperature after training, or smoothing in training; None where the model is not overconfident."""
    current = facts.in_use("label_smoothing")
    if "overconfident" not in facts.diagnosis.notes or (current or 0.0) >= SMOOTHING:
        return None
    how = "after one fitted temperature its loss does not rise" if facts.setup.scaled else "its accuracy has not fallen"
    why = (
        f"The model is too sure rather than more often wrong: {how}. Fit one temperature on validation after training, "
        f"or smooth the labels by {SMOOTHING:g}, which calibrates but does not lower the loss."
    )
    return Recommendation(
        "label_smoothing", why, SOURCE, current, SMOOTHING, (current or 0.0, SMOOTHING), facts.known()
    )
