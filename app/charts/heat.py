"""Heat: one quantity of every layer over the run, as color."""

from __future__ import annotations

from functools import lru_cache

import altair as alt

from app.charts.layers import horizontal, layered
from app.charts.look import NUMBER, SHARE, Spec

ROW, AROUND = 24, 156  # pixels: of a layer, and of what stands above and below


@lru_cache(256)
def heat_spec(x: str, title: str, rows: int, *, percent: bool = False) -> Spec:
    """A row a layer in the order of the data, a column a stretch of the run; ``title`` says what color means.

    Its data: ``heat``, with a cell from ``x`` to ``x2`` that begins ``at`` a step, its ``layer``, its ``value`` and
    what was ``logged``.
    """
    key = alt.Legend(
        orient="top", title=title, titleLimit=320, titleOrient="top", titleFontWeight="normal",
        gradientLength=140, gradientThickness=10, labelExpr=SHARE if percent else NUMBER, tickCount=3,
    )  # fmt: skip
    cells = (
        alt.Chart(alt.NamedData("heat"))
        .mark_rect(clip=True, x2Offset=0.7)  # no seams between cells
        .encode(
            x=horizontal(x),
            x2="x2:Q",
            y=alt.Y("layer:N", sort=None, title=None).axis(
                labelLimit=110, labelOverlap=False, ticks=False, domain=False
            ),
            color=alt.Color("value:Q", legend=key).scale(scheme="viridis"),
            tooltip=[
                alt.Tooltip("layer:N", title="Layer"),
                alt.Tooltip("at:Q", title=x, format=",.6~r"),
                alt.Tooltip("logged:Q", title="Value", format=".4g"),
            ],
        )
    )
    return layered([cells], ROW * rows + AROUND)
