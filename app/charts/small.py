"""Small: one quantity over a run, in little room."""

from __future__ import annotations

from functools import lru_cache

import altair as alt

from app.charts.layers import horizontal, layered, lone
from app.charts.look import DASHES, NUMBER, SHARE, SIDES, Spec

# as many names side by side as there is room for
FITTING = alt.expr("max(1, floor(width / 100))")


@lru_cache(256)
def small_spec(x: str, *, height: int = 180, percent: bool = False, legend: bool = False, sided: bool = True) -> Spec:
    """One quantity over the run, a line for each side or layer; its data: ``lines``."""
    key = (
        alt.Legend(orient="top", title=None, symbolType="stroke", symbolOpacity=1, columns=FITTING, labelLimit=160)
        if legend
        else None
    )
    scale = alt.Scale(domain=SIDES) if sided else alt.Undefined
    base = alt.Chart(alt.NamedData("lines")).encode(
        x=horizontal(x, tickCount=5),
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
    return layered([line, lone(base)], height)
