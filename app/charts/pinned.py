"""Pinned: series of a run below its main chart, along one axis, with one cursor through all of them."""

from __future__ import annotations

import json
from functools import cache, lru_cache
from typing import Any, NamedTuple

import altair as alt

from app.charts.curves import CurvesLook, curves_layers
from app.charts.frames import pin_field
from app.charts.layers import LABELS, cursor, halo, horizontal, lone
from app.charts.look import DASHES, INK, LINES, NUMBER, SHARE, SIDES, Spec, Theme

HEIGHT = 76  # of a panel
PAD = {"left": 0, "top": 4, "right": 8, "bottom": 0}


class Pin(NamedTuple):
    """A pinned series: what stands above it, its lines by name, and whether it is a share."""

    title: str
    sides: tuple[str, ...]
    percent: bool = False


@lru_cache(256)
def pinned_spec(look: CurvesLook, pins: tuple[Pin, ...]) -> Spec:
    """``curves_spec`` with a small panel below it for each of ``pins``; all zoom together along the horizontal axis.

    Its data are those of ``curves_spec`` and for each pin ``pin0``, ``pin1``, ..., its lines; ``points`` has the values
    of each at its points, under ``pin_field``.
    """
    return look.filled(_outline(look.outline, pins))


@cache
def _outline(look: CurvesLook, pins: tuple[Pin, ...]) -> str:
    main = alt.layer(*curves_layers(look, "concat_0")).properties(height=look.height)
    below = [_panel(place, pin, look) for place, pin in enumerate(pins)]
    return json.dumps(below_one_another([panel.to_dict(validate=False) for panel in (main, *below)]))


def below_one_another(panels: list[Spec]) -> Spec:
    """Panels along one axis; what is selected under the same name in several of them is one selection."""
    params: dict[str, dict[str, Any]] = {}
    for panel in panels:
        for param in panel["params"]:
            views = params.get(param["name"], {}).get("views", [])
            params[param["name"]] = param | {"views": [*views, *param["views"]]}
    return {
        "vconcat": [{key: panel[key] for key in ("layer", "height", "title") if key in panel} for panel in panels],
        "params": list(params.values()),
        "spacing": 4,
        "resolve": {"scale": {"x": "shared", "y": "independent", "color": "independent", "strokeDash": "independent"}},
        "padding": PAD,
        "autosize": {"type": "pad", "contains": "padding"},
        "config": panels[0]["config"],
    }


def _panel(place: int, pin: Pin, look: CurvesLook) -> alt.LayerChart:
    """One pinned series: its lines, the cursor, and above them its title with the values at the cursor."""
    at = horizontal(look.x, timed=look.timed, ends=look.ends[0], together=True, labels=False, ticks=False).title(None)
    across, theme = "x:T" if look.timed else "x:Q", look.theme
    sided = set(pin.sides) <= set(SIDES)
    names, colors = (SIDES, LINES[theme][:2]) if sided else (pin.sides, LINES[theme][:1])
    number = SHARE if pin.percent else NUMBER
    base = alt.Chart(alt.NamedData(f"pin{place}")).encode(
        x=at,
        y=alt.Y("y:Q")
        .title(None)
        .axis(tickCount=3, labelExpr=number, minExtent=LABELS, maxExtent=LABELS)
        .scale(zero=False),
        color=alt.Color("side:N", legend=None).scale(domain=list(names), range=list(colors)),
        strokeDash=alt.StrokeDash("side:N", legend=None).scale(domain=list(names), range=DASHES[: len(names)]),
    )
    line = base.mark_line(strokeWidth=1.7, clip=True)
    return alt.layer(
        line, lone(base), cursor(across, None, name=f"pin{place}"), *_values(place, pin, theme)
    ).properties(height=HEIGHT, title=alt.TitleParams(pin.title, anchor="start", fontSize=12, fontWeight=600, offset=2))


def _values(place: int, pin: Pin, theme: Theme) -> list[alt.Chart]:
    """What each line is at the cursor, at the panel's upper right end."""
    how = ".3~%" if pin.percent else ".4~g"
    values = {side: f"datum.{pin_field(place, number)}" for number, side in enumerate(pin.sides)}
    named = {side: f"'{side}' + ' ' + " if len(pin.sides) > 1 else "" for side in pin.sides}
    parts = (f"(isValid({value}) ? {named[side]}format({value}, '{how}') : '')" for side, value in values.items())
    written = " + '\u2003' + ".join(parts)
    style: dict[str, Any] = {
        "clip": False,
        "align": "right",
        "baseline": "bottom",
        "fontSize": 12,
        "fontWeight": 600,
        "dy": -4,
    }
    text = (
        alt.Chart(alt.NamedData("points"))
        .transform_filter({"param": "hover", "empty": False})
        .transform_calculate(value=written)
        .encode(x=alt.value("width"), y=alt.value(0), text="value:N")
    )
    return halo(text, theme, color=INK[theme], **style)
