"""Answer: the words in which a run's page says what the verdict is, what it cost, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence

from app.folder.quantities import Course
from app.views.run.advice_words import lever_name, strength
from app.wording import number, percent
from app.wording.levers import ACTIONS
from diagnostics import Diagnosis, Recommendation, Run, Verdict
from diagnostics.diagnosis import Best
from diagnostics.report import words
from diagnostics.trials.ledger import TrackRecord
from diagnostics.trials.ledger_entry import LedgerEntry
from diagnostics.trials.trial_file import Change, Effect

WHAT_TO_DO = words.WHAT_TO_DO
ADVERBS = words.ADVERBS
like_this, costs = words.like_this, words.costs
DISAGREE = "The best epochs differ: {} at {} {}, {} at {}. Decide which of the two counts."
TRY = "Try it"
TRY_NEXT = "Try next"
TRY_SHOWS = "Try it trains the change above and draws it here."
DOWNLOAD = "Download {} {}"
DOWNLOAD_HELP = "The weights at the best validation value, as PyTorch saved them (best.pt)."
BY_COMMAND = "Try it by command"
DETAILS = "Add details"
DETAILS_HELP = "The log does not say everything that a strength is computed from."
OTHER = "Also worth a trial"
WHEN_DONE = "Once this run has finished, you can try this with one click."
ALL_TRIED = "Every change that Fitwatch suggests was tried."
# verdicts after which the weights of the best point are better than the last ones
KEEP_BEST = {Verdict.OVERFITTING, Verdict.PLATEAU, Verdict.UNSTABLE, Verdict.DIVERGED}
DURATIONS = ((1440.0, "d"), (60.0, "h"), (1.0, "min"), (1 / 60, "s"))


def headline(diagnosis: Diagnosis, run: Run | None) -> str:
    """The verdict, how sure it is, and since when: ``Overfitting, clearly, since epoch 22``."""
    return words.headline(diagnosis, run.unit if run is not None else None)


def disagree(courses: Sequence[Course], metric: str, unit_word: str) -> str:
    """That the two quantities were best at different points."""
    first, second = courses[:2]
    return DISAGREE.format(metric.lower(), unit_word, first.step, second.name, second.step)


def bests(courses: Sequence[Course], metric: str, unit_word: str) -> str:
    """Where each quantity was best, in a few words."""
    names = [metric.lower(), *(course.name for course in courses[1:])]
    places = ", ".join(f"{name} {course.step}" for name, course in zip(names, courses, strict=True))
    return f"Best {unit_word}s: {places}." if len(courses) > 1 else f"Best {unit_word}: {courses[0].step}."


def keep(best: Best, unit_word: str, scaled: Recommendation | None) -> str:
    """Which weights to keep, and what one fitted temperature makes of them; it needs no training."""
    place = f"Keep {unit_word} {best.step}"
    if scaled is None:
        return f"{place}: no training needed."
    value, gain = scaled.evidence.get("temperature"), scaled.evidence.get("scaled_gain")
    how = "one fitted temperature" if value is None else f"temperature {value:.3g}"
    buys = "" if gain is None else f": loss **{number(best.value * (1 - gain))}**"
    return f"{place} with {how}{buys}, no training needed."


def calibrate(scaled: Recommendation) -> str:
    """What one temperature buys where the last weights are to be kept."""
    value, gain = scaled.evidence.get("temperature"), scaled.evidence.get("scaled_gain")
    how = "Fit one temperature" if value is None else f"Divide the logits by {value:.3g}"
    return f"{how}{'' if gain is None else f': loss **{-gain:.0%}**'}, no training needed."


def change(strengths: Change) -> str:
    """``dropout 0 → 0.2``; only the new strength where the one in use is not known."""
    return " and ".join(
        f"{lever_name(name)} {strength(after)}"
        if before is None
        else f"{lever_name(name)} {strength(before)} \u2192 {strength(after)}"
        for name, (before, after) in strengths.items()
    )


def again(strengths: Change, expected: Effect | None) -> str:
    """The next training, and what is expected of it."""
    what = f"Train again with **{change(strengths)}**"
    if strengths.keys() == {"epochs"}:
        what = f"Train longer: **{change(strengths)}**"
    return f"{what}: expected {effect(expected)}." if expected is not None else f"{what}."


def use(confirmed: LedgerEntry) -> str:
    """The change that a trial has confirmed, and what that did to the best validation loss."""
    difference = "" if confirmed.difference is None else f", {percent(confirmed.difference)}"
    return f"Use **{change(confirmed.change)}**: confirmed by a trial{difference}."


def better_still(strengths: Change, expected: Effect | None) -> str:
    """The next training where another change has been confirmed already."""
    promise = "" if expected is None else f", expected {effect(expected)}"
    return f"To try for more: **{change(strengths)}**{promise}."


def without_number(advice: Sequence[Recommendation]) -> str:
    """A training of which the strength cannot be computed from what the log says."""
    names = " and ".join(
        lever_name(each.lever) + ("" if each.suggested is None else f" {strength(each.suggested)}")
        for each in advice
        if each.in_first_dose or each.suggested is None
    )
    return f"Train again with **{names}**: add details to get each strength."


def effect(expected: Effect) -> str:
    """The median and where four of five cases lie, in few characters."""
    return f"**{percent(expected.median)}** ({percent(expected.low)} to {percent(expected.high)})"


def other(advised: Recommendation) -> str:
    """Advice that is no strength to train again with."""
    if advised.lever in ACTIONS:
        return f"{ACTIONS[advised.lever]}."
    if advised.suggested is None:
        return f"{OTHER}: {lever_name(advised.lever)}."
    return f"{OTHER}: {change({advised.lever: (advised.current, advised.suggested)})}."


def record(history: TrackRecord) -> str:
    """How such trials went in this folder."""
    trials = f"{history.helped} of {history.trials} such trials" if history.trials > 1 else "The only such trial"
    helped = " helped" if history.trials > 1 or history.helped else " did not help"
    return f"{trials}{helped} here, median {percent(history.median)}."


def estimate(minutes: float | None, *, at_most: bool = False) -> str:
    """`` · ~7 min`` for a button; nothing where nobody knows."""
    if not minutes:
        return ""
    size, word = next(((size, word) for size, word in DURATIONS if minutes >= 1.5 * size), DURATIONS[-1])
    return f" \u00b7 {'<' if at_most else '~'}{max(1, round(minutes / size))}\u00a0{word}"
