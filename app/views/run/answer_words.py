"""Answer: the words in which a run's page says what the verdict is, what it cost, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from app.folder.quantities import Course
from app.wording import better
from diagnostics import Diagnosis, Run
from diagnostics.report import words
from diagnostics.trials.ledger import TrackRecord

WHAT_TO_DO = words.WHAT_TO_DO
ADVERBS = words.ADVERBS
like_this, costs = words.like_this, words.costs
DISAGREE = "The best {unit}s differ: {first} at {unit} {step}, {second} at {later}. Decide which of the two counts."
STILL_BETTER = "Confirmed better than {parent}: keep {unit} {step}, and the rise after it does no harm."
TRY = "Try it"
TRY_NEXT = "Try {}"
TRY_SHOWS = "Repeats this run with the suggested change and draws it into the chart while it trains."
DOWNLOAD = "Download {} {}"
DOWNLOAD_HELP = "The weights at the best validation value, as PyTorch saved them (best.pt)."
BY_COMMAND = "Try it by command"
DETAILS = "Add details"
WHEN_DONE = "Once this run has finished, you can try this with one click."
DURATIONS = ((1440.0, "d"), (60.0, "h"), (1.0, "min"))


def headline(diagnosis: Diagnosis, run: Run | None) -> str:
    """The verdict, how sure it is, and since when: ``Overfitting, clearly, since epoch 22``."""
    return words.headline(diagnosis, run.unit if run is not None else None)


def disagree(courses: Sequence[Course], metric: str, unit_word: str) -> str:
    """That the two quantities were best at different points."""
    first, second = courses[:2]
    return DISAGREE.format(first=metric.lower(), unit=unit_word, step=first.step, second=second.name, later=second.step)


def bests(courses: Sequence[Course], metric: str, unit_word: str) -> str:
    """Where each quantity was best, in a few words."""
    names = [metric.lower(), *(course.name for course in courses[1:])]
    places = ", ".join(f"{name} {course.step}" for name, course in zip(names, courses, strict=True))
    return f"Best {unit_word}s: {places}." if len(courses) > 1 else f"Best {unit_word}: {courses[0].step}."


def record(history: TrackRecord) -> str:
    """How such trials went in this folder."""
    if history.trials == 1:
        helped = "helped" if history.helped else "did not help"
        return f"One similar trial in this folder {helped}: {better(history.median)}."
    return (
        f"{history.helped} of {history.trials} similar trials in this folder helped, median {better(history.median)}."
    )


def estimate(minutes: float | None, *, at_most: bool = False) -> str:
    """`` · ~7 min`` for a button, no finer than minutes; nothing where nobody knows."""
    if not minutes:
        return ""
    size, word = next(((size, word) for size, word in DURATIONS if minutes >= 1.5 * size), DURATIONS[-1])
    about = "<" if at_most or minutes <= 1 else "~"
    return f" \u00b7 {about}{ceil(minutes / size) if about == '<' else round(minutes / size)}\u00a0{word}"
