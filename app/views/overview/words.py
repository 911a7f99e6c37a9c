"""Overview: the words of the page on which many runs are told apart."""

from __future__ import annotations

from collections.abc import Mapping

from app import PROGRAM
from app.wording import COLUMNS as NUMBERS
from app.wording import STATES, VERDICTS, Look, progress, short
from app.wording.levers import ACTIONS, REGULARIZERS
from diagnostics import Verdict
from diagnostics.report.words import ATTENTION
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
    "at": "At",
    "gap": "Gap",
    "onset": "Onset",
    "trial": "Trial of",
    "points": "Points",
    "written": "Last write",
}
COLUMNS_HELP = {
    **NUMBERS,
    "curves": "Training (solid, blue) and validation (dashed, orange) over the whole run; for a study, its best trial",
    "written": "When the log was last written",
    "trial": "The run this is a trial of, and what was changed",
}
TABLE_ALT = "Runs with verdict, state, curves, best value, gap and onset; worst first"
HINT = "Click a run to open it. Tick runs to compare or hide them."
COMPARE = "Compare"
COMPARE_SOME = "Compare {} runs"
HIDE = "Hide"
SHOW_AGAIN = "Show again"
UNTICK = "Clear selection"
HIDDEN = "Hidden runs ({})"
HIDDEN_BACK = "Back to visible runs"
HIDDEN_ABOUT = "These runs are hidden on this machine. Tick some to show them again."
ALL_HIDDEN = "All runs are hidden"
ALL_HIDDEN_WAY_OUT = "{} hidden on this machine. The logs are untouched."
SHOW_ALL_AGAIN = "Show all again"
NONE_MATCHES = "No run matches"
NONE_MATCHES_WAY_OUT = "No run has this name and one of these verdicts. Without the filters, {} would be listed."
FORGET_FILTER = "Clear filters"
UNFOLD = "Study trials"
UNFOLD_HELP = "A study is shown as one row, its best trial. Switch this on to list every trial."
NOT_KEPT = "This can't be saved: {}"
EXPORT = "Export"
EXPORT_ABOUT = "All runs of this folder in one file."
NEEDS = ATTENTION
STATES_IN_NEED = ("failed", "silent")
WELCOME = "See overfitting as it happens"
WHAT_IT_IS = (
    "Fitwatch reads training logs, live or finished, and tells you for each run whether it overfits, since when and "
    "how certain that is. There are no runs here yet; start with one of these."
)
DEMONSTRATION_TITLE = "Watch a demonstration"
DEMONSTRATION = (
    "A small network learns to read handwritten digits from too few examples, in the background on this machine. "
    "Overfitting starts within seconds. After a minute it is done, and one click tries what would help."
)
OWN_LOGS_TITLE = "Open your own logs"
OWN_LOGS = "Enter the folder that contains your logs under **Log folder** in the sidebar, or start the app with it:"
OWN_LOGS_COMMAND = f"{PROGRAM} path/to/logs"
NO_FOLDER = "Can't open the log folder"
NOTHING_THERE = "No runs found"
NOTHING_THERE_WAY_OUT = (
    "Enter another folder or URL under Log folder in the sidebar, or let a training write its event files there."
)
NO_FOLDER_WAY_OUT = (
    "Enter another one under Log folder in the sidebar. A relative path starts from where the app was started."
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
    return f"Searched {place} for the logs of trainings."
