"""To do: what to do about a run, the best first, in the words of its page; ``**`` stands around what counts most."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from diagnostics.diagnosis import Best, Diagnosis
from diagnostics.logs.run import Run
from diagnostics.recommend import Recommendation
from diagnostics.recommend.from_ledger import EPOCHS
from diagnostics.report.changes import change, short_change, use, use_in_short
from diagnostics.report.courses import courses
from diagnostics.report.results import Advised
from diagnostics.report.words import (
    ACTIONS,
    ADVICE,
    REGULARIZERS,
    TO_CHECK,
    better,
    expectation,
    lever_name,
    number,
    spread,
    strength,
)
from diagnostics.trials.ledger_entry import LedgerEntry
from diagnostics.trials.next_step import NextStep
from diagnostics.trials.trial_file import Change, Effect
from diagnostics.verdict import Verdict

MOST = 3  # things to do in sight
OTHER = "Also worth a trial"
ALL_TRIED = "Every change that Fitwatch suggests was tried."
NO_STRENGTHS = ("temperature", "stop_at_best", "nothing", "train_longer")  # said on lines of their own
SHORT_KEEP, SHORT_ALL_TRIED = "Keep {unit} {step}", "All tried"
SHORT_CHECKS = {
    Verdict.DIVERGED: "Lower learning rate",
    Verdict.NOT_LEARNING: "Check learning rate",
    Verdict.UNSTABLE: "Check learning rate",
}
# verdicts after which the weights of the best point are better than the last ones
KEEP_BEST = {Verdict.OVERFITTING, Verdict.PLATEAU, Verdict.UNSTABLE, Verdict.DIVERGED}


def things_to_do(run: Run, diagnosis: Diagnosis, advised: Advised) -> list[str]:
    """A line each, at least one and at most ``MOST``, of a run that has ended."""
    kept = [] if advised.confirmed is not None else weights_to_keep(run, diagnosis, advised.recommendations)
    lines = checked_first(diagnosis, kept, list(_training(advised)))
    return lines[:MOST] or [ADVICE[diagnosis.verdict]]


def checked_first(diagnosis: Diagnosis, at_rest: Sequence[str], trained: Sequence[str]) -> list[str]:
    """What needs no training, then what is ``trained``; where that is nothing, what to check comes before both.

    Without either, the advice of the verdict says what to check.
    """
    check = TO_CHECK.get(diagnosis.verdict)
    return [*([check] if check and at_rest and not trained else []), *at_rest, *trained]


def weights_to_keep(run: Run, diagnosis: Diagnosis, advice: Sequence[Recommendation]) -> list[str]:
    """The best point's, where the last ones are worse; and what a temperature does to whichever are kept.

    Where a trial did better, its weights are to be kept, and nothing is said of these.
    """
    scaled = next((each for each in advice if each.lever == "temperature"), None)
    best, shown = diagnosis.best, courses(run)
    at_best = not shown or shown[0].at_best
    if best is not None and diagnosis.verdict in KEEP_BEST and not at_best:
        return [keep(best, run.unit, scaled)]
    return [calibrate(scaled)] if scaled is not None else []


def _training(advised: Advised) -> Iterator[str]:
    """The next training, and advice that is no strength."""
    due, advice = advised.step.change, advised.recommendations
    strengths = {} if due is None else {name: after for name, after in due.strengths.items() if name != EPOCHS}
    known = None not in strengths.values()
    now = {each.lever: each.current for each in advice}
    first = [each.expected for each in advice if each.in_first_dose] if due is not None and due.dose == 1 else []
    yield from training(
        advice,
        {name: (now.get(name), after) for name, after in strengths.items() if after is not None} if known else {},
        next(iter(first), None),
        confirmed=advised.confirmed,
        unknown=not known,
        all_tried=advised.step.all_tried,
        elsewhere=[*strengths, *(lever for lever in NO_STRENGTHS if lever != "train_longer")],
    )


def training(
    advice: Sequence[Recommendation],
    strengths: Change,
    expected: Effect | None = None,
    *,
    confirmed: LedgerEntry | None = None,
    said: bool = False,
    unknown: bool = False,
    all_tried: bool = False,
    elsewhere: Collection[str] = NO_STRENGTHS,
) -> Iterator[str]:
    """What to train next: with these ``strengths``, where there are some, and what is expected of that.

    ``confirmed`` is what a trial has shown already, which is ``said`` in numbers beside it or not. ``unknown`` says
    that the strengths cannot be computed from the log, ``all_tried`` that none is left to try. Advice that is no
    strength follows, but for the levers of which is said ``elsewhere``.
    """
    if confirmed is not None:
        yield use(confirmed, said=said)
    if strengths:
        yield (again if confirmed is None else better_still)(strengths, expected)
    elif unknown:
        yield without_number([each for each in advice if each.lever not in NO_STRENGTHS])
    elif all_tried:
        yield ALL_TRIED
    named = {*elsewhere, *strengths}
    yield from (other(each) for each in advice if each.lever not in named and not each.in_first_dose)


def keep(best: Best, unit_word: str, scaled: Recommendation | None) -> str:
    """Which weights to keep, and what one fitted temperature makes of them; it needs no training."""
    place = f"Keep {unit_word} {best.step}"
    if scaled is None:
        return f"{place}: no training needed."
    value, gain = scaled.evidence.get("temperature"), scaled.evidence.get("scaled_gain")
    by = "one fitted number" if value is None else f"{value:.3g}"
    buys = "" if gain is None else f": loss **{number(best.value * (1 - gain))}**"
    return f"{place} and divide its logits by {by} (temperature scaling){buys}, no training needed."


def calibrate(scaled: Recommendation) -> str:
    """What one temperature buys where the last weights are to be kept."""
    value, gain = scaled.evidence.get("temperature"), scaled.evidence.get("scaled_gain")
    by = "one fitted number" if value is None else f"{value:.3g}"
    buys = "" if gain is None else f": loss **{better(-gain)}**"
    return f"Divide the logits by {by} (temperature scaling){buys}, no training needed."


def again(strengths: Change, expected: Effect | None) -> str:
    """The next training, and what is expected of it."""
    what = f"Train again with **{change(strengths)}**"
    if strengths.keys() == {"epochs"}:
        what = f"Train longer: **{change(strengths)}**"
    elif expected is not None and expected.is_little:
        what = f"Little would be gained by training again with **{change(strengths)}**"
    return f"{what}: expected {effect(expected)}." if expected is not None else f"{what}."


def better_still(strengths: Change, expected: Effect | None) -> str:
    """The next training where another change has been confirmed already."""
    promise = "" if expected is None else f", expected {effect(expected)}"
    return f"To try for more: **{change(strengths)}**, all else as in this run{promise}."


def without_number(advice: Sequence[Recommendation]) -> str:
    """A training of which the strength cannot be computed from what the log says."""
    names = " and ".join(
        lever_name(each.lever) + ("" if each.suggested is None else f" {strength(each.suggested)}")
        for each in advice
        if each.lever not in ACTIONS and (each.in_first_dose or each.suggested is None)
    )
    return f"Train again with **{names}**: add details to get each strength."


def effect(expected: Effect) -> str:
    """The median and where four of five cases lie, in few characters."""
    return f"**{expectation(expected.median)}** ({spread(expected.low, expected.high)})"


def other(advised: Recommendation) -> str:
    """Advice that is no strength to train again with."""
    if advised.lever in ACTIONS:
        return f"{ACTIONS[advised.lever]}."
    if advised.suggested is None:
        return f"{OTHER}: {lever_name(advised.lever)}."
    return f"{OTHER}: {change({advised.lever: (advised.current, advised.suggested)})}."


def in_short(step: NextStep, diagnosis: Diagnosis, unit: str, confirmed: LedgerEntry | None = None) -> str | None:
    """What to do next, in about three words; ``None`` where nothing needs to be done."""
    if confirmed is not None:
        return use_in_short(confirmed)
    if step.change is not None:
        return short_change(step.change.strengths)
    names = [each.lever for each in step.others]
    if step.all_tried and "stop_at_best" not in names:
        return SHORT_ALL_TRIED
    if not names:
        return SHORT_CHECKS.get(diagnosis.verdict)
    lever = next((each for each in step.others if each.lever in REGULARIZERS), step.others[0])
    if (step.all_tried or lever.lever == "stop_at_best") and diagnosis.best is not None:
        return SHORT_KEEP.format(unit=unit, step=diagnosis.best.step)
    return short_change({lever.lever: lever.suggested})
