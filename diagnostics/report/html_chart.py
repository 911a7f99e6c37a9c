"""HTML chart: both curves of a run as on its page, drawn once, for a browser of any width and for paper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

from diagnostics.curves import Curve, CurveError, align, downsample
from diagnostics.logs.run import Run
from diagnostics.report.close_up import CloseUp, close_up, leaves, log_by_default
from diagnostics.report.html_scale import Scale, Values, round_numbers
from diagnostics.report.words import GOES_ON, SIDES, metric, number
from diagnostics.run_diagnosis import RunDiagnosis

POINTS = 300  # of a line
SPARK_POINTS = 60
LABELS = {"close": "Validation", "linear": "Linear", "log": "Log"}  # what is shown: the close-up, or all on a scale
ARROWS = {False: "\u2193", True: "\u2191"}
ROOM = 0.08  # of the height, on either side of the lines, for the labels


def chart(run: Run, diagnosis: RunDiagnosis, name: str) -> str:
    """Both curves with the gap, the best point and the onset; empty where there is nothing to draw.

    A person may choose what is shown; ``name`` tells charts apart.
    """
    sides = [
        (side, curve) for side, curve in zip(("train", "val"), (run.train, run.val), strict=True) if curve is not None
    ]
    finite = np.concatenate([np.empty(0), *(curve.values[np.isfinite(curve.values)] for _, curve in sides)])
    if not len(finite):
        return ""
    parts = _parts(run, diagnosis, finite)
    default = "close" if "close" in parts else "log" if log_by_default(run, diagnosis) else "linear"
    choices = "".join(
        f'<input type="radio" name="{name}" id="{name}-{key}" class="{key}"{" checked" if key == default else ""}>'
        f'<label for="{name}-{key}">{LABELS[key]}</label>'
        for key in parts
    )
    plots = "".join(_plot(run, diagnosis, sides, part, key) for key, part in parts.items())
    legend = "".join(
        f'<span class="key {side}">{word}</span>'
        for side, word in zip(("train", "val"), SIDES, strict=True)
        if side in dict(sides)
    )
    title = f"<figcaption>{escape(metric(run.primary))} by {run.unit}</figcaption>"
    return f'<figure>{title}<div class="legend">{legend}</div>{choices if len(parts) > 1 else ""}{plots}</figure>'


def _parts(run: Run, diagnosis: RunDiagnosis, finite: Values) -> dict[str, CloseUp]:
    """What can be shown: the close-up, where there is one, and all on each scale that has a place for it."""
    parts = {} if (close := close_up(run, diagnosis)) is None else {"close": close}
    parts["linear"] = CloseUp(*_ends(finite))
    if finite.min() > 0 and finite.max() > finite.min():
        parts["log"] = CloseUp(*_ends(finite), log=True)
    return parts


def sparkline(run: Run, diagnosis: RunDiagnosis) -> str:
    """Both curves for a cell, as the chart first shows them, what lies beyond along the edge; empty without points."""
    sides = [
        (side, downsample(curve, SPARK_POINTS)) for side, curve in (("train", run.train), ("val", run.val)) if curve
    ]
    values = np.concatenate([np.empty(0), *(curve.values[np.isfinite(curve.values)] for _, curve in sides)])
    if len(values) < 2:
        return ""
    x = Scale(*_ends(np.concatenate([curve.steps for _, curve in sides])))
    y = Scale(*(close_up(run, diagnosis) or CloseUp(*_ends(values))), room=ROOM)
    inside = {side: Curve(curve.steps, np.clip(curve.values, y.low, y.high)) for side, curve in sides}
    paths = "".join(f'<path class="{side}" d="{_line(curve, x, y)}"/>' for side, curve in inside.items())
    return f'<svg class="spark" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">{paths}</svg>'


def _plot(run: Run, diagnosis: RunDiagnosis, sides: Sequence[tuple[str, Curve]], part: CloseUp, key: str) -> str:
    """One picture: lines in an SVG that stretches, and over it the words, which do not."""
    x = Scale(*_ends(np.concatenate([curve.steps for _, curve in sides])))
    y = Scale(*part, room=ROOM)
    grid = "".join(f'<line class="grid" x1="0" x2="100" y1="{at:.2f}" y2="{at:.2f}"/>' for at in _down(y, y.ticks()))
    lines = "".join(f'<path class="{side}" d="{_line(downsample(curve, POINTS), x, y)}"/>' for side, curve in sides)
    onset = diagnosis.onset_step
    at = 0.0 if onset is None else float(x(onset))
    rule = "" if onset is None else f'<line class="mark" x1="{at:.2f}" x2="{at:.2f}" y1="0" y2="100"/>'
    svg = f'<svg viewBox="0 0 100 100" preserveAspectRatio="none">{grid}{_gap(run, x, y)}{lines}{rule}</svg>'
    alt = escape(f"{metric(run.primary)} by {run.unit}, train and validation")
    words = "".join([*_ticks(x, y), *_marks(run, diagnosis, x, y), *(_beyond(run, part, x) if key == "close" else ())])
    return f'<div class="plot {key}" role="img" aria-label="{alt}">{svg}{words}</div>'


def _ticks(x: Scale, y: Scale) -> list[str]:
    """The numbers beside both axes."""
    rising, across = y.ticks(), round_numbers(x.low, x.high, whole=True)
    return [
        *(
            f'<span class="y" style="top:{at:.2f}%">{_tick(tick)}</span>'
            for tick, at in _placed(rising, _down(y, rising))
        ),
        *(f'<span class="x" style="left:{at:.2f}%">{_tick(tick)}</span>' for tick, at in _placed(across, x(across))),
    ]


def _placed(ticks: Sequence[float], places: Values) -> Iterator[tuple[float, float]]:
    return zip(ticks, places.tolist(), strict=True)


def _marks(run: Run, diagnosis: RunDiagnosis, x: Scale, y: Scale) -> list[str]:
    """The best point and the onset, each with its label on the side that has more room."""
    marks = []
    best, onset = diagnosis.best, diagnosis.onset_step
    if best is not None and np.isfinite(best.value) and (best.value > 0 or not y.log):
        left, (top,) = float(x(best.step)), _down(y, [best.value])
        side = "left" if left > 50 else "right"
        up = " up" if run.primary is not None and run.primary.higher_is_better else ""
        where = f'style="left:{left:.2f}%;top:{top:.2f}%"'
        marks.append(f'<span class="best {side}{up}" {where}><b>Best {number(best.value)}</b></span>')
    if onset is not None:
        left = float(x(onset))
        side = "left" if left > 50 else "right"
        label = f"Overfits from {run.unit} {onset}"
        marks.append(f'<span class="onset {side}" style="left:{left:.2f}%"><b>{label}</b></span>')
    return marks


def _beyond(run: Run, part: CloseUp, x: Scale) -> Iterator[str]:
    """To where training goes on, at the edge over which it leaves what is shown."""
    up = run.primary is not None and run.primary.higher_is_better
    if (gone := leaves(run.train, part[:2], higher_is_better=up)) is not None:
        left = float(x(gone.step))
        where = f'class="beyond {"left" if left > 50 else "right"}{" up" if up else ""}" style="left:{left:.2f}%"'
        yield f"<span {where}><b>{ARROWS[up]} {GOES_ON.format(number(gone.value))}</b></span>"


def _gap(run: Run, x: Scale, y: Scale) -> str:
    """What lies between the two lines, at validation's steps; nothing where they share none."""
    if run.train is None or run.val is None or not len(run.val):
        return ""
    try:
        fit = align(run.train, run.val)
    except CurveError:
        return ""
    at = np.searchsorted(run.val.steps, downsample(run.val, POINTS).steps)
    across, low, high = x(run.val.steps[at].astype(float)), _down(y, fit[at]), _down(y, run.val.values[at])
    there = np.isfinite(low) & np.isfinite(high)
    areas = []
    for stretch in np.split(np.arange(len(at)), np.flatnonzero(np.diff(there)) + 1):
        if len(stretch) > 1 and there[stretch[0]]:
            edge = [*zip(across[stretch], high[stretch], strict=True)]
            edge += [*zip(across[stretch], low[stretch], strict=True)][::-1]
            areas.append("M" + "L".join(f"{px:.2f} {py:.2f}" for px, py in edge) + "Z")
    return f'<path class="gap" d="{"".join(areas)}"/>'


def _line(curve: Curve, x: Scale, y: Scale) -> str:
    """One path; a value that cannot be drawn breaks it instead of being bridged."""
    path, pen = [], "M"
    for px, py in zip(x(curve.steps.astype(float)), _down(y, curve.values), strict=True):
        if not np.isfinite(py):
            pen = "M"
            continue
        path.append(f"{pen}{px:.2f} {py:.2f}")
        pen = "L"
    return "".join(path)


def _down(y: Scale, numbers: Sequence[float] | Values) -> Values:
    """Percent from the top."""
    return 100 - y(np.asarray(numbers, dtype=float))


def _tick(value: float) -> str:
    return f"{value:,.6g}" if value == 0 or 1e-3 <= abs(value) < 1e6 else f"{value:.3g}"


def _ends(numbers: NDArray[np.float64] | NDArray[np.int64]) -> tuple[float, float]:
    return float(numbers.min()), float(numbers.max())
