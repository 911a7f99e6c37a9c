"""Layers: the axes and layers that several charts are made of."""

from __future__ import annotations

from typing import Any

import altair as alt

from app.charts.look import NEUTRAL, NUMBER, PAPER, RULED, Ends, Spec, Theme

LABELS = 46  # pixels for the numbers beside a panel
KNOWN = alt.expr("datum.known ? 1 : 0")
EXTENT = "extent"  # a table of two rows, from where to where the data of all layers go


def clock(value: str, most: str = "") -> str:
    """The expression that writes milliseconds in one unit: the one that fits ``most`` of them, or the value itself."""
    most = most or value
    units = ((345_600_000, 86_400_000, "d"), (14_400_000, 3_600_000, "h"), (240_000, 60_000, "min"))
    whole = "".join(
        f"{most} >= {least} ? format({value} / {size}, ',.4~r') + ' {unit}' : " for least, size, unit in units
    )
    return f"({whole}format({value} / 1000, '.4~r') + ' s')"


def extent(field: str) -> dict[str, Any]:
    """A domain that all layers fill together: taken layer by layer, Vega warns of each that is empty."""
    return {"domain": [alt.expr(f"data('{EXTENT}')[{row}].{field}") for row in (0, 1)]}


def framed(x: alt.X, y: alt.Y) -> alt.Chart:
    """The layer without which Vega would not know of the extent: its corners, unseen."""
    return alt.Chart(alt.NamedData(EXTENT)).mark_point(opacity=0, size=0, aria=False).encode(x=x, y=y)


def horizontal(title: str, *, timed: bool = False, ends: Ends = None, together: bool = False, **more: Any) -> alt.X:
    """The axis that a run goes along: epochs, steps, or with ``timed`` milliseconds since it began.

    ``ends`` is the part of it to show, all of it by default; ``together`` is said of a chart with ``EXTENT``.
    """
    domain: dict[str, Any] = {"padding": 8} if ends is None else {"domain": list(ends)}
    domain = (extent("x") if together else {}) | domain
    look: dict[str, Any] = {"grid": False, "labelFlush": True, "labelOverlap": True, **more}
    if timed:
        at = alt.X("x:T").axis(labelExpr=clock("time(datum.value)", "time(domain('x')[1])"), **look)
        return at.title(title).scale(type="utc", nice=False, **domain)
    return alt.X("x:Q").title(title).axis(tickMinStep=1, format=",d", **look).scale(nice=False, **domain)


def vertical(
    title: str, field: str = "y", *, log: bool = False, ends: Ends = None, panel: str = "", together: bool = False
) -> alt.Y:
    """The axis of a quantity, which is above 0 where the scale is logarithmic; ``ends`` and ``together`` as above.

    A ``panel`` below or above others has room for its labels fixed, so that all stand along the same place.
    """
    room: dict[str, Any] = {"minExtent": LABELS, "maxExtent": LABELS} if panel else {}
    domain: dict[str, Any] = extent("y") if together else {}
    domain = domain if ends is None else {"domain": list(ends)}
    if log:
        rule = RULED.format(scale=f"{panel}_y" if panel else "y")
        ruled = alt.condition(rule, alt.value(1), alt.value(0))
        look = alt.Axis(
            labelExpr=f"{rule} ? {NUMBER} : ''", labelOverlap="greedy", gridOpacity=ruled, tickCount=6, **room
        )
        padding = 8 if ends is None else 0
        return alt.Y(f"{field}:Q", title=title, axis=look).scale(type="log", nice=False, padding=padding, **domain)
    up = alt.Y(f"{field}:Q").title(title).axis(labelExpr=NUMBER, tickCount=6, **room)
    return up.scale(zero=False, nice=ends is None, **domain)


def zoom(*, with_box: bool = False) -> alt.Parameter:
    """Zoom and pan, named and kept by Streamlit's widget state: an unnamed one loses the zoom at every tick.

    The wheel zooms only with Ctrl held: without it, it scrolls the page. Where dragging draws a box, Shift pans.
    """
    drag = f"[pointerdown{'[event.shiftKey]' if with_box else ''}, window:pointerup] > window:pointermove!"
    return alt.selection_interval(
        name="zoom", bind="scales", translate=drag, zoom="wheel![event.ctrlKey || event.metaKey]", clear="dblclick"
    )


def box() -> alt.Parameter:
    """A box to zoom into, drawn with the mouse; a finger scrolls the page."""
    mouse = "[!event.shiftKey && event.pointerType === 'mouse']"
    return alt.selection_interval(
        name="box",
        on=f"[pointerdown{mouse}, window:pointerup] > window:pointermove!",
        translate=False,
        zoom=False,
        clear="dblclick",
    )


def cursor(x: str, tooltip: Any, *, name: str = "main") -> alt.Chart:
    """A rule on the point that is nearest to the pointer, in every panel; ``name`` tells the panels apart."""
    hover = alt.selection_point(
        name="hover", nearest=True, on="pointermove", encodings=["x"], empty=False, clear="pointerout"
    )
    return (
        alt.Chart(alt.NamedData("points"))
        .mark_rule(color=NEUTRAL, clip=True, tooltip=tooltip, aria=False)
        .encode(x=x, opacity=alt.condition(hover, alt.value(0.9), alt.value(0)))
        .add_params(hover)
        .properties(name=f"cursor-{name}")
    )


def halo(mark: alt.Chart, theme: Theme, *, color: str, **style: Any) -> list[alt.Chart]:
    """Text twice: a halo in the page's color under it, so that it reads over a line."""
    under = mark.mark_text(stroke=PAPER[theme], strokeWidth=4, strokeJoin="round", aria=False, **style)
    return [under, mark.mark_text(color=color, **style)]


def layered(layers: list[alt.Chart], height: int) -> Spec:
    """The layers as one specification, as wide as its place."""
    whole = alt.layer(*layers).properties(height=height, padding={"left": 0, "top": 4, "right": 4, "bottom": 0})
    made: Spec = whole.to_dict(validate=False)  # the tests do, and it takes as long as the rest
    return made


def dot(points: alt.Chart, *, shown: Any = 1) -> alt.Chart:
    """A dot where a series has a single point, of which no line can be drawn: the first epoch is seen at once."""
    return points.mark_circle(size=60, opacity=shown, clip=True, aria=False)


def lone(line: alt.Chart) -> alt.Chart:
    """The dots of those series in the data of ``line`` that have a single point."""
    first = line.transform_joinaggregate(n="count()", groupby=["side"]).transform_window(
        place="row_number()", groupby=["side"]
    )
    return dot(first.transform_filter("datum.place === 1"), shown=alt.expr("datum.n === 1 ? 1 : 0"))
