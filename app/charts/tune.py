"""Tune: a study's trials against each strength, over all strengths at once, and which strength matters."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import altair as alt

from app.charts.layers import halo, layered
from app.charts.look import INK, NEUTRAL, NUMBER, SHARE, Spec, Theme

KINDS = ("complete", "running", "pruned", "failed", "best")
CROSS = "M-.8,-.8L.8,.8M-.8,.8L.8,-.8"
STATE = "{complete: 'Complete', running: 'Running', pruned: 'Pruned', failed: 'Failed', best: 'Best trial'}[datum.kind]"
SHAPES = ("circle", "circle", CROSS, "triangle-down", "circle")
BLUE = {"light": "#0B6BB8", "dark": "#56B4E9"}
# from the best trial to the worst: what matters stands out from the page, the rest recedes
RAMP = {"light": ("#0B5FA5", "#7FA9CF", "#CBD5E0"), "dark": ("#8AD0FF", "#3F7BA6", "#2F3B49")}
ROW, AXIS = 30, 40  # pixels


@lru_cache(256)
def slice_spec(
    x: str,
    y: str,
    theme: Theme,
    *,
    span: tuple[float, float] | None = None,
    choices: tuple[str, ...] = (),
    log: bool = False,
    height: int = 230,
) -> Spec:
    """Each trial's value over one strength, the best ringed; ``x`` and ``y`` are axis titles.

    ``span`` is the range that is searched, ``choices`` what is instead of one. Its data: ``points``. A trial without a
    value is a tick at the bottom.
    """
    at: Any = alt.X("x:N").title(x).axis(labelAngle=0).scale(domain=choices)
    if span is not None:
        style: dict[str, Any] = {"labelExpr": NUMBER, "labelOverlap": "greedy", "labelFlush": True, "grid": False}
        style["values" if log else "tickCount"] = _decades(*span) if log else 5
        at = alt.X("x:Q").title(x).axis(**style)
        at = at.scale(domain=span, nice=False, padding=10, **({"type": "log"} if log else {}))
    return _layered(_trials(at, y, theme), height)


@lru_cache(256)
def course_spec(x: str, y: str, theme: Theme, *, height: int = 230) -> Spec:
    """Each trial's value one after another, over the best so far; its data: ``points`` and ``steps``."""
    at = alt.X("x:Q").title(x).axis(grid=False, format="d", tickMinStep=1, labelFlush=True, labelOverlap="greedy")
    at = at.scale(nice=False, padding=10)
    steps = alt.Chart(alt.NamedData("steps")).mark_line(
        interpolate="step-after", color=INK[theme], strokeWidth=1.6, opacity=0.8, clip=True
    )
    return _layered([steps.encode(x=at, y=alt.Y("y:Q").title(y)), *_trials(at, y, theme)], height)


def _trials(at: Any, y: str, theme: Theme) -> list[alt.Chart]:
    """The points of trials by their state, the best ringed, those without a value as ticks at the bottom."""
    up = alt.Y("y:Q").title(y).axis(labelExpr=NUMBER, tickCount=5).scale(zero=False, padding=8)
    tip = [
        alt.Tooltip("trial:Q", title="Trial"),
        alt.Tooltip("state:N", title="State"),
        alt.Tooltip("value:Q", title=y, format=".4g"),
        alt.Tooltip("params:N", title="With"),
    ]
    points = alt.Chart(alt.NamedData("points")).transform_calculate(state=STATE).encode(x=at, tooltip=tip)
    with_value = points.transform_filter("isValid(datum.y)").encode(y=up)
    colors = [BLUE[theme], BLUE[theme], NEUTRAL, NEUTRAL, INK[theme]]
    dots = (
        with_value.transform_filter("datum.kind !== 'best'")
        .mark_point(size=55, strokeWidth=1.6, clip=True)
        .encode(
            color=alt.Color("kind:N", legend=None).scale(domain=KINDS, range=colors),
            shape=alt.Shape("kind:N", legend=None).scale(domain=KINDS, range=SHAPES),
            fill=alt.condition("datum.kind === 'complete'", alt.value(BLUE[theme]), alt.value("transparent")),
            fillOpacity=alt.value(0.55),
            opacity=alt.value(0.9),
        )
    )
    best = with_value.transform_filter("datum.kind === 'best'")
    ring = best.mark_point(size=170, strokeWidth=2, filled=False, opacity=1, color=INK[theme])
    core = best.mark_point(size=60, filled=True, opacity=1, color=INK[theme])
    lost = points.transform_filter("!isValid(datum.y) && datum.kind !== 'running'").mark_tick(
        orient="vertical", color=NEUTRAL, size=10, thickness=2, y="height", yOffset=-5
    )
    return [dots, lost, core, ring]


def _layered(layers: list[alt.Chart], height: int) -> Spec:
    """The layers as one specification, with room for what hangs below the line of an axis title."""
    made = layered(layers, height)
    return {**made, "padding": {**made["padding"], "bottom": 5}}


def _decades(low: float, high: float) -> list[float]:
    """Where a logarithmic axis has its ticks: at every power of ten, and between them where these are few."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1,) if len(powers) > 3 else (1, 2, 5)
    return [float(f"{step}e{power}") for power in powers for step in steps if low <= float(f"{step}e{power}") <= high]


@lru_cache(256)
def curves_spec(x: str, y: str, theme: Theme, *, height: int = 260) -> Spec:
    """Each trial's validation along its training, pruned ones dashed and the best thick; its data: ``curves``."""
    at = alt.X("x:Q").title(x).axis(grid=False, labelFlush=True, labelOverlap="greedy")
    up = alt.Y("y:Q").title(y).axis(labelExpr=NUMBER, tickCount=5).scale(zero=False, padding=8)
    tip = [alt.Tooltip("trial:Q", title="Trial"), alt.Tooltip("state:N", title="State")]
    lines = (
        alt.Chart(alt.NamedData("curves"))
        .transform_calculate(state=STATE)
        .encode(x=at, y=up, detail="trial:Q", tooltip=tip)
    )
    pruned = lines.transform_filter("datum.kind === 'pruned' || datum.kind === 'failed'").mark_line(
        strokeWidth=1, strokeDash=[3, 3], color=NEUTRAL, opacity=0.7, clip=True
    )
    ended = lines.transform_filter("datum.kind === 'complete' || datum.kind === 'running'").mark_line(
        strokeWidth=1.4, color=BLUE[theme], opacity=0.55, clip=True
    )
    best = lines.transform_filter("datum.kind === 'best'").mark_line(strokeWidth=3, color=INK[theme], clip=True)
    return _layered([pruned, ended, best], height)


@lru_cache(256)
def parallel_spec(axes: tuple[str, ...], theme: Theme, *, height: int = 300) -> Spec:
    """A line a trial over all ``axes``, from the best trial to the worst in one color that fades, the best in another.

    Its data: ``paths`` and ``ends``. Pruned trials are dashed.
    """
    at = alt.X("axis:N").title(None).scale(type="point", domain=axes, padding=0.35)
    at = at.axis(labelAngle=0, labelLimit=110, grid=True, orient="top", domain=False, ticks=False, labelPadding=22)
    up = alt.Y("place:Q").axis(None).scale(domain=[-0.04, 1.04])
    tip = [alt.Tooltip("trial:Q", title="Trial"), alt.Tooltip("value:Q", title="Value", format=".4g")]
    lines = alt.Chart(alt.NamedData("paths")).encode(x=at, y=up, detail="trial:Q", tooltip=tip)
    order = alt.Color("rank:Q", legend=None).scale(domain=[0, 0.5, 1], range=list(RAMP[theme]))
    ended = lines.transform_filter("datum.kind === 'complete'").mark_line(strokeWidth=1.6, opacity=0.85)
    pruned = lines.transform_filter("datum.kind === 'pruned'").mark_line(
        strokeWidth=1, strokeDash=[3, 3], color=NEUTRAL, opacity=0.45
    )
    best = lines.transform_filter("datum.kind === 'best'").mark_line(
        strokeWidth=3, color=INK[theme], point=alt.OverlayMarkDef(color=INK[theme], filled=True, size=45)
    )
    ends = alt.Chart(alt.NamedData("ends")).encode(x=at, y=up, text="text:N")
    style: dict[str, Any] = {"fontSize": 11, "dy": alt.expr("datum.place ? -10 : 11")}
    labels = halo(ends, theme, color=NEUTRAL, **style)
    return _layered([pruned, ended.encode(color=order), best, *labels], height)


@lru_cache(256)
def importance_spec(rows: int, theme: Theme) -> Spec:
    """How much each strength decides; its data: ``importance`` with ``name, share``."""
    bars = alt.Chart(alt.NamedData("importance")).encode(
        y=alt.Y("name:N", sort=None, title=None).axis(labelLimit=150, ticks=False, domain=False, labelPadding=8),
        x=alt.X("share:Q").title(None).scale(domain=[0, 1]).axis(labelExpr=SHARE, tickCount=4, grid=False),
        tooltip=[alt.Tooltip("name:N", title="Strength"), alt.Tooltip("share:Q", title="Share", format=".0%")],
    )
    bar = bars.mark_bar(color=BLUE[theme], cornerRadiusEnd=3, height={"band": 0.6})
    text = bars.mark_text(align="left", dx=6, color=NEUTRAL).encode(text=alt.Text("share:Q", format=".0%"))
    return _layered([bar, text], ROW * rows + AXIS)
