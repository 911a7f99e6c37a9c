"""Table: the runs of a folder for a terminal, with reasons where there is room, or a line for each."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from diagnostics.logs.settings import contradictions_in_words
from diagnostics.report.advice import MOST_RUNS, next_change, next_in_words
from diagnostics.report.neutral import printable
from diagnostics.report.results import Advice, Advised, Result, on_their_own, worst_first
from diagnostics.report.run_names import short_names
from diagnostics.report.words import ATTENTION, VERDICTS, as_charted, attention, confidence
from diagnostics.seeds import Repeated
from diagnostics.verdict import Verdict

WIDE = 100  # columns from which the reasons stand in the table
EXPLAINED = 3  # runs whose reasons are given below the lines
GAP = 2  # columns between two of the lines' parts
LEAST_NAME = 16
STYLES = {
    Verdict.DIVERGED: "bold red",
    Verdict.NOT_LEARNING: "bold red",
    Verdict.OVERFITTING: "bold yellow",
    Verdict.UNSTABLE: "yellow",
    Verdict.HEALTHY: "green",
    Verdict.IMPROVING: "cyan",
}
# how a person calls these, here or installed
TRY, APP = (
    ("python -m trainer try", "streamlit run app -- --logdir")
    if __name__.startswith("diagnostics.")
    else ("fitwatch try", "fitwatch")
)


def terminal() -> Console:
    """Standard output: coloured on a terminal unless ``NO_COLOR`` is set, else without any escape."""
    return Console(color_system=None if os.environ.get("NO_COLOR") else "auto", highlight=False)


def as_table(results: Iterable[Result], *, title: str) -> Table:
    """A row for each run with its reason, worst first, for a wide terminal."""
    table = Table(title=Text(printable(title)), title_justify="left", title_style="bold", header_style="bold")
    for heading in ("Run", "Verdict", "Sure"):
        table.add_column(heading, justify="right" if heading == "Sure" else "left", no_wrap=heading != "Run")
    for heading in ("Best val", "at", "Onset", "Points"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("Why", ratio=1, overflow="fold")
    for run, diagnosis in worst_first(results):
        table.add_row(
            Text(printable(run.name)),
            Text(VERDICTS[diagnosis.verdict].word, style=STYLES.get(diagnosis.verdict, "")),
            f"{diagnosis.confidence:.0%}",
            "" if diagnosis.best is None else f"{diagnosis.best.value:.4g}",
            "" if diagnosis.best is None else f"{run.unit} {diagnosis.best.step}",
            "" if diagnosis.onset_step is None else str(diagnosis.onset_step),
            str(run.points),
            _reason((run, diagnosis)),
        )
    return table


def as_lines(results: Iterable[Result], *, title: str, width: int | None) -> list[Text]:
    """A line for each run, worst first; names are shortened to fit into ``width`` columns, and whole for ``None``."""
    ordered = worst_first(results)
    cells = [_cells(result) for result in ordered]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    room = LEAST_NAME if width is None else max(LEAST_NAME, width - sum(widths) - GAP * len(widths))
    whole = {run.name: run.name for run, _ in ordered}
    names = whole if width is None else short_names(whole, most=room)
    lines = [Text(printable(title), style="bold")]
    for (run, diagnosis), parts in zip(ordered, cells, strict=True):
        padded = [part.ljust(wide + GAP) for part, wide in zip(parts, widths, strict=True)]
        name = printable(names[run.name])
        lines.append(Text.assemble((padded[0], STYLES.get(diagnosis.verdict, "")), *padded[1:], name))
    return lines


def explained(results: Iterable[Result], advice: Advice) -> dict[str, Text]:
    """The reasons of the runs that need attention most, and what to change in each, by the run's name."""
    needy = [result for result in worst_first(on_their_own(list(results), advice)) if result[1].verdict in ATTENTION]
    lines = {}
    for run, diagnosis in needy[:EXPLAINED]:
        next_step = next_in_words(advice.get(run.name, Advised()))
        line = Text.assemble((printable(run.name), "bold"), ": ", _reason((run, diagnosis)))
        lines[run.name] = line.append(f" {next_step}") if next_step else line
    return lines


def unjudged(results: Iterable[Result]) -> list[Text]:
    """Why runs have no verdict, each reason once and with the runs that it holds for."""
    reasons: dict[str, list[str]] = {}
    for run, diagnosis in results:
        if diagnosis.verdict is Verdict.NO_VALIDATION:
            reasons.setdefault(diagnosis.reason, []).append(run.name)
    most_runs_first = sorted(reasons.items(), key=lambda item: -len(item[1]))
    return [
        Text.assemble((printable(_names(runs)), "bold"), f": {printable(reason)}")
        for reason, runs in most_runs_first[:EXPLAINED]
    ]


def of_seeds(groups: Iterable[Repeated], results: Iterable[Result]) -> list[Text]:
    """A sentence for each group of runs that differ only by their seed."""
    units = {run.name: run.unit for run, _ in results}
    return [
        Text(
            f"{printable(', '.join(runs))} differ only by their seed. As one: "
            f"{VERDICTS[judged.diagnosis.verdict].word.lower()}, which {judged.agreeing:.0%} of them say alone. "
            f"{as_charted(printable(judged.diagnosis.reason), units[runs[0]])}"
        )
        for runs, judged in groups
    ]


def summary(results: Sequence[Result], advice: Advice, *, logdir: str, program: str) -> list[Text]:
    """How many runs need attention and why, and what to type next."""
    lines = [Text(attention(diagnosis.verdict for _, diagnosis in results), style="bold")]
    return [
        *lines,
        *(Text(printable(f"{what}: {command}")) for what, command in _next(results, advice, logdir, program)),
    ]


def next_command(results: Iterable[Result], advice: Advice, *, logdir: str, program: str) -> str:
    """What to type about the run that needs it most: a trial, or its advice as code; empty where there is nothing."""
    for run, _ in worst_first(on_their_own(list(results), advice)):
        advised = advice.get(run.name, Advised())
        if advised.confirmed is None and next_change(advised):
            folder = folder_of(run.name, logdir)
            own = "://" not in folder and Path(folder, "status.json").is_file()
            return f"{TRY} {shlex.quote(folder)}" if own else f"{program} {shlex.quote(folder)} --code pytorch"
    return ""


def print_lines(console: Console, lines: Iterable[RenderableType]) -> None:
    """Lines for a terminal, which wraps words, or for a pipe, in which each stays one line."""
    for line in lines:
        console.print(line, soft_wrap=not console.is_terminal)


def folder_of(name: str, logdir: str) -> str:
    """What to open for one run: its own folder, or ``logdir`` where it has none."""
    folder = logdir if name == "." else f"{logdir.rstrip('/')}/{name}"
    return folder if "://" in folder or Path(folder).is_dir() else logdir


def _next(results: Sequence[Result], advice: Advice, logdir: str, program: str) -> Iterator[tuple[str, str]]:
    if command := next_command(results, advice, logdir=logdir, program=program):
        yield "Next", command
    yield "See the curves", f"{APP} {shlex.quote(logdir)}"


def _names(runs: Sequence[str]) -> str:
    named, more = ", ".join(runs[:EXPLAINED]), len(runs) - EXPLAINED
    return f"{named} and {more} more" if more > 0 else named


def _cells(result: Result) -> tuple[str, str, str]:
    """Icon and verdict, how sure it is, and the best point."""
    (run, diagnosis), name = result, VERDICTS[result[1].verdict]
    best = diagnosis.best
    at = "" if best is None else f"{best.value:.4g} @ {run.unit} {best.step}"
    return f"{name.glyph} {name.word}", confidence(diagnosis), at


def _reason(result: Result) -> Text:
    run, diagnosis = result
    return Text(as_charted(printable(diagnosis.reason), run.unit))


def contradictions(results: Iterable[Result], logdir: str | Path) -> list[Text]:
    """A line for each strength that the log and a file beside it give differently, of the worst runs."""
    worst = [run for run, _ in worst_first(results)[:MOST_RUNS]]
    return [Text(printable(f"{run.name}: {line}")) for run in worst for line in contradictions_in_words(run, logdir)]
