"""HTML report: a folder's verdicts and curves in one file that needs nothing else to be read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from diagnostics.curves import Curve, downsample
from diagnostics.recommend import Recommendation
from diagnostics.recommend.snippets import snippets_of
from diagnostics.report.advice import in_words
from diagnostics.report.results import Advice, Result, worst_first

TITLES = {"pytorch": "PyTorch", "lightning": "Lightning", "transformers": "transformers", "keras": "Keras"}
WIDTH, HEIGHT = 640, 240
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 12, 32
TICKS = 5

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>
:root {{ color-scheme: light dark;
  --ink: #1B2430; --soft: #5A6573; --line: #DFE4EA; --train: #0072B2; --val: #D55E00; }}
@media (prefers-color-scheme: dark) {{
  :root {{ --ink: #E6EAF0; --soft: #9AA6B5; --line: #2C3542; --train: #56B4E9; --val: #F0A04B; }} }}
body {{ font: 15px/1.5 system-ui, sans-serif; color: var(--ink); max-width: 60rem; margin: 2rem auto; }}
h1 {{ font-size: 1.6rem; }} h2 {{ font-size: 1.15rem; overflow-wrap: anywhere; }}
section {{ border: 1px solid var(--line); border-radius: .6rem; padding: 0 1.2rem 1rem; margin: 1rem 0; }}
.scroll, pre {{ overflow-x: auto; }} table {{ border-collapse: collapse; }}
td, th {{ padding: .3rem .8rem; border-bottom: 1px solid var(--line); text-align: left; }}
td.number {{ text-align: right; font-variant-numeric: tabular-nums; }}
svg {{ width: 100%; height: auto; }} svg text {{ font-size: 11px; fill: var(--soft); }}
.grid {{ stroke: var(--line); }} .mark {{ stroke: var(--soft); stroke-dasharray: 2 3; }}
.train, .val {{ fill: none; stroke-width: 2; }} .train {{ stroke: var(--train); }}
.val {{ stroke: var(--val); stroke-dasharray: 6 3; }} svg text.train {{ stroke: none; fill: var(--train); }}
svg text.val {{ stroke: none; fill: var(--val); }} .soft {{ color: var(--soft); }}
</style></head><body>
<h1>{title}</h1>
<div class="scroll"><table>
<tr><th>Run</th><th>Verdict</th><th>Sure</th><th>Best validation</th><th>at</th><th>Onset</th></tr>
{rows}</table></div>
{sections}
</body></html>
"""


def as_html(results: Iterable[Result], *, title: str, advice: Advice = MappingProxyType({})) -> str:
    """One page for all runs, worst first: a table, then for each run its sentence, ``advice``, curves and signals.

    The page loads nothing from anywhere; all text of the log is escaped.
    """
    ordered = worst_first(results)
    rows, sections = map(_row, ordered), (_section(result, advice.get(result[0].name, ())) for result in ordered)
    return PAGE.format(title=escape(title), rows="\n".join(rows), sections="\n".join(sections))


def write_html(path: Path, results: Iterable[Result], *, title: str, advice: Advice = MappingProxyType({})) -> None:
    """Write the page of ``as_html`` to a file. Raises ``OSError``."""
    path.write_text(as_html(results, title=title, advice=advice), encoding="utf-8")


def _row(result: Result) -> str:
    run, diagnosis = result
    best, onset = diagnosis.best, "" if diagnosis.onset_step is None else diagnosis.onset_step
    value, step = ("", "") if best is None else (f"{best.value:.4g}", best.step)
    numbers = f"{diagnosis.confidence:.0%}", value, step, onset
    cells = "".join(f'<td class="number">{number}</td>' for number in numbers)
    return f"<tr><td>{escape(run.name)}</td><td>{escape(diagnosis.verdict.value)}</td>{cells}</tr>"


def _section(result: Result, advice: Sequence[Recommendation]) -> str:
    run, diagnosis = result
    signals = "".join(
        f'<tr><td>{escape(k)}</td><td class="number">{v:.4g}</td></tr>' for k, v in diagnosis.signals.items()
    )
    skipped = f'<p class="soft">{run.skipped.records} damaged records were skipped.</p>' if run.skipped.records else ""
    return (
        f"<section><h2>{escape(run.name)}</h2>"
        f"<p><strong>{escape(diagnosis.verdict.value)}</strong>: {escape(diagnosis.reason)}</p>{_advice(advice)}"
        f"{_chart(run.train, run.val, diagnosis.onset_step, run.x_axis or 'step')}"
        f'<p class="soft">{escape(run.why)}</p>{skipped}'
        f"<details><summary>Signals</summary><table>{signals}</table></details></section>"
    )


def _advice(advice: Sequence[Recommendation]) -> str:
    """What to change, each with its reason and where that is known from."""
    items = "".join(
        f"<li><strong>{escape(in_words(recommendation))}</strong><br>{escape(recommendation.why)} "
        f'<span class="soft">{escape(recommendation.source)}</span></li>'
        for recommendation in advice
    )
    code = "".join(
        f"<details><summary>The code in {escape(TITLES[name])}</summary><pre>{escape(lines)}</pre></details>"
        for name, lines in snippets_of(advice).items()
    )
    return f"<ul>{items}</ul>{code}" if items else ""


def _chart(train: Curve | None, val: Curve | None, onset: int | None, x_title: str) -> str:
    """Both curves as an SVG picture, the onset as a dotted rule; empty when there is nothing to draw."""
    curves = [(name, curve) for name, curve in (("train", train), ("val", val)) if curve is not None and len(curve)]
    finite = [curve.values[np.isfinite(curve.values)] for _, curve in curves]
    if not curves or not sum(map(len, finite)):
        return ""
    x = _Axis(np.concatenate([curve.steps for _, curve in curves]), LEFT, WIDTH - RIGHT)
    y = _Axis(np.concatenate(finite), HEIGHT - BOTTOM, TOP)
    grid = "".join(
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>'
        f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{label:.3g}</text>'
        for label, at in y.ticks()
    ) + "".join(
        f'<text x="{at:.1f}" y="{HEIGHT - BOTTOM + 15}" text-anchor="middle">{label:.6g}</text>'
        for label, at in x.ticks()
    )
    lines = "".join(_line(name, downsample(curve, 1000), x, y) for name, curve in curves)
    mark = (
        ""
        if onset is None
        else '<line class="mark" x1="{0:.1f}" x2="{0:.1f}" y1="{1}" y2="{2}"/>'.format(
            x(np.array([onset]))[0], TOP, HEIGHT - BOTTOM
        )
    )
    legend = "".join(
        f'<text class="{name}" x="{WIDTH - RIGHT}" y="{TOP + 12 + 14 * i}" text-anchor="end">'
        f"{'train' if name == 'train' else 'validation'}</text>"
        for i, (name, _) in enumerate(curves)
    )
    title = f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 2}" text-anchor="middle">{x_title}</text>'
    label = f'role="img" aria-label="train and validation by {x_title}"'
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" {label}>{grid}{mark}{lines}{legend}{title}</svg>'


def _line(name: str, curve: Curve, x: _Axis, y: _Axis) -> str:
    """One path; a value that is not finite breaks it instead of being bridged."""
    path, pen = [], "M"
    for px, py, value in zip(x(curve.steps), y(curve.values), curve.values, strict=True):
        if not np.isfinite(value):
            pen = "M"
            continue
        path.append(f"{pen}{px:.1f} {py:.1f}")
        pen = "L"
    return f'<path class="{name}" d="{" ".join(path)}"/>'


class _Axis:
    """A linear map from the range of some numbers to pixels."""

    def __init__(self, numbers: NDArray[np.float64] | NDArray[np.int64], first: float, last: float) -> None:
        self.low, self.high = float(numbers.min()), float(numbers.max())
        self.first, self.last = first, last

    def __call__(self, numbers: NDArray[np.float64] | NDArray[np.int64]) -> NDArray[np.float64]:
        span = self.high - self.low
        share = (numbers - self.low) / span if span else np.full(len(numbers), 0.5)
        return np.asarray(self.first + share * (self.last - self.first))

    def ticks(self) -> list[tuple[float, float]]:
        values = np.linspace(self.low, self.high, TICKS if self.high > self.low else 1)
        return list(zip(values.tolist(), self(values).tolist(), strict=True))
