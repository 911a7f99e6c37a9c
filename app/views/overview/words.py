"""Overview: the words of the page on which many runs are told apart."""

from __future__ import annotations

from collections.abc import Mapping

from app import PROGRAM
from app.folder.quantities import Course
from app.wording import COLUMNS as NUMBERS
from app.wording import DASH, STATES, VERDICTS, Look, number, progress, short
from diagnostics import Verdict
from diagnostics.report.changes import change
from diagnostics.report.words import ATTENTION
from diagnostics.trials.trial_file import Trial
from trainer.job import Status

FIND = "Find a run"
FIND_HINT = "Find by name"
VERDICTS_ASKED = "Show only these verdicts"
NO_VERDICT_YET = ""  # stands among the verdicts for runs that have none
# the most telling first: as many are shown as there is room for
COLUMNS = {
    "folder": "Folder",
    "run": "Run",
    "color": "Color",
    "verdict": "Verdict",
    "since": "Since",
    "loss": "Loss",
    "curves": "Curves",
    "advice": "Next",
    "accuracy": "Accuracy",
    "trial": "Trial of",
    "lr": "LR",
    "batch": "Batch",
    "state": "State",
    "written": "Last write",
    "rise": "Rise",
    "best": "Best",
    "at": "At",
    "gap": "Gap",
    "points": "Points",
}
FIXED = ("run", "verdict")
UNASKED = ("run", "color", "verdict")  # which stands there where a run has one
USUAL = ("since", "loss", "curves", "advice", "accuracy", "trial", "lr", "batch", "state", "written")
COLUMNS_HELP = {
    **NUMBERS,
    "since": NUMBERS["onset"],
    "loss": "Validation loss at its best and at the last point; any other quantity is named",
    "accuracy": "Validation accuracy at its best and at the last point; any other score is named",
    "advice": "What to change first, with a check mark if a trial has confirmed it; the run's page has all of it, with "
    "reasons",
    "lr": "Learning rate, the largest of the run",
    "batch": "Batch size",
    "rise": "How far validation ended above its best, as a share of it",
    "folder": "The folder that the run lies in",
    "state": "Whether the run is still going on",
    "curves": "Training (solid, blue) and validation (dashed, orange) over the whole run; for a study, its best trial",
    "written": "When the log was last written",
    "trial": "The run this is a trial of, and what was changed",
}
TABLE_ALT = "All runs with their verdicts and numbers, worst first; the same as text stands below"
HINT = "Click a name to open the run. Tick runs to compare or hide them."
BY_KEYBOARD = "Keyboard: arrows or J and K to move, Space to tick, Enter to open."
TABLE = "Table"
PICK_COLUMNS = "Columns"
PICK_COLUMNS_ABOUT = "By default, the most important columns that fit are shown."
COLUMNS_RESET = "Reset to default"
GROUP = "Group by"
GROUPS = {"": "None", "verdict": "Verdict", "folder": "Folder"}
GROUP_ABOUT = "Click a group to collapse it. Tick it to select all its runs."
FOLDED, UNFOLDED, INDENT = "\u25b6", "\u25bc", "\u2003"
GROUP_EXTRA, INDENTED = 5, 2  # letters that the line of a folder has beside its name, and the room of an indent
THIS_FOLDER = "This folder"
UNREADABLE = "Show {} runs without validation"
READABLE = "Hide runs without validation"
AS_TEXT = "The table as text"
COMPARE = "Compare"
COMPARE_SOME = "Compare {} runs"
OPEN = "Open"
OPEN_HELP = "Opens the run that is ticked."
HIDE = "Hide"
SHOW_AGAIN = "Show again"
UNTICK = "Clear"
UNTICK_HELP = "Unticks all runs."
HIDDEN = "Hidden runs ({})"
HIDDEN_BACK = "Back to the visible runs"
HIDDEN_ABOUT = "These runs are hidden on this machine. Tick some to show them again."
ALL_HIDDEN = "All runs are hidden"
ALL_HIDDEN_WAY_OUT = "{} hidden on this machine. The logs are untouched."
SHOW_ALL_AGAIN = "Show all again"
NONE_MATCHES = "No run matches"
NONE_MATCHES_WAY_OUT = "No run has both this name and one of these verdicts. Without the filters, {} would be listed."
FORGET_FILTER = "Clear filters"
UNFOLD = "Study trials"
UNFOLD_HELP = "A study is shown as one row, its best trial. Switch this on to list every trial."
NOT_KEPT = "This can't be saved: {}"
EXPORT = "Export"
EXPORT_ABOUT = "All runs of this folder in one file."
NEEDS = ATTENTION
NOTHING_TO_JUDGE = (
    "{} without validation. Log a validation loss every epoch, for example as loss/val, to get a verdict."
)
ON_TRIAL = "Trial running"
STATES_IN_NEED = ("failed", "silent")
WELCOME = "See overfitting as it happens"
WHAT_IT_IS = (
    "Fitwatch reads training logs, live or finished, and tells you for each run whether it overfits, since when and "
    "how certain that is. There are no runs here yet; start with one of these."
)
DEMONSTRATION_TITLE = "Watch a demonstration"
DEMONSTRATION = (
    "A small network learns to read handwritten digits from too few examples, in the background on this machine. "
    "It soon overfits and is done in about half a minute. One click then trains it again with the advised change."
)
OWN_LOGS_TITLE = "Open your own logs"
OWN_LOGS = (
    "Start the app with the folder that contains your logs; folders below it open under **Log folder** in the sidebar:"
)
OWN_LOGS_COMMAND = f"{PROGRAM} path/to/logs"
NO_FOLDER = "Can't open the log folder"
NOTHING_THERE = "No runs found"
NOTHING_THERE_WAY_OUT = "Enter another folder or URL under Log folder in the sidebar, or point a training's logs there."
NO_FOLDER_WAY_OUT = (
    "Enter another folder under Log folder in the sidebar. A relative path starts where the app was started."
)
RUNS = "Runs"
PROBLEMS = "Some files could not be read ({})"


def attention(needs: Mapping[str, int], runs: int, studies: int) -> str:
    """How many runs need somebody's attention and why; ``needs`` counts keys of ``STATES`` and verdicts."""
    count, whole = sum(needs.values()), many_runs(runs)
    why = ", ".join(f"{many} {need_word(need)}" for need, many in needs.items())
    sentence = (
        f"{count} of {whole} need{'s' if count == 1 else ''} attention: {why}."
        if count
        else f"{whole}; none needs attention."
    )
    beside = f" Plus {studies} {'study' if studies == 1 else 'studies'}." if studies else ""
    return sentence + beside


def nothing_to_judge(runs: int) -> str:
    """That no run has a validation."""
    return NOTHING_TO_JUDGE.format(many_runs(runs))


def many_runs(count: int) -> str:
    """A number of runs."""
    return f"{count} run{'' if count == 1 else 's'}"


def need_word(need: str) -> str:
    """A verdict or a state in the middle of a sentence."""
    look = STATES[need] if need in STATES else VERDICTS[Verdict(need)]
    return look.word.lower()


def pill(look: Look, count: int) -> str:
    """One verdict to choose by, with how many runs have it."""
    return f"{look.icon} {look.word} {count}"


def group(label: str, *, folded: bool) -> str:
    """The line of a group."""
    return f"{FOLDED if folded else UNFOLDED} {label}"


def study_name(name: str, trials: int) -> str:
    """A study in the column of runs."""
    return f"\u25a6 {short(name, 12)} ({trials} trial{'' if trials == 1 else 's'})"


def study_state(live: int, trials: int) -> str:
    """How far a study is."""
    return f"\u25cf {live} of {trials} running" if live else "Study"


def trial(trial: Trial | None) -> str | None:
    """What a run tries out of another one, for a table cell; ``None`` where it is no trial."""
    if trial is None:
        return None
    whose = short(trial.parent.rstrip("/").rpartition("/")[2], 20) if trial.parent else ""
    what = "unchanged" if trial.kind == "control" else change(trial.change, between=", ")
    return ": ".join(filter(None, (whose, what)))


def cell(value: object) -> str:
    """Anything that stands in a cell, as text."""
    if value is None:
        return DASH
    return number(value) if isinstance(value, float) else str(value)


def curves(course: Course | None, onset: float | None, unit: str) -> str:
    """The picture of a run's curves in words."""
    if course is None:
        return "no validation curve"
    if course.at_best:
        return "validation ends at its best"
    worse = "fell" if course.higher_is_better else "rose"
    return f"validation {worse} after {unit} {course.step}" + ("" if onset is None else ", where overfitting began")


def state_cell(state: str, job: Status | None) -> str:
    """A run's state for a table cell."""
    look = STATES[state]
    return f"{look.glyph} {look.word}{progress(job)}".strip()


def nothing_in(place: str) -> str:
    """Of a place without runs: where was looked, and for what."""
    return f"There are no training logs in {place}."
