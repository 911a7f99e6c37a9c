"""Dots: estimates with their intervals, one below the other, against a line at no effect."""

from __future__ import annotations

from functools import lru_cache

import altair as alt

from app.charts.look import INK, NEUTRAL, NUMBER, Spec, Theme

PERCENT = "(datum.value > 0 ? '+' : '') + format(datum.value, '.3~%')"
GOOD = {"light": "#0072B2", "dark": "#56B4E9"}
KINDS = ("better", "worse", "unclear")
ROW, AXIS = 34, 57  # pixels


@lru_cache(256)
def dots_spec(x: str, rows: int, theme: Theme, *, percent: bool = False) -> Spec:
    """One of ``rows`` for each name, with its value and its interval; ``x`` is the axis title.

    Its data: ``dots`` with ``name, value, low, high, kind, label``. Better and worse are filled, what cannot be told
    apart from no effect is hollow; an interval that is not known is missing.
    """
    row = alt.Chart(alt.NamedData("dots")).encode(
        y=alt.Y("name:N", sort=None, title=None).axis(labelLimit=190, ticks=False, domain=False, labelPadding=8),
        color=alt.Color("kind:N", legend=None).scale(domain=KINDS, range=[GOOD[theme], INK[theme], NEUTRAL]),
    )
    at = (
        alt.X("value:Q")
        .title(x)
        .axis(labelExpr=PERCENT if percent else NUMBER, tickCount=5, labelOverlap="greedy", titleAnchor="end")
    )
    text = alt.Tooltip("label:N", title="Effect")
    bar = row.mark_rule(strokeWidth=3, opacity=0.55).encode(x=alt.X("low:Q").title(x), x2="high:Q", tooltip=text)
    hollow = alt.condition("datum.kind === 'unclear'", alt.value(0), alt.value(1))
    dot = row.mark_point(size=110, strokeWidth=2, filled=False).encode(
        x=at, fill=alt.Fill("kind:N", legend=None), fillOpacity=hollow, opacity=alt.value(1), tooltip=text
    )
    shape = alt.Shape("kind:N", legend=None).scale(domain=KINDS, range=["circle", "triangle-up", "circle"])
    line = alt.Chart(alt.NamedData("dots")).mark_rule(color=NEUTRAL, strokeDash=[3, 3], aria=False)
    zero = line.encode(x=alt.datum(0))
    whole = alt.layer(zero, bar, dot.encode(shape=shape)).properties(
        height=ROW * rows + AXIS, padding={"left": 0, "top": 4, "right": 8, "bottom": 5}
    )
    made: Spec = whole.to_dict()
    return made
