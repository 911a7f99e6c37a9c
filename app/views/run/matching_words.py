"""Matching: the words on which series a verdict goes by, and what was left out."""

from __future__ import annotations

from collections.abc import Sequence

from app.wording import Look, sentence
from app.wording.charts import both
from diagnostics import Key, Run

MATCHED = "Matched series and skipped data"
BY_HAND = Look("Matched by hand", ":material/touch_app:", "gray")
MATCHED_BY_HAND = "You chose these two series. The choice is saved on this machine for this run."
MATCH_AUTOMATICALLY = "Match automatically"
SIDE_HELP = "All series of the run. A choice takes effect at once and is saved on this machine."
SIDE_MISSING = "None found"
TRAIN_SERIES = "Training series"
VAL_SERIES = "Validation series"
CANDIDATES = "Other candidates"
CANDIDATES_ALT = "Other pairs of series of this run with their scores, best match first"
CANDIDATE_COLUMNS = ("Quantity", "Training series", "Validation series", "Score")
SCORE_HELP = (
    "How well two series match as training and validation, by their names, folders and steps. Two series can be a pair "
    "from a score of 5."
)

# what the matcher adds to its reason, and the same for a person
MATCH_REMARKS = {
    "their names do not say what they measure": "Their names don't say what they measure, so they are assumed to be "
    "losses.",
    "the test set stands in for validation": "The test set is used as validation.",
    "validation losses it decides": "The log has more validation losses; each gets its own verdict.",
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
    why = f"{both(_names([pair.train, pair.val]))} are the best match of all series"
    then = "no other pair comes close"
    if run.runners_up:
        second = run.runners_up[0]
        then = f"next came {both(_names([key for key in (second.train, second.val) if key]))}"
    remarks = [words for remark, words in MATCH_REMARKS.items() if remark in run.why]
    return " ".join([f"{why}; {then}.", *remarks])


def _names(keys: Sequence[Key]) -> list[str]:
    """Their tags, with their folders where the tags alone are the same."""
    tags = [key.tag for key in keys]
    return tags if len({*tags}) == len(tags) else [f"{key.run}/{key.tag}" for key in keys]


def by_hand(run: Run | None) -> bool:
    """Whether a person chose the two series."""
    return run is not None and run.why == "chosen by hand"


def skipped(run: Run, empty: list[str]) -> list[str]:
    """What was left out, a sentence each; ``empty`` are tags without a number."""
    sessions = "" if run.sessions < 2 else f"The log contains {run.sessions} sessions; the newest is shown."
    lost = (
        f"{run.skipped.records} damaged record{'s were' if run.skipped.records > 1 else ' was'} skipped."
        if run.skipped.records
        else ""
    )
    blank = f"No finite value was logged for {', '.join(empty)}." if empty else ""
    return [line for line in (sessions, lost, blank, *run.skipped.files) if line] or ["Nothing was skipped."]
