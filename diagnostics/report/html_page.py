"""HTML report: a static copy of the app's pages, in one file that needs nothing else to be read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from html import escape
from pathlib import Path
from string import Template
from types import MappingProxyType

from diagnostics.diagnosis import Best
from diagnostics.logs.framework import framework_of
from diagnostics.recommend.snippets import own_first
from diagnostics.report import words
from diagnostics.report.advice import code_by_framework
from diagnostics.report.courses import course, courses
from diagnostics.report.html_chart import chart, sparkline
from diagnostics.report.neutral import printable
from diagnostics.report.results import URGENCY, Advice, Advised, Result, worst_first
from diagnostics.report.run_names import short_names
from diagnostics.report.to_do import in_short, things_to_do
from diagnostics.verdict import Verdict

TITLES = {"pytorch": "PyTorch", "lightning": "Lightning", "transformers": "transformers", "keras": "Keras"}
COLORS = {
    Verdict.DIVERGED: "red",
    Verdict.NOT_LEARNING: "red",
    Verdict.OVERFITTING: "orange",
    Verdict.UNSTABLE: "yellow",
    Verdict.PLATEAU: "violet",
    Verdict.IMPROVING: "blue",
    Verdict.HEALTHY: "green",
}
BOLD = re.compile(r"\*\*(.+?)\*\*")
BREAKS, BREAK = re.compile(r"([_/])"), r"\1<wbr>"  # after which a name may go on in the next line
NAME = 40  # characters
CHARTS = 3  # of a run, beside the one that the verdict is about
# heading -> whether it is one of numbers
COLUMNS = {"Run": False, "Verdict": False, "Sure": True, "Since": True, "Best": True, "At": True, "Points": True}
# nothing is loaded from anywhere, and nothing that a log says can change that
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"

PAGE = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="$policy">
<title>$title</title><style>
$style</style></head><body>
<h1>$title</h1>
<p>$attention</p>
<div class="runs"><table>
<thead><tr>$headings<th>Train, validation</th><th>Next</th></tr></thead>
<tbody>
$rows
</tbody></table></div>
$sections
<script>
$script</script></body></html>
""")


def as_html(results: Iterable[Result], *, title: str, advice: Advice = MappingProxyType({})) -> str:
    """One page for all runs, worst first: a table, then for each run its verdict, ``advice``, curves and signals.

    The page loads nothing from anywhere; all text of the log is escaped.
    """
    ordered = worst_first(results)
    here = Path(__file__)
    names = short_names([run.name for run, _ in ordered], most=NAME)
    rows = [
        _row(result, place, names[result[0].name], advice.get(result[0].name, Advised()))
        for place, result in enumerate(ordered, 1)
    ]
    sections = [
        _section(result, place, advice.get(result[0].name, Advised())) for place, result in enumerate(ordered, 1)
    ]
    return PAGE.substitute(
        policy=POLICY,
        title=_text(title),
        style=here.with_name("report.css").read_text(encoding="utf-8"),
        script=here.with_name("report.js").read_text(encoding="utf-8"),
        attention=words.attention(diagnosis.verdict for _, diagnosis in ordered),
        headings="".join(
            f'<th{" class=number" if numbers else ""}><button type="button">{heading}</button></th>'
            for heading, numbers in COLUMNS.items()
        ),
        rows="\n".join(rows),
        sections="\n".join(sections),
    )


def write_html(path: Path, results: Iterable[Result], *, title: str, advice: Advice = MappingProxyType({})) -> None:
    """Write the page of ``as_html`` to a file. Raises ``OSError``."""
    path.write_text(as_html(results, title=title, advice=advice), encoding="utf-8")


def _row(result: Result, place: int, name: str, advised: Advised) -> str:
    run, diagnosis = result
    best, unit = diagnosis.best, run.unit
    verdict = _verdict(diagnosis.verdict, words.VERDICTS[diagnosis.verdict].word)
    numbers = {
        "Sure": (words.confidence(diagnosis), f"{diagnosis.confidence:.4f}"),
        "Since": _number(diagnosis.onset_step, unit),
        "Best": ("", "") if best is None else (words.number(best.value), repr(best.value)),
        "At": _number(best and best.step, unit),
        "Points": _number(run.points, ""),
    }
    cells = "".join(
        f'<td class="number" data-label="{label}" data-value="{value}">{shown}</td>'
        for label, (shown, value) in numbers.items()
    )
    next_step = _text(_next(result, advised))
    return (
        f'<tr><td class="name" title="{_text(run.name)}" data-value="{_text(run.name)}">'
        f'<a href="#run-{place}">{BREAKS.sub(BREAK, _text(name))}</a></td>'
        f'<td class="word" data-value="{URGENCY.index(diagnosis.verdict)}">{verdict}</td>'
        f'{cells}<td>{sparkline(run, diagnosis)}</td><td class="advice" data-label="Next">{next_step}</td></tr>'
    )


def _next(result: Result, advised: Advised) -> str:
    """What to do next, in a few words, as the table of all runs says it."""
    run, diagnosis = result
    return in_short(advised.step, diagnosis, run.unit, advised.confirmed) or ""


def _section(result: Result, place: int, advised: Advised) -> str:
    run, diagnosis = result
    signals = "".join(
        f'<tr><td>{_text(k)}</td><td class="number">{v:.4g}</td></tr>' for k, v in diagnosis.signals.items()
    )
    damaged = "1 damaged record was" if run.skipped.records == 1 else f"{run.skipped.records} damaged records were"
    skipped = f'<p class="soft">{damaged} skipped.</p>' if run.skipped.records else ""
    code = "".join(
        f"<details><summary>The code in {escape(TITLES[name])}</summary><pre>{escape(lines)}</pre></details>"
        for name, lines in own_first(code_by_framework(advised), framework_of(run)).items()
    )
    return (
        f'<section><h2 id="run-{place}">{_text(run.name)}</h2><div class="strip"><div>{_answer(result)}</div>'
        f"<div>{_to_do(result, advised)}</div></div>"
        f"{chart(run, diagnosis, f'scale-{place}')}{_other_charts(result, place)}{_reasons(result, advised)}{code}"
        f"<details><summary>Signals</summary><table>{signals}</table></details>"
        f'<p class="soft">{_text(run.why[:1].upper() + run.why[1:])}.</p>{skipped}</section>'
    )


def _other_charts(result: Result, place: int) -> str:
    """The other quantities that were logged for both sides, an accuracy first, each with its own best."""
    run, diagnosis = result
    pairs = [pair for pair in run.pairs if pair is not run.primary and pair.train and pair.val]
    if run.train_on_val is not None:  # whose training side would be on another axis
        return ""
    charts = []
    for number, pair in enumerate(sorted(pairs, key=lambda pair: "acc" not in pair.name.lower())[:CHARTS]):
        shown = replace(run, primary=pair)
        own = course(shown.val, pair.name, higher_is_better=pair.higher_is_better)
        judged = replace(diagnosis, onset_step=None, best=None if own is None else Best(own.step, own.best))
        drawn = chart(shown, judged, f"scale-{place}-{number}")
        charts.append(f"<details><summary>{_text(words.title(pair.name))}</summary>{drawn}</details>" if drawn else "")
    return "".join(charts)


def _answer(result: Result) -> str:
    """The verdict, what it cost, and the numbers that decided it, as the page of a run begins."""
    run, diagnosis = result
    headline = _verdict(diagnosis.verdict, words.headline(diagnosis, run.unit))
    costs = words.costs(courses(run), words.metric(run.primary), diagnosis.verdict)
    overfits = diagnosis.verdict is Verdict.OVERFITTING and diagnosis.probability is not None
    lines = [
        f'<p class="verdict">{headline}</p>',
        f"<p>{_text(costs)}</p>" if costs else "",
        f"<p>{words.like_this(diagnosis.probability)}</p>" if overfits and diagnosis.probability is not None else "",
    ]
    return "".join(lines)


def _to_do(result: Result, advised: Advised) -> str:
    """What to do, the best first, as the page of a run says it."""
    lines = [BOLD.sub(r"<b>\1</b>", _text(line)) for line in things_to_do(*result, advised)]
    items = "".join(f"<li>{line}</li>" for line in lines)
    return f"<strong>{words.WHAT_TO_DO}</strong>" + (f"<ol>{items}</ol>" if len(lines) > 1 else f"<p>{lines[0]}</p>")


def _reasons(result: Result, advised: Advised) -> str:
    """The reason for each change, and where that is known from."""
    items = "".join(
        f"<li>{_text(words.as_charted(recommendation.why, result[0].unit))} "
        f'<span class="soft">{_text(recommendation.source)}</span></li>'
        for recommendation in advised.recommendations
    )
    reason = f"<p>{_text(words.as_charted(result[1].reason, result[0].unit))}</p>"
    return f"<h3>Why this verdict</h3>{reason}" + (f"<h3>Why these changes</h3><ol>{items}</ol>" if items else "")


def _verdict(verdict: Verdict, text: str) -> str:
    return f'<span class="{COLORS.get(verdict, "gray")}">{words.VERDICTS[verdict].glyph} {text}</span>'


def _number(value: int | None, unit: str) -> tuple[str, str]:
    """What a cell shows, and what it is sorted by."""
    return ("", "") if value is None else (f"{unit} {value}".strip(), str(value))


def _text(text: str) -> str:
    return escape(printable(text))
