"""Gauge: a share of a whole."""

from __future__ import annotations

from functools import cache
from typing import Any

import altair as alt

from app.charts.layers import KNOWN, layered
from app.charts.look import INK, NEUTRAL, Spec, Theme


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
    return layered([*layers, mark, text], height)
