"""Trials: the words in which a trial goes on, is judged, and is held against what was promised of it."""

from __future__ import annotations

from app.wording import Look, better, expectation, number, spread
from diagnostics.diagnosis import Best
from diagnostics.report.changes import change, new_strengths
from diagnostics.trials.ledger_entry import LedgerEntry
from diagnostics.trials.outcome import compared
from diagnostics.trials.trial_file import Change, Effect, Trial

TRIALS = "Trials"
OVERLAY = "Trial drawn in the chart"
NO_OVERLAY = "None"
OPEN = "Open"
PARENT = "Open {}"
COMPARE = "Compare both"
OLDER = "Older trials ({})"
NO_CHANGE = "no change"  # of a control
NONE_YET = "No trial of this run yet. A trial repeats it with one change and shows whether that helps."
TRIAL_RUNS = "It is drawn in the chart above while it trains. Its result will be shown here."
TRIAL_STOPPED = "The trial was stopped early, so it has no result. Continue it to get one."
TRIAL_FAILED = "The trial failed: {}"
TRIAL_FAILED_AT = "The trial failed at epoch {} of {}. Its page says why."
TRIAL_LOST = "The run this trial belongs to, {}, was moved or deleted. Restore it to see the result."
TRIAL_WAITS = "{} is still training. The result will be shown when it finishes."
TRIAL_SILENT = "The trial finished but can't be compared: one of the two runs has no comparable validation values."

# green is a promise that held, and nothing else
AS_PROMISED = Look("Helped as promised", ":material/verified:", "green")
MORE = Look("Helped, more than promised", ":material/verified:", "green")
HELPED = Look("Helped", ":material/thumb_up:", "blue")
HELPED_LESS = Look("Helped, less than promised", ":material/thumb_up:", "blue")
NO_DIFFERENCE = Look("No difference seen", ":material/balance:", "gray")
WORSE = Look("Worse", ":material/thumb_down:", "red")
FAILED = Look("Failed", ":material/report:", "red")
UNCONFIRMED = {"refuted": WORSE, "not distinguishable": NO_DIFFERENCE, "failed": FAILED}


def outcome(entry: LedgerEntry) -> Look:
    """How a settled trial is shown."""
    if entry.outcome in UNCONFIRMED:
        return UNCONFIRMED[entry.outcome]
    if entry.expected is None or entry.difference is None:
        return HELPED
    if entry.covered:
        return AS_PROMISED
    return HELPED_LESS if entry.helped_less else MORE


def trial_title(trial: Trial, parent: str) -> str:
    """What a run that is a trial tries."""
    if trial.kind == "control":
        return f"Unchanged control run for the quick trials of {parent}"
    if trial.kind == "repeat":
        return f"{parent} once more, with another seed"
    if trial.kind == "search":
        number_of = "" if trial.number is None else f" {trial.number}"
        return f"Trial{number_of} of study {trial.study or parent}: {change(trial.change)}"
    quick = "Quick trial" if trial.kind == "branch" else "Trial"
    return f"{quick} of {parent}: {change(trial.change)}"


def promise(entry: LedgerEntry) -> str:
    """What was promised of a trial and what it got: ``Promised 18% better (4% to 37%), got 2% ± 1% better``."""
    if entry.difference is None:
        return ""
    got = f"got {compared(entry.difference, entry.error)}"
    if entry.expected is None:
        return f"No prediction was made, {got}"
    return f"Promised {between(entry.expected)}, {got}"


def between(expected: Effect) -> str:
    """The median and where four of five cases lie."""
    return f"{expectation(expected.median)} ({spread(expected.low, expected.high)})"


def so_far(epoch: int, epochs: int, difference: float | None) -> str:
    """Where a trial at work stands against its run at the same epoch."""
    where = f"Trial at epoch {epoch} of {epochs}"
    if difference is None:
        return where
    if better(difference) == better(0.0):
        return f"{where}: best so far as good as this run's"
    return f"{where}: best so far {better(difference)} than this run's"


def before_after(before: Best | None, after: Best | None, unit: str) -> str:
    """The best value and where it was in the run and in its trial."""
    if before is None or after is None:
        return "The trial in the chart has no best value to compare."
    values = f"{number(before.value)} \u2192 {number(after.value)}"
    return f"Best of the run \u2192 of the trial: {values}, {unit} {before.step} \u2192 {after.step}"


def running(change: Change, expected: Effect | None) -> str:
    """That a trial is at work, and what is promised of it."""
    promise = "" if expected is None else f", promised {between(expected)}"
    return f"Trial running: **{new_strengths(change)}**{promise}."
