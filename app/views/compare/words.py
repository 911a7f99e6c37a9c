"""Compare: the words of the page that lays runs over one another."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from itertools import takewhile
from typing import Any

from app.views.compare.lines import MOST, Quantity
from app.views.compare.settings import Change, Result
from app.wording import DASH, VERDICTS, Look, duration, number, sentence, title
from app.wording.charts import GAP, SERIES, TRAIN, VALIDATION, metric
from diagnostics import Run

COMPARE = "Compare"
PICK = "Runs"
PICK_HELP = "Runs picked on the Overview stand here; the first ten are drawn. The address keeps them."
PICK_EMPTY = "Choose runs to lay over one another"
NOTHING_PICKED = "Nothing to compare yet"
NOTHING_PICKED_WAY_OUT = (
    "Choose two or more runs above, or pick them on the Overview. Runs that differ by their seed alone can be drawn as "
    "one mean with its band."
)
OFFERED = "Often compared here"
ALL_SEEDS = "{} configurations over their seeds"
TOO_MANY = f"{{}} runs are picked; the first {MOST} are drawn, as more lines cannot be told apart."
GONE = "Not in this folder any more: {}."
WITHOUT_CURVES = "Nothing to draw yet: {}."
QUANTITY = "Quantity"
TOGETHER = "Mean over seeds"
TOGETHER_HELP = "Runs that differ by their seed alone are drawn as their mean, with one standard deviation around it."
LEFT_OUT = "Has no such values along this axis: {}."
MIXED = "These runs log different quantities, so their heights do not compare: {}."
CHART_HELP = (
    "Click a name to bring its line to the front, with Shift for several. Drag to move, Ctrl and wheel to zoom, "
    "double-click for all."
)
NOTHING_DRAWN = "None of these runs has this quantity along this axis. Choose another quantity or axis above."
BASE = "Against"
BASE_HELP = "The run that the others are compared with: the one before a change."
BASE_TITLE = "What the change did"
BASE_ALONE = "Choose a second run, and its difference to this one stands here with its interval."
CHANGE_AXIS = "Change of the best (left is better)"
CHANGES_ALT = "Change of the best validation value of each run against {}, with its 80 % interval"
KINDS = {
    "better": Look("Better", ":material/check_circle:", "green"),
    "worse": Look("Worse", ":material/cancel:", "orange"),
    "unclear": Look("Cannot be told apart", ":material/help:", "gray"),
}
BASES = {
    "samples": "80 % interval over the same {} validation samples in both.",
    "curves": "80 % interval from the jitter of the two curves alone; another seed may differ by more.",
    "seeds": "80 % interval from the spread of {} runs over their seeds.",
    "same seeds": "80 % interval from the differences seed by seed, over {} runs.",
    "none": "Too few points to say how much of it is chance.",
}
TABLE = "What differs, and what came of it"
TABLE_HELP = "Settings that are the same in all of these runs are left out. Click a name to open its run."
TABLE_ALT = "Each run with the settings that differ and its best value, gap, verdict, length and time"
SAME_SETTINGS = "Their logged settings are the same."
NO_SETTINGS = "Their logs say nothing of their settings, or name different ones."
RUN = "Run"
LAST_HELP = "Validation at the last point"
LENGTH_HELP = "How many epochs or steps it has"
SEEDS = re.compile(r"[-_./ ]*(seed|s)?[-_=./ ]*$")


def quantity(wanted: Quantity, runs: Sequence[Run]) -> str:
    """A quantity as a menu and an axis name it."""
    if wanted.kind == "gap":
        return GAP
    if wanted.kind == "tag":
        return SERIES[wanted.name][0] if wanted.name in SERIES else wanted.name
    pair = next((run.primary for run in runs if run.primary is not None), None)
    name = title(wanted.name) if wanted.name else metric(pair)
    return (VALIDATION if wanted.kind == "val" else TRAIN).format(name.lower())


def remarks(named: Mapping[str, Sequence[Run]], drawn: Collection[str], wanted: Quantity) -> list[str]:
    """What to know of the chart: which lines it lacks, and that it mixes quantities."""
    missing = [name for name in named if name not in drawn]
    metrics = sorted(
        {metric(run.primary).lower() for runs in named.values() for run in runs if run.primary is not None}
    )
    said = [LEFT_OUT.format(", ".join(missing))] if missing and drawn else []
    return said + ([MIXED.format(", ".join(metrics))] if len(metrics) > 1 and not wanted.name else [])


def bundle(names: Sequence[str], taken: Sequence[str] = ()) -> str:
    """The name of a line: the run's own, or what the names of several seeds begin with."""
    if len(names) == 1:
        return names[0]
    alike = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    stem = SEEDS.sub("", "".join(letters[0] for letters in alike))
    whole = f"{stem} ({len(names)} seeds)"
    return f"{names[0]} and others ({len(names)} seeds)" if not stem or whole in taken else whole


def pair(parent: str, trial: str) -> str:
    """A trial beside the run it is of."""
    folder = parent.rpartition("/")[0]
    return f"{parent} \u2192 {trial.removeprefix(f'{folder}/')}"


def setting(name: str) -> str:
    """A setting's name for a column: without the group that all regularizers stand in, and nothing twice."""
    parts = name.removeprefix("regularizers.").split(".")
    short = [part for place, part in enumerate(parts) if not place or part != parts[place - 1]]
    return ".".join(short).replace("_", " ")


def value(found: Any) -> str:
    """A setting's value for a cell."""
    if found is None:
        return DASH
    if isinstance(found, bool):
        return "yes" if found else "no"
    return f"{found:.6g}" if isinstance(found, float) else str(found)


def change(found: Change) -> str:
    """The difference with its interval in numbers."""
    size = f"{found.difference:+.1%}"
    return size if found.low is None or found.high is None else f"{size} ({found.low:+.1%} to {found.high:+.1%})"


def basis(found: Change) -> str:
    """What the interval rests on."""
    return BASES[found.basis].format(found.samples)


def bases(changes: Mapping[str, Change]) -> list[str]:
    """What the intervals rest on, a sentence each; with the runs' names where it is not the same for all."""
    named: dict[str, list[str]] = {}
    for name, found in changes.items():
        named.setdefault(basis(found), []).append(name)
    return list(named) if len(named) == 1 else [f"{', '.join(names)}: {said}" for said, names in named.items()]


def refused(base: str, reasons: Mapping[str, str]) -> str:
    """Which runs cannot be compared with the base; why, in the words of the first."""
    return f"Cannot be compared with {base}: {', '.join(reasons)}. {sentence(next(iter(reasons.values())))}"


def verdicts(found: Result) -> list[str]:
    """The verdicts of a line's runs for a cell."""
    return [f"{VERDICTS[verdict].glyph} {VERDICTS[verdict].word}" for verdict in found.verdicts]


def best(found: Result) -> str:
    """The best value, with its deviation over seeds."""
    return number(found.best) if found.spread is None else f"{number(found.best)} \u00b1 {found.spread:.2g}"


def took(found: Result) -> str:
    """How long it took."""
    return DASH if found.minutes is None else duration(found.minutes)


def chart_alt(what: str) -> str:
    """The chart for those who do not see it; fixed, as it must not change with the data."""
    return f"{what} of the picked runs over one another; the table below has their numbers"
