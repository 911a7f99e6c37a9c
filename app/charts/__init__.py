"""Charts: specifications that never change between two ticks; ``frames`` makes the data that does."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

import altair as alt

Spec = dict[str, Any]
Theme = Literal["light", "dark"]

SIDES = ("Train", "Validation")
DASHES = [[1, 0], [6, 3]]
NEUTRAL = "#7C8794"
# text and rules over a chart: at least 4.5:1 on the page's background
INK = {"light": "#9A4A00", "dark": "#F0A04B"}
PAPER = {"light": "#FFFFFF", "dark": "#11151B"}
KNOWN = alt.expr("datum.known ? 1 : 0")
# how an axis writes a number: Vega's own choice is 2.5e+2 for 250 and 0.000000% for nothing
NUMBER = (
    "datum.value !== 0 && (abs(datum.value) >= 1e6 || abs(datum.value) < 1e-3)"
    " ? format(datum.value, '.3~e') : format(datum.value, ',.6~r')"
)
SHARE = "format(datum.value, '.3~%')"


@cache
def curves_spec(x: str, y: str, theme: Theme, *, higher_is_better: bool = False, height: int = 400) -> Spec:
    """Train and validation on one axes, the gap shaded, best and onset marked; ``x`` and ``y`` are the axes' titles.

    Its data: ``lines``, ``points`` and ``marks``, under these names.
    """
    at = _axis(x)
    side = alt.Legend(
        orient="top", title=None, symbolType="stroke", symbolOpacity=1, symbolSize=260, symbolStrokeWidth=2.5
    )
    gap = (
        alt.Chart(alt.NamedData("points"))
        .transform_filter("isValid(datum.train) && isValid(datum.val)")
        .mark_area(opacity=0.16, color=NEUTRAL, clip=True)
        .encode(x=at, y=alt.Y("train:Q").title(y).axis(labelExpr=NUMBER).scale(zero=False), y2="val:Q")
    )
    line = alt.Chart(alt.NamedData("lines")).encode(
        x=at,
        y=alt.Y("y:Q").title(y).axis(labelExpr=NUMBER).scale(zero=False),
        color=alt.Color("side:N").scale(domain=SIDES).legend(side),
    )
    dash = alt.StrokeDash("side:N").scale(domain=SIDES, range=DASHES).legend(side)
    lines = line.mark_line(strokeWidth=2, clip=True).encode(strokeDash=dash).add_params(_zoom())
    return _spec([gap, lines, _lone(line), *_markers(theme, higher_is_better=higher_is_better), _reader(x)], height)


def _lone(line: alt.Chart) -> alt.Chart:
    """A dot where a series has a single point, of which no line can be drawn: the first epoch is seen at once."""
    first = line.transform_joinaggregate(n="count()", groupby=["side"]).transform_window(
        place="row_number()", groupby=["side"]
    )
    shown = alt.expr("datum.n === 1 ? 1 : 0")
    return first.transform_filter("datum.place === 1").mark_circle(size=60, opacity=shown, clip=True)


def _zoom() -> alt.Parameter:
    """Named, and kept by Streamlit's widget state: an unnamed one loses the zoom at every tick.

    The wheel zooms only with Ctrl held: without it, it scrolls the page.
    """
    return alt.selection_interval(
        name="zoom", bind="scales", zoom="wheel![event.ctrlKey || event.metaKey]", clear="dblclick"
    )


def _markers(theme: Theme, *, higher_is_better: bool) -> list[alt.Chart]:
    """The onset's rule and the best point with their labels: always there, unseen while nothing is known."""
    marks = alt.Chart(alt.NamedData("marks"))
    best, onset = (marks.transform_filter(f"datum.kind === '{kind}'") for kind in ("best", "onset"))
    style: dict[str, Any] = {"color": INK[theme], "opacity": KNOWN, "clip": True}
    top, bottom = (alt.value(4), "top", 0), (alt.value("height"), "bottom", -6)
    beside = (alt.Y("y:Q"), alt.expr("datum.above ? 'bottom' : 'top'"), alt.expr("datum.above ? -9 : 9"))
    return [
        onset.mark_rule(strokeDash=[2, 3], strokeWidth=1.5, **style).encode(x="x:Q"),
        best.mark_point(size=90, strokeWidth=2, filled=False, **style).encode(x="x:Q", y="y:Q"),
        *_label(onset, theme, *(bottom if higher_is_better else top)),
        *_label(best, theme, *beside),
    ]


def _label(mark: alt.Chart, theme: Theme, y: Any, baseline: Any, dy: Any) -> list[alt.Chart]:
    """A label twice: a halo in the page's colour under the text, so that it reads over a line."""
    style: dict[str, Any] = {
        "align": alt.expr("datum.align"),
        "dx": alt.expr("datum.align === 'left' ? 7 : -7"),
        "dy": dy,
        "baseline": baseline,
        "fontSize": 12,
        "fontWeight": 600,
        "opacity": KNOWN,
        "clip": True,
    }
    halo = mark.mark_text(stroke=PAPER[theme], strokeWidth=4, strokeJoin="round", **style)
    text = mark.mark_text(color=INK[theme], **style)
    return [layer.encode(x="x:Q", y=y, text="label:N") for layer in (halo, text)]


def _reader(x: str) -> alt.Chart:
    """A rule under the pointer with the numbers of the nearest step."""
    hover = alt.selection_point(
        name="hover", nearest=True, on="pointermove", encodings=["x"], empty=False, clear="pointerout"
    )
    sides = {"train": SIDES[0], "val": SIDES[1], "gap": "Gap"}
    numbers = [alt.Tooltip(f"{name}:Q", title=title, format=".4g") for name, title in sides.items()]
    return (
        alt.Chart(alt.NamedData("points"))
        .mark_rule(color=NEUTRAL, clip=True)
        .encode(
            x="x:Q",
            opacity=alt.condition(hover, alt.value(0.9), alt.value(0)),
            tooltip=[alt.Tooltip("x:Q", title=x, format=",d"), *numbers],
        )
        .add_params(hover)
    )


@cache
def small_spec(x: str, *, height: int = 180, percent: bool = False, legend: bool = False, sided: bool = True) -> Spec:
    """One quantity over the run, a line for each side or layer; its data: ``lines``."""
    key = (
        alt.Legend(orient="top", title=None, symbolType="stroke", symbolOpacity=1, columns=3, labelLimit=160)
        if legend
        else None
    )
    scale = alt.Scale(domain=SIDES) if sided else alt.Undefined
    base = alt.Chart(alt.NamedData("lines")).encode(
        x=_axis(x, tickCount=5),
        y=alt.Y("y:Q").title(None).axis(tickCount=4, labelExpr=SHARE if percent else NUMBER).scale(zero=False),
        color=alt.Color("side:N", sort=None, scale=scale, legend=key),
        tooltip=[
            alt.Tooltip("side:N", title="Series"),
            alt.Tooltip("x:Q", title=x, format=",d"),
            alt.Tooltip("y:Q", title="Value", format=".4g"),
        ],
    )
    line = base.mark_line(strokeWidth=1.7, clip=True)
    if sided:
        line = line.encode(strokeDash=alt.StrokeDash("side:N", legend=key).scale(domain=SIDES, range=DASHES))
    return _spec([line, _lone(base)], height)


@cache
def gauge_spec(theme: Theme, *, height: int = 64) -> Spec:
    """A share filled in from 0 to 100 %, with a mark at what chance gives; its data: ``gauge``."""
    seen = alt.Chart(alt.NamedData("gauge"))
    whole = alt.Scale(domain=[0, 1], nice=False)
    ends: dict[str, Any] = {"cornerRadius": 4, "y": 34, "height": 16}
    track = seen.mark_bar(color=NEUTRAL, opacity=0.2, **ends).encode(
        x=alt.X("zero:Q")
        .scale(whole)
        .axis(format="%", values=[0, 0.5, 1], grid=False, title=None, tickSize=0, domain=False),
        x2="one:Q",
    )
    filled = seen.mark_bar(**ends).encode(
        x=alt.X("zero:Q").scale(whole),
        x2="now:Q",
        color=alt.condition("datum.alarm", alt.value(INK[theme]), alt.value(NEUTRAL)),
        tooltip=[alt.Tooltip("now:Q", format=".1%"), alt.Tooltip("chance:Q", format=".1%")],
    )
    mark = seen.mark_tick(thickness=2, size=26, color=INK[theme], opacity=KNOWN, y=34).encode(x="chance:Q")
    text = seen.mark_text(align="left", dx=-2, y=12, fontSize=12, color=INK[theme], opacity=KNOWN).encode(
        x="chance:Q", text="label:N"
    )
    layers = [layer.transform_calculate(zero="0", one="1") for layer in (track, filled)]
    return _spec([*layers, mark, text], height)


def _axis(title: str, **more: Any) -> alt.X:
    look = {"tickMinStep": 1, "grid": False, "labelFlush": True, "format": ",d", "labelOverlap": "greedy", **more}
    return alt.X("x:Q").title(title).axis(**look).scale(nice=False, padding=8)


def _spec(layers: list[alt.Chart], height: int) -> Spec:
    whole = alt.layer(*layers).properties(height=height, padding={"left": 0, "top": 4, "right": 4, "bottom": 0})
    made: Spec = whole.to_dict()
    return made
