"""Panels: several quantities of the same runs below one another, along one axis, with one cursor through all."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import altair as alt

from app.charts.compare import identity, shown
from app.charts.curves import POINT
from app.charts.layers import clock, cursor, framed, horizontal, lone, vertical, zoom
from app.charts.look import Spec, Theme
from app.charts.pinned import below_one_another

HEIGHT, FIRST = 130, 300  # of a panel, and of the first one


def value_field(panel: int, line: int) -> str:
    """The column of ``points`` with what a line of a panel is there."""
    return f"value{panel}_{line}"


@lru_cache(256)
def panels_spec(
    x: str,
    titles: tuple[str, ...],
    lines: tuple[tuple[str, int], ...],
    theme: Theme,
    *,
    colors: tuple[tuple[str, str], ...] = (),
    timed: bool = False,
    log: bool = False,
) -> Spec:
    """A panel for each of ``titles``, of which the first is the largest and may have a logarithmic scale.

    ``lines``, ``colors`` and the data of the first panel are those of ``overlay_spec``; the others have ``panel1``,
    ``panel2``, ... for their lines. ``points`` has the value of each line of each panel along ``x``, under
    ``value_field``, for the cursor.
    """
    chosen = alt.selection_point(name="chosen", fields=["side"], bind="legend")
    encoded = identity(lines, theme, dict(colors))
    last = len(titles) - 1
    panels = [
        _panel(place, title, x, lines, encoded, chosen, timed=timed, log=log and not place, labeled=place == last)
        for place, title in enumerate(titles)
    ]
    return below_one_another([panel.to_dict(validate=False) for panel in panels])


def _panel(
    place: int,
    title: str,
    x: str,
    lines: tuple[tuple[str, int], ...],
    encoded: tuple[alt.Color, alt.StrokeDash],
    chosen: alt.Parameter,
    *,
    timed: bool,
    log: bool,
    labeled: bool,
) -> alt.LayerChart:
    """One quantity: its lines, the cursor, and its title above them; the last one has the numbers of the axis."""
    color, dash = encoded if place == 0 else (each.legend(None) for each in encoded)
    at = horizontal(x, timed=timed, together=True, labels=labeled, ticks=labeled).title(x if labeled else None)
    up, low = (
        vertical(title, field, log=log, panel=f"concat_{place}", together=place == 0).title(None)
        for field in ("y", "low")
    )
    base = alt.Chart(alt.NamedData(f"panel{place}" if place else "lines")).encode(
        x=at, y=up, color=color, strokeDash=dash
    )
    line = base.mark_line(strokeWidth=2, clip=True).encode(opacity=shown(chosen, 1, 0.15))
    layers = [line.add_params(zoom(), chosen).properties(name="first-lines"), *_behind(at, up, low, color, chosen)]
    return alt.layer(
        *([framed(at, up), *layers] if place == 0 else [line]),
        lone(base),
        cursor("x:T" if timed else "x:Q", _tooltip(place, x, lines, timed=timed), name=f"panel{place}"),
    ).properties(
        height=HEIGHT if place else FIRST,
        title=alt.TitleParams(title if place else "", anchor="start", fontSize=13, fontWeight=600, offset=4),
    )


def _behind(at: alt.X, up: alt.Y, low: alt.Y, color: alt.Color, chosen: alt.Parameter) -> list[alt.Chart]:
    """Of the first panel what its lines are smoothed from, the bands around means, and the best points."""
    raw, band, best = (alt.Chart(alt.NamedData(data)).encode(x=at, color=color) for data in ("raw", "bands", "bests"))
    return [
        band.mark_area(clip=True).encode(y=low, y2="high:Q", opacity=shown(chosen, 0.16, 0.03)),
        raw.mark_line(strokeWidth=1, clip=True).encode(y=up, opacity=shown(chosen, 0.3, 0.05)),
        best.mark_point(size=90, strokeWidth=2, filled=False, clip=True).encode(y=up, opacity=shown(chosen, 1, 0.15)),
    ]


def _tooltip(panel: int, x: str, lines: tuple[tuple[str, int], ...], *, timed: bool) -> Any:
    """Where the cursor is, and what each line is there, as an expression: a line that is not there is left out."""
    where = clock(f"{POINT}.x") if timed else f"format({POINT}.x, ',.6~r')"
    values = ((name, f"{POINT}.{value_field(panel, number)}") for number, (name, _) in enumerate(lines))
    numbers = (f"isValid({value}) ? {{{_quoted(name)}: format({value}, '.4~g')}} : {{}}" for name, value in values)
    return alt.expr(f"merge({{{_quoted(x)}: {where}}}, {', '.join(numbers)})")


def _quoted(text: str) -> str:
    """A text within an expression."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", " ")
    return f"'{escaped}'"
