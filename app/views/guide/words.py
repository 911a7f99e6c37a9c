"""Guide: the words of the page on what a regularizer is, and on what each verdict means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from app.wording import number
from app.wording.levers import REGULARIZERS, setting_label
from diagnostics import Diagnosis
from diagnostics.report.words import as_charted
from trainer.strengths import STRENGTHS

GUIDE = "Guide"
ABOUT = (
    "A regularizer makes it harder to memorize the training examples, so that the network learns what they have in "
    "common. Each has a strength: too little does nothing, too much prevents learning."
)
PARTS = {"regularizers": "Regularizers", "verdicts": "Verdicts"}
PART = "Topic"
WHICH = "Regularizer"
PICTURE = "What it does"
PICTURE_HELP = "Drawn by the training code itself; `make guide` redraws it."
WHEN = "When to use it"
USUAL = "Typical strengths"
USUAL_HELP = "A starting point. What your run needs follows from its curves: see What to do on its page."
STRENGTH = "How strength changes the curves"
STRENGTH_HELP = "Real trainings with the same seed and the same initial weights; only this strength differs."
VAL_LOSS = "Validation loss"
TRAIN_LOSS = "Training loss"
LOG_LOSS = "Loss (log scale)"
EPOCH = "Epoch"
WITHOUT = "without"
TRAIN_WITH = "Train with it"
REFERENCE = "Documentation"
VERDICTS_ABOUT = (
    "Made-up curves, judged by the same engine as your runs. A run gets the first of these verdicts that applies; see "
    "Verdict thresholds in the sidebar for how they are decided."
)
MARKS = {"best": "kept", "stop": "stopped"}


def filled(words: str, numbers: Mapping[str, Any]) -> str:
    """A caption with its numbers."""
    return words.format(**numbers, rest=1 - numbers.get("lam", 0))


def strength_label(strength: float | None) -> str:
    """How a training is named in the legend."""
    return WITHOUT if strength is None else f"{strength:g}"


def trained_on(settings: Mapping[str, Any]) -> str:
    """What the small trainings were."""
    network = settings.get("model", "mlp").upper()
    optimizer = f", {settings['optimizer'].upper()}" if "optimizer" in settings else ""
    return (
        f"{network}{optimizer}, {settings['train_size']} handwritten digits, {settings['label_noise']:.0%} of them "
        f"with a wrong label, {settings['epochs']} epochs, one seed. Other data may need another strength."
    )


def best_of(name: str, outcomes: Sequence[tuple[float | None, float, float]]) -> str:
    """Which of these trainings came out best; each given by its strength, best and last validation loss."""
    without = next(outcome for outcome in outcomes if outcome[0] is None)
    best, last = min(outcomes, key=itemgetter(1)), min(outcomes, key=itemgetter(2))
    if best[1] < 0.99 * without[1]:
        return (
            f"The best validation loss, {number(best[1])}, came with {_set(name, best[0])}: "
            f"{1 - best[1] / without[1]:.0%} below the {number(without[1])} without it."
        )
    none = f"None of these strengths lowered the best validation loss, {number(without[1])}, by more than 1%."
    if last[2] < 0.99 * without[2]:
        after = f"{number(last[2])} with {_set(name, last[0])}, {number(without[2])} without it"
        return f"{none} In the last epoch it was {after}."
    return none


def _set(name: str, strength: float | None) -> str:
    return f"{setting_label(next(iter(STRENGTHS[name]))).lower()} {strength_label(strength)}"


def outcome(lowest: float, gap: float) -> str:
    """How one of these trainings ended, in numbers."""
    return f"Best validation {number(lowest)}, final gap {gap:.2g}"


def strengths_alt(title: str, name: str) -> str:
    """What a reader who cannot see the chart is told of it."""
    return (
        f"{title} of four small trainings over their epochs: without {REGULARIZERS[name].title} and at three strengths"
    )


def example_alt(diagnosis: Diagnosis) -> str:
    """The same of a made-up run."""
    name = diagnosis.verdict.replace("_", " ")
    return f"Training and validation loss of a made-up run over its epochs; the verdict is {name}"


def in_epochs(reason: str) -> str:
    """The engine's sentence, for curves with a value an epoch."""
    return as_charted(reason, "epoch")
