"""Compare: several runs over one another, each told apart by its color and its dash."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple, get_args

import altair as alt

from app.charts.layers import clock, framed, horizontal, layered, lone, vertical, zoom
from app.charts.look import PALETTE, Spec, Theme


class LineStyle(NamedTuple):
    """How one line is told from the others."""

    color: str
    dash: tuple[int, int]


SOLID, DASHED = (1, 0), (6, 3)
# ten lines: the first five colors solid, the others dashed
LINE_STYLES = {
    theme: tuple(
        LineStyle(shades[theme], SOLID if place < 5 else DASHED) for place, shades in enumerate(PALETTE.values())
    )
    for theme in get_args(Theme)
}


@lru_cache(256)
def overlay_spec(
    x: str,
    y: str,
    lines: tuple[tuple[str, int], ...],
    theme: Theme,
    *,
    colors: tuple[tuple[str, str], ...] = (),
    timed: bool = False,
    log: bool = False,
    height: int = 420,
) -> Spec:
    """The ``lines`` (a name and a place among the ``LINE_STYLES`` each) over one another, some in ``colors`` of theirs.

    ``x`` and ``y`` are axis titles.

    Its data: ``lines`` and behind them ``raw``, what they are smoothed from; ``bands`` around means; ``bests``, which
    get a ring; and their ``extent``. A click on a name in the legend brings its line to the front.
    """
    at = horizontal(x, timed=timed, together=True)
    up = vertical(y, log=log, together=True)
    chosen = alt.selection_point(name="chosen", fields=["side"], bind="legend")
    color, dash = identity(lines, theme, dict(colors))
    raw, line, best = (
        alt.Chart(alt.NamedData(data)).encode(x=at, y=up, color=color) for data in ("raw", "lines", "bests")
    )
    band = alt.Chart(alt.NamedData("bands")).encode(
        x=at, y=vertical(y, "low", log=log, together=True), y2="high:Q", color=color
    )
    return layered(
        [
            framed(at, up),
            band.mark_area(clip=True).encode(opacity=shown(chosen, 0.16, 0.03)),
            raw.mark_line(strokeWidth=1, clip=True).encode(opacity=shown(chosen, 0.3, 0.05)),
            line.mark_line(strokeWidth=2, clip=True)
            .encode(strokeDash=dash, opacity=shown(chosen, 1, 0.15))
            .add_params(zoom(), chosen),
            lone(line),
            best.mark_point(size=90, strokeWidth=2, filled=False, clip=True).encode(opacity=shown(chosen, 1, 0.15)),
            _reader(line, x, y, timed=timed),
        ],
        height,
    )


def shown(chosen: alt.Parameter, opacity: float, otherwise: float) -> Any:
    """How opaque a mark is: less so while another line is chosen in the legend."""
    return alt.condition(chosen, alt.value(opacity), alt.value(otherwise))


def identity(
    lines: tuple[tuple[str, int], ...], theme: Theme, colors: Mapping[str, str]
) -> tuple[alt.Color, alt.StrokeDash]:
    """The color and the dash of each name, in one legend."""
    names, styles = [name for name, _ in lines], [LINE_STYLES[theme][place] for _, place in lines]
    shades = [colors.get(name, style.color) for name, style in zip(names, styles, strict=True)]
    key = alt.Legend(
        orient="top",
        title=None,
        symbolType="stroke",
        symbolOpacity=1,
        symbolSize=260,
        symbolStrokeWidth=2.5,
        columns=alt.expr("max(1, floor(width / 230))"),
        labelLimit=200,
    )
    return (
        alt.Color("side:N").scale(domain=names, range=shades).legend(key),
        alt.StrokeDash("side:N").scale(domain=names, range=[list(style.dash) for style in styles]).legend(key),
    )


def _reader(line: alt.Chart, x: str, y: str, *, timed: bool) -> alt.Chart:
    """A dot on the point that is nearest to the pointer, with whose it is and its numbers."""
    near = alt.selection_point(name="near", nearest=True, on="pointermove", empty=False, clear="pointerout")
    where = alt.Tooltip("since:N", title=x) if timed else alt.Tooltip("x:Q", title=x, format=",.6~r")
    if timed:
        line = line.transform_calculate(since=clock("datum.x"))
    return (
        line.mark_circle(size=80, clip=True)
        .encode(
            opacity=alt.condition(near, alt.value(1), alt.value(0)),
            tooltip=[alt.Tooltip("side:N", title="Run"), where, alt.Tooltip("y:Q", title=y, format=".4g")],
        )
        .add_params(near)
    )
