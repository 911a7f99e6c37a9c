"""Compare: the words of the page that lays runs over one another."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from itertools import takewhile
from typing import Any

from app.views.compare.difference import Difference, Refusal
from app.views.compare.lines import MOST
from app.views.compare.quantity import Quantity
from app.views.compare.settings import Result
from app.wording import DASH, VERDICTS, Look, duration, number, rate, title
from app.wording.charts import GAP, SERIES, TRAIN, VALIDATION, metric
from diagnostics import Run
from diagnostics.report.words import lowered

COMPARE = "Compare"
PICK = "Runs"
PICK_HELP = (
    "You can also tick runs in the sidebar's list and on the Overview page. The first ten are drawn. The page's "
    "address keeps the selection."
)
PICK_EMPTY = "Choose runs to compare"
NOTHING_PICKED = "Nothing to compare yet"
NOTHING_PICKED_WAY_OUT = (
    "Choose two or more runs above or in the sidebar. Runs that differ only by their seed can be drawn as one mean "
    "with a band."
)
OFFERED = "Suggestions"
ALL_SEEDS = "{} configurations, averaged over seeds"
TOO_MANY = f"{{}} runs are selected. The first {MOST} are drawn, because more lines can't be told apart."
GONE = "No longer in this folder: {}."
WITHOUT_CURVES = "Nothing to draw yet: {}."
QUANTITY = "Quantity"
PINNED = "More charts below"
PINNED_EMPTY = "Add quantities"
TOGETHER = "Mean over seeds"
TOGETHER_HELP = "Runs that differ only by their seed are drawn as their mean, with a band of one standard deviation."
LEFT_OUT = "No values along this axis: {}."
MIXED = "These runs log different quantities, so their values can't be compared: {}."
CHART_HELP = (
    "Click a name to highlight its line; hold Shift to add others. Drag to pan, Ctrl+wheel to zoom, double-click to "
    "reset."
)
VALUE = "value"
NOTHING_DRAWN = "None of these runs has this quantity along this axis. Choose another quantity or axis above."
BASE = "Baseline"
BASE_HELP = "Choose the baseline: the run before the change. The others are compared with it."
BASE_TITLE = "Best value compared with"
BASE_ALONE = "Choose a second run to see how it differs from this one, with an interval."
CHANGE_AXIS = "Change (left is better)"
CHANGES_ALT = "Change in the best validation value of each run against {}, with its 80% interval"
KINDS = {
    "better": Look("Better", ":material/check_circle:", "green"),
    "worse": Look("Worse", ":material/cancel:", "orange"),
    "unclear": Look("No clear difference", ":material/help:", "gray"),
}
BASES = {
    "samples": "80% interval over the same {} validation samples in both runs.",
    "curves": "80% interval from the noise of the two curves alone; another seed may differ by more.",
    "seeds": "80% interval from the spread of {} runs over their seeds.",
    "same seeds": "80% interval from the differences seed by seed, over {} runs.",
    "none": "Too few points to say how much of this is chance.",
}
REFUSED = "Can't be compared with {}: {}."
REASONS = {
    "values": "Both runs need validation values.",
    "quantity": "They log different validation quantities: {}.",
    "seeds": "Too few of these runs have a best validation value.",
}
TABLE = "Settings and results"
TABLE_HELP = "Settings shared by all of these runs are left out. Click a name to open its run."
TABLE_ALT = "Each run with the settings that differ and its best value, gap, verdict, length and time"
SAME_SETTINGS = "Their logged settings are identical."
NO_SETTINGS = "No setting was found in all of these runs' logs, so settings cannot be compared."
RUN = "Run"
LAST_HELP = "Validation at the last point"
LENGTH_HELP = "How far the run went"
RATES = frozenset({"lr", "learning_rate", "eta"})
SEEDS = re.compile(r"[-_./ ]*(seed|s)?[-_=./ ]*$")


def quantity(quantity: Quantity, runs: Sequence[Run]) -> str:
    """A quantity as a menu and an axis name it; runs that are judged by different ones have values in common."""
    if quantity.kind == "gap":
        return GAP
    if quantity.kind == "tag":
        return SERIES[quantity.name][0] if quantity.name in SERIES else quantity.name
    metrics = metrics_of(runs) or [metric(None)]
    name = title(quantity.name) if quantity.name else next(iter(metrics)) if len(metrics) == 1 else VALUE
    return (VALIDATION if quantity.kind == "val" else TRAIN).format(lowered(name))


def metrics_of(runs: Sequence[Run]) -> list[str]:
    """What these runs are judged by, each once, however its letters are written."""
    names = [metric(run.primary) for run in runs if run.primary is not None]
    return list({name.lower(): name for name in names}.values())


def remarks(bundles: Mapping[str, Sequence[Run]], drawn: Collection[str], quantity: Quantity) -> list[str]:
    """What to know of the chart: which lines it lacks, and that it mixes quantities."""
    missing = [name for name in bundles if name not in drawn]
    metrics = [name.lower() for name in metrics_of([run for runs in bundles.values() for run in runs])]
    left_out = [LEFT_OUT.format(", ".join(missing))] if missing and drawn else []
    mixed = [MIXED.format(", ".join(sorted(metrics)))] if len(metrics) > 1 and not quantity.name else []
    return left_out + mixed


def bundle(names: Sequence[str], taken: Sequence[str] = ()) -> str:
    """The name of a line: the run's own, or what the names of several seeds begin with."""
    if len(names) == 1:
        return names[0]
    alike = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    stem = SEEDS.sub("", "".join(letters[0] for letters in alike))
    label = f"{stem} ({len(names)} seeds)"
    return f"{names[0]} and others ({len(names)} seeds)" if not stem or label in taken else label


def pair(parent: str, trial: str) -> str:
    """A trial beside the run it is of."""
    folder = parent.rpartition("/")[0]
    return f"{parent} \u2192 {trial.removeprefix(f'{folder}/')}"


def folder(name: str, count: int) -> str:
    """The runs of one folder, of which no more are drawn than can be told apart."""
    runs = f"all {count} runs" if count <= MOST else f"the worst {MOST} of {count} runs"
    return f"{name}: {runs}" if name else title(runs)


def setting(name: str) -> str:
    """A setting's name for a column: without the group that all regularizers stand in, and nothing twice."""
    parts = name.removeprefix("regularizers.").split(".")
    short = [part for place, part in enumerate(parts) if not place or part != parts[place - 1]]
    return ".".join(short).replace("_", " ")


def value(value: Any, name: str = "") -> str:
    """A setting's value for a cell."""
    if value is None:
        return DASH
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return rate(value) if name.rpartition(".")[2] in RATES else f"{value:.6g}"
    return str(value)


def change(result: Difference) -> str:
    """The change with its interval in numbers."""
    size, low, high = f"{result.change:+.1%}", result.low, result.high
    return size if low is None or high is None else f"{size} ({low:+.1%} to {high:+.1%})"


def basis(result: Difference) -> str:
    """What the interval rests on."""
    return BASES[result.basis].format(result.samples)


def bases(changes: Mapping[str, Difference]) -> list[str]:
    """What the intervals rest on, a sentence each; with the runs' names where it is not the same for all."""
    runs: dict[str, list[str]] = {}
    for name, result in changes.items():
        runs.setdefault(basis(result), []).append(name)
    return list(runs) if len(runs) == 1 else [f"{', '.join(names)}: {sentence}" for sentence, names in runs.items()]


def refused(base: str, refusals: Mapping[str, Refusal]) -> list[str]:
    """Which runs cannot be compared with the base and why, those with one reason together."""
    names: dict[Refusal, list[str]] = {}
    for name, refusal in refusals.items():
        names.setdefault(refusal, []).append(name)
    return [f"{REFUSED.format(base, ', '.join(group))} {_reason(refusal)}" for refusal, group in names.items()]


def _reason(refusal: Refusal) -> str:
    return REASONS[refusal.kind].format(", ".join(refusal.logged))


def verdicts(result: Result) -> list[str]:
    """The verdicts of a line's runs for a cell."""
    return [f"{VERDICTS[verdict].glyph} {VERDICTS[verdict].word}" for verdict in result.verdicts]


def best(result: Result) -> str:
    """The best value, with its deviation over seeds."""
    return number(result.best) if result.spread is None else f"{number(result.best)} \u00b1 {result.spread:.2g}"


def length(result: Result) -> str:
    """How far the runs went."""
    return f"{result.points:,.0f} {result.unit}{'' if result.points == 1 else 's'}"


def took(result: Result) -> str:
    """How long it took."""
    return DASH if result.minutes is None else duration(result.minutes)


def chart_alt(what: str) -> str:
    """The chart for those who do not see it; fixed, as it must not change with the data."""
    return f"{what} of the selected runs over one another; the table below has their numbers"
