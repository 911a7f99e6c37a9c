"""Table: the runs of a folder for a terminal, with reasons where there is room, or a line for each."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from rich.box import SIMPLE_HEAD
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from diagnostics.commands import APP
from diagnostics.logs.settings import contradictions_in_words
from diagnostics.recommend import GivenSetup
from diagnostics.report.advice import MOST_RUNS, next_in_words
from diagnostics.report.neutral import printable
from diagnostics.report.next_command import BY_PROGRAM, first_check, next_command
from diagnostics.report.results import Advice, Advised, Result, on_their_own, worst_first
from diagnostics.report.run_names import by_folder, short_names
from diagnostics.report.words import ATTENTION, VERDICTS, as_charted, attention, confidence, number
from diagnostics.seeds import Repeated
from diagnostics.verdict import Verdict

WIDE = 130  # columns from which the table has room for reasons
EXPLAINED = 3  # runs whose reasons are given below the lines
GAP = 2  # columns between two of the lines' parts
LEAST_NAME, TABLE_NAME, NAME = 16, 28, 40  # characters of a name in a line, in the table, and in a sentence
HEADINGS = ("Verdict", "Sure", "Best validation")
Names = Mapping[str, str]
WHOLE: Names = MappingProxyType({})
STYLES = {
    Verdict.DIVERGED: "bold red",
    Verdict.NOT_LEARNING: "bold red",
    Verdict.OVERFITTING: "bold yellow",
    Verdict.UNSTABLE: "yellow",
    Verdict.HEALTHY: "green",
    Verdict.IMPROVING: "cyan",
}


def terminal() -> Console:
    """Standard output: colored on a terminal unless ``NO_COLOR`` is set, else without any escape."""
    return Console(color_system=None if os.environ.get("NO_COLOR") else "auto", highlight=False)


def as_table(results: Iterable[Result], *, title: str, logdir: str = "") -> Table:
    """A row for each run with its reason, worst first, for a wide terminal."""
    ordered = worst_first(results)
    names = short_names([run.name for run, _ in ordered], most=TABLE_NAME)
    table = Table(
        title=Text(printable(title)),
        title_justify="left",
        title_style="bold",
        header_style="bold",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    for heading in ("Run", *HEADINGS, "Since"):
        table.add_column(heading, no_wrap=True)
    table.add_column("Why", ratio=1, overflow="fold")
    for (run, diagnosis), (verdict, *rest) in zip(ordered, _cells(ordered), strict=True):
        since = "" if diagnosis.onset_step is None else f"{run.unit} {diagnosis.onset_step}"
        style = STYLES.get(diagnosis.verdict, "")
        name = printable(by_folder(names[run.name], logdir))
        table.add_row(Text(name), Text(verdict, style=style), *rest, since, _reason((run, diagnosis)))
    return table


def as_lines(results: Iterable[Result], *, title: str, width: int | None, logdir: str = "") -> list[Text]:
    """A line for each run, worst first; names are shortened to fit into ``width`` columns, and whole for ``None``."""
    ordered = worst_first(results)
    cells = _cells(ordered)
    widths = [max(map(len, column)) for column in zip(HEADINGS, *cells, strict=True)]
    room = LEAST_NAME if width is None else max(LEAST_NAME, width - sum(widths) - GAP * len(widths))
    whole = {run.name: run.name for run, _ in ordered}
    names = whole if width is None else short_names(whole, most=room)
    heading = [part.ljust(wide + GAP) for part, wide in zip(HEADINGS, widths, strict=True)]
    lines = [Text(printable(title), style="bold"), Text("".join([*heading, "Run"]), style="dim")]
    for (run, diagnosis), parts in zip(ordered, cells, strict=True):
        padded = [part.ljust(wide + GAP) for part, wide in zip(parts, widths, strict=True)]
        name = printable(by_folder(names[run.name], logdir))
        lines.append(Text.assemble((padded[0], STYLES.get(diagnosis.verdict, "")), *padded[1:], name))
    return lines


def explained(results: Iterable[Result], advice: Advice, names: Names = WHOLE) -> dict[str, Text]:
    """The reasons of the runs that need attention most, and what to change in each, by the run's name.

    One of each verdict comes first: runs of the same verdict mostly have the same reason. ``names`` has shorter names.
    """
    needy = [result for result in worst_first(on_their_own(list(results), advice)) if result[1].verdict in ATTENTION]
    firsts = {result[1].verdict: result[0].name for result in reversed(needy)}.values()
    chosen = sorted(needy, key=lambda result: result[0].name not in firsts)[:EXPLAINED]
    lines = {}
    for run, diagnosis in worst_first(chosen):
        next_step = next_in_words(advice.get(run.name, Advised()), diagnosis.verdict)
        name = printable(names.get(run.name, run.name))
        line = Text.assemble((name, "bold"), ": ", _reason((run, diagnosis)))
        lines[run.name] = line.append(f" {next_step}") if next_step else line
    return lines


def unjudged(results: Iterable[Result], names: Names = WHOLE) -> list[Text]:
    """Why runs have no verdict, each reason once and with the runs that it holds for, by their shorter ``names``."""
    reasons: dict[str, list[str]] = {}
    for run, diagnosis in results:
        if diagnosis.verdict is Verdict.NO_VALIDATION:
            reasons.setdefault(diagnosis.reason, []).append(names.get(run.name, run.name))
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


def summary(
    results: Sequence[Result], advice: Advice, *, logdir: str, program: str, given: GivenSetup | None = None
) -> list[Text]:
    """How many runs need attention and why, and what to type next."""
    lines = [Text(attention(diagnosis.verdict for _, diagnosis in results), style="bold")]
    next_steps = _next(results, advice, logdir, program, given)
    return [*lines, *(Text(printable(f"{what}: {command}")) for what, command in next_steps)]


def names_of(results: Iterable[Result], console: Console, logdir: str) -> Names:
    """What each run is called in a sentence: on a terminal as in the list above, in a pipe by its whole name."""
    names = [run.name for run, _ in results]
    shown = short_names(names, most=NAME) if console.is_terminal else {name: name for name in names}
    return {name: by_folder(short, logdir) for name, short in shown.items()}


def print_lines(console: Console, lines: Iterable[RenderableType]) -> None:
    """Lines for a terminal, which wraps words, or for a pipe, in which each stays one line."""
    for line in lines:
        console.print(line, soft_wrap=not console.is_terminal)


def _next(
    results: Sequence[Result], advice: Advice, logdir: str, program: str, given: GivenSetup | None
) -> Iterator[tuple[str, str]]:
    check = first_check(results, advice)
    if check is not None:
        yield f"Next for {by_folder(check[0], logdir)}", check[1]
    if command := next_command(results, advice, logdir=logdir, program=program, given=given):
        yield "Next" if check is None else "Then", command
    if BY_PROGRAM in command:
        yield "There", "write how your program is started, and its own options for these strengths"
    yield "See the curves", f"{APP} {shlex.quote(logdir)}"


def _names(runs: Sequence[str]) -> str:
    named, more = ", ".join(runs[:EXPLAINED]), len(runs) - EXPLAINED
    return f"{named} and {more} more" if more > 0 else named


def _cells(results: Sequence[Result]) -> list[tuple[str, str, str]]:
    """Icon and verdict, how sure it is, and the best point of each, the values below one another."""
    values = [number(diagnosis.best.value) if diagnosis.best else "" for _, diagnosis in results]
    before = max((len(value.partition(".")[0]) for value in values), default=0)
    aligned = [" " * (before - len(value.partition(".")[0])) + value for value in values]
    wide = max(map(len, aligned), default=0)
    cells = []
    for (run, diagnosis), value in zip(results, aligned, strict=True):
        name, best = VERDICTS[diagnosis.verdict], diagnosis.best
        at = "" if best is None else f"{value.ljust(wide)} @ {run.unit} {best.step}"
        cells.append((f"{name.glyph} {name.word}", confidence(diagnosis), at))
    return cells


def _reason(result: Result) -> Text:
    run, diagnosis = result
    return Text(as_charted(printable(diagnosis.reason), run.unit))


def contradictions(results: Iterable[Result], logdir: str | Path) -> list[Text]:
    """A line for each strength that the log and a file beside it give differently, of the worst runs."""
    worst = [run for run, _ in worst_first(results)[:MOST_RUNS]]
    lines = [(by_folder(run.name, str(logdir)), line) for run in worst for line in contradictions_in_words(run, logdir)]
    return [Text(printable(f"{name}: {line}")) for name, line in lines]
