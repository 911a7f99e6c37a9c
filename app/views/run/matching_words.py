"""Matching: the words on which series a verdict goes by, and what was left out."""

from __future__ import annotations

from app.wording import Look, sentence
from app.wording.charts import both
from diagnostics import Key, Run

MATCHED = "What was matched and what was skipped"
BY_HAND = Look("Matched by hand", ":material/touch_app:", "gray")
MATCHED_BY_HAND = "You chose these two series yourself; that is remembered on this machine for this run."
MATCH_AUTOMATICALLY = "Match automatically again"
SIDE_HELP = "Every series of the run. Another choice takes effect at once and is remembered on this machine."
SIDE_MISSING = "None was found"
TRAIN_SERIES = "Training series"
VAL_SERIES = "Validation series"
CANDIDATES = "What else there is"
CANDIDATES_ALT = "Other pairs of series of this run with how well they fit together, best first"
CANDIDATE_COLUMNS = ("Quantity", "Training series", "Validation series", "Score")
SCORE_HELP = (
    "How well two series go together as training and validation: their names, the folders they lie in, the steps they "
    "cover. From 5 on they can be a pair."
)

# what the matcher adds to its reason, and the same for a person
MATCH_REMARKS = {
    "their names do not say what they measure": "Their names do not say what they measure, so they are taken for "
    "losses.",
    "the test set stands in for validation": "The test set stands in for validation.",
}


def series(key: Key, run: Run) -> str:
    """A series as a menu names it."""
    return key.tag if key.run == run.name else f"{key.run} / {key.tag}"


def why_matched(run: Run) -> str:
    """Why these two series were taken, in words for a person; how close the next ones came."""
    pair = run.primary
    if (
        pair is None
        or not pair.train
        or not pair.val
        or pair.parts
        or not pair.score
        or " go together best" not in run.why
    ):
        return MATCHED_BY_HAND if by_hand(run) else sentence(run.why)
    why = f"{both([pair.train.tag, pair.val.tag])} fit together best of all series, with a score of {pair.score:g}"
    then = "no other pair came close"
    if run.runners_up:
        second = run.runners_up[0]
        then = f"the next, {both([key.tag for key in (second.train, second.val) if key])}, has {second.score:g}"
    remarks = [words for remark, words in MATCH_REMARKS.items() if remark in run.why]
    return " ".join([f"{why}; {then}.", *remarks])


def by_hand(run: Run | None) -> bool:
    """Whether a person chose the two series."""
    return run is not None and run.why == "chosen by hand"


def skipped(run: Run, empty: list[str]) -> list[str]:
    """What was left out, a sentence each; ``empty`` are tags without a number."""
    sessions = "" if run.sessions < 2 else f"The log holds {run.sessions} sessions; the newest is shown."
    lost = f"{run.skipped.records} damaged records were skipped." if run.skipped.records else ""
    blank = f"No finite value was logged in {', '.join(empty)}." if empty else ""
    return [line for line in (sessions, lost, blank, *run.skipped.files) if line] or ["Nothing was skipped."]
