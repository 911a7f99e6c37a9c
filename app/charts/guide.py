"""Guide: the pictures of its page: pixels, lines in few words, bars."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import altair as alt
import numpy as np
from numpy.typing import NDArray

from app.charts.layers import halo, horizontal, layered
from app.charts.look import INK, NEUTRAL, NUMBER, Spec, Theme

PAPER_RGB, INK_RGB, LEFT_OUT_RGB = (245, 247, 250), (0, 58, 110), (213, 94, 0)
SIDE = 240  # pixels of the longer side of a tile, more than are shown: it stays sharp
# what is there without a regularizer is gray; then blue, orange and green, each with a dash of its own
COLORS = {
    "light": [NEUTRAL, "#0072B2", "#C25400", "#00805C"],
    "dark": [NEUTRAL, "#56B4E9", "#F0A04B", "#2CC295"],
}
DASHES = [[1, 0], [2, 2], [1, 0], [7, 3]]


def pixels(tile: Sequence[Sequence[int | None]]) -> NDArray[np.uint8]:
    """A tile as ``(height, width, 4)`` bytes: light to dark by shade, orange what was left out, clear what is not."""
    shades = np.array([[np.nan if shade is None else shade for shade in row] for row in tile], dtype=float)
    ink = np.clip(np.nan_to_num(shades), 0, 99)[..., np.newaxis] / 99
    seen = np.array(PAPER_RGB) * (1 - ink) + np.array(INK_RGB) * ink
    seen = np.where(np.isnan(shades)[..., np.newaxis], LEFT_OUT_RGB, seen)
    clear = np.where(shades == -1, 0, 255)[..., np.newaxis]
    times = max(1, SIDE // max(shades.shape))
    return np.concatenate([seen, clear], axis=2).astype(np.uint8).repeat(times, axis=0).repeat(times, axis=1)


@lru_cache(256)
def lines_spec(
    x: str, y: str, names: tuple[str, ...], theme: Theme, *, log: bool = False, marked: bool = False, height: int = 280
) -> Spec:
    """Up to four named lines; its data: ``lines``, and where ``marked`` also ``marks``, rules at ``x`` with a label."""
    scale = alt.Scale(type="log", nice=False) if log else alt.Scale(zero=False)
    key = alt.Legend(orient="top", title=None, symbolType="stroke", symbolOpacity=1, symbolSize=260, columns=4)
    scale_of_sides = {"domain": names, "range": COLORS[theme][: len(names)]}
    line = (
        alt.Chart(alt.NamedData("lines"))
        .mark_line(strokeWidth=2, clip=True)
        .encode(
            x=horizontal(x, tickCount=5),
            y=alt.Y("y:Q").title(y).axis(tickCount=5, labelExpr=NUMBER).scale(scale),
            color=alt.Color("side:N").scale(**scale_of_sides).legend(key),
            strokeDash=alt.StrokeDash("side:N").scale(domain=names, range=DASHES[: len(names)]).legend(key),
            tooltip=[
                alt.Tooltip("side:N", title=" "),
                alt.Tooltip("x:Q", title=x, format=",d"),
                alt.Tooltip("y:Q", title=y, format=".4g"),
            ],
        )
    )
    return layered([line, *(_rules(theme) if marked else [])], height)


def _rules(theme: Theme) -> list[alt.Chart]:
    """A dotted rule at each mark, and its label."""
    marks = alt.Chart(alt.NamedData("marks")).encode(x="x:Q")
    label = marks.encode(text="label:N")
    style = {"align": "left", "baseline": "top", "dx": 6, "y": 4, "fontSize": 12, "fontWeight": 600}
    return [
        marks.mark_rule(strokeDash=[2, 3], strokeWidth=1.5, color=INK[theme]),
        *halo(label, theme, color=INK[theme], **style),
    ]


@lru_cache(256)
def bars_spec(x: str, y: str, names: tuple[str, ...], theme: Theme, *, height: int = 200) -> Spec:
    """A bar for each place of one or two named series, side by side. Its data: ``bars``."""
    key = alt.Legend(orient="top", title=None) if len(names) > 1 else None
    bar = (
        alt.Chart(alt.NamedData("bars"))
        .mark_bar(cornerRadiusTopLeft=2, cornerRadiusTopRight=2)
        .encode(
            x=alt.X("x:O").title(x).axis(labelAngle=0),
            xOffset=alt.XOffset("side:N").sort(names),
            y=alt.Y("y:Q").title(y).axis(tickCount=5, labelExpr=NUMBER),
            color=alt.Color("side:N").scale(domain=names, range=COLORS[theme][2 - len(names) : 2]).legend(key),
            tooltip=[alt.Tooltip("side:N", title=" "), alt.Tooltip("x:O", title=x), alt.Tooltip("y:Q", title=y)],
        )
    )
    return layered([bar], height)
