"""Words: what reports, the terminal and the app call a verdict, and what each verdict asks of the reader."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from diagnostics.confidence import in_words
from diagnostics.diagnosis import Diagnosis, Verdict
from diagnostics.logs.matching.naming import spelled
from diagnostics.logs.run import Pair
from diagnostics.report.courses import Course


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
# what to look at first in a run, where that comes before any change of a strength
TO_CHECK = {
    Verdict.DIVERGED: "Lower the learning rate or clip the gradients.",
    Verdict.NOT_LEARNING: "Check the learning rate, the labels and whether all weights are trained.",
    Verdict.UNSTABLE: "Check the learning rate, the gradient norm and the validation data.",
}
ADVICE = {
    Verdict.DIVERGED: "The loss has left the range in which anything is learned. Stop this run; a lower learning rate "
    "or gradient clipping usually prevents this in the next one.",
    Verdict.OVERFITTING: "From here on, the network memorizes its training examples. Keep the best model.",
    Verdict.UNSTABLE: "The curves do not show overfitting by themselves. Check the learning rate, the gradient norm "
    "and the validation data.",
    Verdict.PLATEAU: "Validation has stopped improving while training continues. Keep the best model.",
    Verdict.IMPROVING: "Validation is still improving: the training has not converged yet.",
    Verdict.HEALTHY: "Validation stays at its best, within its own noise. Nothing needs to change.",
    Verdict.NOT_LEARNING: "Nothing has been learned: check the learning rate, the labels and whether all weights are "
    "trained.",
    Verdict.TOO_EARLY: "A verdict needs more evaluations. The curves are drawn from the first one on.",
    Verdict.NO_VALIDATION: "Overfitting only shows on data that was not trained on. Log a validation loss every epoch, "
    "for example as loss/val next to loss/train.",
}
BORDERLINE_OVERFITTING = "Validation may be getting worse. Keep the best model, and see how it goes on."


# advice that is no strength of a regularizer
ACTIONS = {
    "temperature": "Apply temperature scaling",
    "train_longer": "Train longer",
    "stop_at_best": "Keep the best model",
    "evaluate_more_often": "Evaluate more often",
    "larger_validation_set": "Use a larger validation set",
    "nothing": "No change needed",
    "decay_to_start": "Decay toward the pretrained weights",
    "slower_boosting": "A lower learning rate and more trees",
    "smaller_trees": "Smaller trees",
    "leaf_penalty": "A larger penalty on the leaves",
    "row_sampling": "Fewer samples per tree",
}
# registry name -> what a regularizer is called
REGULARIZERS = {
    "dropout": "Dropout",
    "spatial_dropout": "Spatial dropout",
    "dropconnect": "DropConnect",
    "drop_path": "DropPath",
    "weight_decay": "Weight decay",
    "l1": "L1",
    "augmentation": "Augmentation",
    "randaugment": "RandAugment",
    "label_smoothing": "Label smoothing",
    "mixup": "Mixup",
    "cutmix": "CutMix",
    "gradient_clipping": "Gradient clipping",
    "ema": "EMA of the weights",
    "early_stopping": "Early stopping",
}
SIDES = ("Train", "Validation")
GOES_ON = "Training goes on to {}"  # beyond what a chart shows
DASH = "\u2013"  # where there is no number
ADVERBS = {"clear": "clearly", "likely": "likely", "borderline": "borderline"}
LIKE_THIS = "{} of runs that looked like this lost on test data by going on."
WHAT_TO_DO = "What to do"


def headline(diagnosis: Diagnosis, unit: str | None) -> str:
    """The verdict, how sure it is, and since when: ``Overfitting, clearly, since epoch 22``."""
    words = [VERDICTS[diagnosis.verdict].word]
    if sure := confidence(diagnosis):
        words.append(ADVERBS[sure])
    if diagnosis.onset_step is not None:
        words.append(f"since {unit or 'step'} {diagnosis.onset_step}")
    return ", ".join(words)


def like_this(probability: float) -> str:
    """What going on cost in such runs; nothing is sure."""
    return LIKE_THIS.format("More than 99%" if probability >= 0.995 else f"{probability:.0%}")


def attention(verdicts: Iterable[Verdict]) -> str:
    """How many runs need somebody's attention and why."""
    many = Counter(verdicts)
    needs = {verdict: many[verdict] for verdict in ATTENTION if many[verdict]}
    count, runs = sum(needs.values()), f"{many.total()} run{'' if many.total() == 1 else 's'}"
    why = ", ".join(f"{number} {VERDICTS[verdict].word.lower()}" for verdict, number in needs.items())
    return (
        f"{count} of {runs} need{'s' if count == 1 else ''} attention: {why}."
        if count
        else f"{runs}; none needs attention."
    )


def costs(courses: Sequence[Course], metric: str, verdict: Verdict) -> str:
    """What it cost, or gained: the quantity that the verdict is about, and the one beside it.

    Empty without any, and where a single value is no validation.
    """
    if verdict is Verdict.NO_VALIDATION:
        return ""
    learned = verdict is not Verdict.NOT_LEARNING
    names = [f"Validation {lowered(metric)}", *(title(course.name) for course in courses[1:])][: len(courses)]
    return " ".join(cost(course, name, learned=learned) for course, name in zip(courses, names, strict=True))


def cost(course: Course, metric: str, *, learned: bool = True) -> str:
    """What a quantity has come to since its best value; where nothing was ``learned``, none is called its best."""
    best, last = (f"{value:.1%}" if course.is_share else number(value) for value in (course.best, course.last))
    return f"{metric} {best} \u2192 {last}." if not course.at_best else f"{metric} {last}{', its best' * learned}."


def metric(pair: Pair | None) -> str:
    """What the main chart shows."""
    if pair is None:
        return "Loss"
    return "Summed loss" if pair.parts else title(pair.name)


def title(name: str) -> str:
    """A name as it stands over a chart, its abbreviations as people write them: ``NLL``, ``mAP50``."""
    name = spelled(name)
    return name if name[1:2].isupper() else name[:1].upper() + name[1:]


def lowered(name: str) -> str:
    """A title within a sentence: ``Loss`` is "loss", and ``NLL`` stays."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]


def number(value: float | None) -> str:
    """Four significant digits, as a person would write them; a dash where there is none."""
    return DASH if value is None or math.isnan(value) else f"{value:.4g}"


def percent(value: float) -> str:
    """A relative change with its sign, none for nothing; a decimal where a whole number would say nothing."""
    decimals = 0 if abs(value) >= 0.0095 else 1
    return f"{value:+.{decimals}%}" if round(value, 2 + decimals) else "0%"


def better(change: float) -> str:
    """A relative change of a quantity that should fall, in words: ``8% better``."""
    return f"{size(change)} {'worse' if change > 0 else 'better'}" if percent(change) != "0%" else "no change"


def expectation(median: float) -> str:
    """The same of what is expected, which is known to a whole percent at best."""
    return better(median) if abs(median) >= 0.005 else "no clear change"


def spread(low: float, high: float) -> str:
    """From where to where such a change lies, the least first: ``2% to 22%`` beside what is called better already."""
    low, high = round(low, 2), round(high, 2)
    if low < 0 < high:
        return f"{better(low)} to {better(high)}"
    return " to ".join(map(size, sorted((low, high), key=abs)))


def size(change: float) -> str:
    """How large a change is."""
    return percent(abs(change)).lstrip("+")


def confidence(diagnosis: Diagnosis) -> str:
    """``clear``, ``likely`` or ``borderline``; empty for a verdict of which nobody needs to be sure."""
    return "" if diagnosis.verdict in CERTAIN else in_words(diagnosis.confidence)


def as_charted(text: str, unit: str | None) -> str:
    """A sentence about a run with "epoch 9" or "trees 9 and 10" for "step 9" and so on where its ``unit`` is that."""
    return re.sub(r"\bstep(?=s? \d)", unit or "step", text)


def strength(value: float | None) -> str:
    """A strength as a person writes it; a dash where it is not known."""
    return DASH if value is None else f"{value:.3g}"


def lever_name(name: str) -> str:
    """A regularizer inside a sentence."""
    title = REGULARIZERS.get(name, name.replace("_", " "))
    return title if title[:2].isupper() or any(letter.isupper() for letter in title[1:]) else title.lower()
