"""Overview: the words of the page on which many runs are told apart."""

from __future__ import annotations

from collections.abc import Mapping

from app import PROGRAM
from app.wording import COLUMNS as NUMBERS
from app.wording import STATES, VERDICTS, Look, progress, short
from app.wording.levers import ACTIONS, REGULARIZERS
from diagnostics import Verdict
from diagnostics.trials.trial_file import Trial
from trainer.job import Status

FIND = "Find a run"
FIND_HINT = "Find by name"
VERDICTS_ASKED = "Show only these verdicts"
NO_VERDICT_YET = ""  # stands among the verdicts for runs that have none
COLUMNS = {
    "run": "Run",
    "verdict": "Verdict",
    "curves": "Train, validation",
    "state": "State",
    "best": "Best",
    "at": "at",
    "gap": "Gap",
    "onset": "Onset",
    "trial": "Trial of",
    "points": "Points",
    "written": "Written",
}
COLUMNS_HELP = {
    **NUMBERS,
    "curves": "Train solid and blue, validation dashed and orange, over the whole run; of a study, its best trial",
    "written": "When the log was last written",
    "trial": "The run that was tried again, and what was changed in it",
}
TABLE_ALT = "Runs with verdict, state, curves, best value, gap and onset; worst first"
HINT = "Click a run to open it. Tick runs to compare or hide them."
COMPARE = "Compare"
COMPARE_SOME = "Compare {} runs"
HIDE = "Hide"
SHOW_AGAIN = "Show again"
UNTICK = "Untick all"
HIDDEN = "Hidden runs ({})"
HIDDEN_BACK = "Back to the runs that are shown"
HIDDEN_ABOUT = "These runs are hidden on this machine. Tick some to show them again."
ALL_HIDDEN = "All runs are hidden"
ALL_HIDDEN_WAY_OUT = "Somebody hid {} of this folder on this machine; the logs are untouched."
SHOW_ALL_AGAIN = "Show all again"
NONE_MATCHES = "No run matches"
NONE_MATCHES_WAY_OUT = "Nothing fits what is asked for by name and verdict; without that, {} would be listed."
FORGET_FILTER = "Show all runs"
UNFOLD = "Trials of studies"
UNFOLD_HELP = "A study stands as one row, its best trial; switched on, each of its trials has a row of its own."
NOT_KEPT = "It cannot be remembered: {}"
EXPORT = "Export"
EXPORT_ABOUT = "All runs of the folder as one file."
NEEDS = (Verdict.DIVERGED, Verdict.OVERFITTING, Verdict.UNSTABLE)
STATES_IN_NEED = ("failed", "silent")
WELCOME = "See overfitting while it happens"
WHAT_IT_IS = (
    "Fitwatch reads the TensorBoard logs of your trainings, live or old, and says of each whether it overfits, since "
    "when and how sure that is. There are no trainings here yet; begin with one of these."
)
DEMONSTRATION_TITLE = "Watch a demonstration"
DEMONSTRATION = (
    "A small network learns handwritten digits from too few examples, in the background on this machine. It trains for "
    "a minute or two, and overfits within seconds."
)
OWN_LOGS_TITLE = "Open your own logs"
OWN_LOGS = "Type the folder that holds your event files under **Log folder** in the sidebar, or start the app with it:"
OWN_LOGS_COMMAND = f"{PROGRAM} path/to/logs"
NO_FOLDER = "This cannot be opened"
NOTHING_THERE = "No trainings there"
NOTHING_THERE_WAY_OUT = (
    "Type another folder or URL under Log folder in the sidebar, or let a training write its event files there."
)
NO_FOLDER_WAY_OUT = (
    "Type another one under Log folder in the sidebar; a relative path starts where the app was started."
)
RUNS = "Runs"
PROBLEMS = "Not everything in the folder could be read ({})"


def attention(needs: Mapping[str, int], runs: int, studies: int) -> str:
    """How many runs need somebody's attention and why; ``needs`` counts keys of ``STATES`` and verdicts."""
    count, whole = sum(needs.values()), many_runs(runs)
    why = ", ".join(f"{many} {need_word(need)}" for need, many in needs.items())
    sentence = (
        f"{count} of {whole} need{'s' if count == 1 else ''} attention: {why}."
        if count
        else f"{whole}, none needs attention."
    )
    beside = f" Also {studies} {'study' if studies == 1 else 'studies'}." if studies else ""
    return sentence + beside


def many_runs(count: int) -> str:
    """A number of runs."""
    return f"{count} run{'' if count == 1 else 's'}"


def need_word(need: str) -> str:
    """A verdict or a state in the middle of a sentence."""
    look = STATES[need] if need in STATES else VERDICTS[Verdict(need)]
    return look.word.lower() if need != "silent" else "without a sign of life"


def pill(look: Look, count: int) -> str:
    """One verdict to choose by, with how many runs have it."""
    return f"{look.icon} {look.word} {count}"


def study_name(name: str, trials: int) -> str:
    """A study in the column of runs."""
    return f"\u25a6 {short(name, 22)} ({trials} trial{'' if trials == 1 else 's'})"


def study_state(live: int, trials: int) -> str:
    """How far a study is."""
    return f"\u25cf {live} of {trials} at work" if live else "Study"


def trial(trial: Trial | None) -> str | None:
    """What a run tries out of another one, for a table cell; ``None`` where it is no trial."""
    if trial is None:
        return None
    whose = short(trial.parent.rstrip("/").rpartition("/")[2], 20) if trial.parent else ""
    what = "unchanged" if trial.kind == "control" else ", ".join(_step(*step) for step in trial.change.items())
    return ": ".join(filter(None, (whose, what)))


def _step(name: str, strengths: tuple[float | None, float | None]) -> str:
    before, after = strengths
    title = REGULARIZERS[name].title if name in REGULARIZERS else ACTIONS.get(name, name)
    now = "off" if not after else f"{after:.3g}"
    return f"{title.lower()} {now}" if before is None else f"{title.lower()} {before or 0:.3g} \u2192 {after or 0:.3g}"


def state_cell(state: str, job: Status | None) -> str:
    """A run's state for a table cell."""
    look = STATES[state]
    return f"{look.glyph} {look.word}{progress(job)}".strip()


def nothing_in(place: str) -> str:
    """Of a place without runs: where was looked, and for what."""
    return f"Looked in {place} for files with tfevents in their name."
