"""Charts: specifications that never change between two ticks, and the data that does."""

# ruff: noqa: PD011 - the values of a Curve, not of a frame

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Literal

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.wording import number
from diagnostics import Curve, CurveError, Diagnosis, Run
from diagnostics.curves import align

Spec = dict[str, Any]
Theme = Literal["light", "dark"]

LIMIT = 1000
SPARK_POINTS = 60
SIDES = ("Train", "Validation")
DASHES = [[1, 0], [6, 3]]
NEUTRAL = "#7C8794"
# text and rules over a chart: at least 4.5:1 on the page's background
INK = {"light": "#9A4A00", "dark": "#F0A04B"}
PAPER = {"light": "#FFFFFF", "dark": "#11151B"}


def thin(curve: Curve, limit: int = LIMIT) -> Curve:
    """At most ``limit`` points: both ends, and the lowest and the highest of each stretch, so that no peak is lost.

    A stretch without a finite value keeps one point, so that a hole in a line stays a hole.
    """
    if len(curve) <= limit:
        return curve
    stretches = max(limit // 2 - 1, 1)
    width = -(-len(curve) // stretches)
    padded = np.full(stretches * width, np.nan)
    padded[: len(curve)] = _holes(curve.values)
    table, starts = padded.reshape(stretches, width), np.arange(stretches) * width
    lowest = starts + np.argmin(np.where(np.isnan(table), np.inf, table), axis=1)
    highest = starts + np.argmax(np.where(np.isnan(table), -np.inf, table), axis=1)
    keep = np.unique(np.concatenate([[0, len(curve) - 1], lowest, highest]).clip(0, len(curve) - 1))
    return Curve(curve.steps[keep], curve.values[keep], None if curve.wall_times is None else curve.wall_times[keep])


def spark(curve: Curve | None, points: int = SPARK_POINTS) -> list[float]:
    """The finite values of a curve, few enough for a table cell."""
    if curve is None:
        return []
    values = thin(curve, points).values
    return [float(value) for value in values[np.isfinite(values)]]


def lines(sides: Mapping[str, Curve | None]) -> pd.DataFrame:
    """Named curves as rows of ``x, y, side``; what is not finite becomes a hole in the line."""
    parts = [(name, thin(curve)) for name, curve in sides.items() if curve is not None]
    return pd.DataFrame(
        {
            "x": np.concatenate([np.empty(0), *(curve.steps.astype(float) for _, curve in parts)]),
            "y": _holes(np.concatenate([np.empty(0), *(curve.values for _, curve in parts)])),
            "side": pd.Series([name for name, curve in parts for _ in range(len(curve))], dtype=str),
        }
    )


def points(train: Curve | None, val: Curve | None, *, higher_is_better: bool = False) -> pd.DataFrame:
    """Both sides at the same steps, ``x, train, val, gap``: what is shaded and what the pointer reads out.

    The gap is positive where validation is worse.
    """
    base = val if val is not None and len(val) else train
    if base is None:
        return pd.DataFrame({name: np.empty(0) for name in ("x", "train", "val", "gap")})
    shown = thin(base)
    fitted = shown.values if base is train else _fitted(train, base, shown)
    measured = shown.values if base is val else np.full(len(shown), np.nan)
    sign = -1.0 if higher_is_better else 1.0
    table = {"train": _holes(fitted), "val": _holes(measured)}
    return pd.DataFrame({"x": shown.steps.astype(float), **table, "gap": sign * (table["val"] - table["train"])})


def _fitted(train: Curve | None, val: Curve, shown: Curve) -> NDArray[np.float64]:
    if train is None or not len(train):
        return np.full(len(shown), np.nan)
    try:
        return align(train, val)[np.searchsorted(val.steps, shown.steps)]
    except CurveError:
        return np.full(len(shown), np.nan)


def marks(found: Diagnosis | None, last: float, unit: str) -> pd.DataFrame:
    """A row for the best point and one for the onset; what is not known has no position.

    A label stands on the side of its mark where the chart has more room, ``last`` being the chart's last step.
    """
    best = found.best if found is not None else None
    onset = found.onset_step if found is not None else None
    rows = [
        ("best", best and best.step, best and best.value, f"Best {number(best.value)}" if best else ""),
        ("onset", onset, None, f"Overfits from {unit} {onset}"),
    ]
    table = pd.DataFrame(rows, columns=["kind", "x", "y", "label"]).astype({"x": float, "y": float})
    return table.assign(align=np.where(table["x"] > 0.55 * last, "right", "left"))


def curves_data(run: Run, found: Diagnosis | None, unit: str) -> dict[str, pd.DataFrame]:
    """What ``curves_spec`` draws of a run."""
    better_up = run.primary is not None and run.primary.higher_is_better
    last = max((float(side.steps[-1]) for side in (run.train, run.val) if side is not None and len(side)), default=0)
    return {
        "lines": lines({"Train": run.train, "Validation": run.val}),
        "points": points(run.train, run.val, higher_is_better=better_up),
        "marks": marks(found, last, unit),
    }


def _holes(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.isfinite(values), values, np.nan)


@cache
def curves_spec(x: str, y: str, theme: Theme, *, higher_is_better: bool = False, height: int = 400) -> Spec:
    """Train and validation on one axes, the gap shaded, best and onset marked; ``x`` and ``y`` are the axes' titles.

    Its data: ``lines``, ``points`` and ``marks``, under these names.
    """
    at = _axis(x)
    side = alt.Legend(orient="top", title=None, symbolType="stroke", symbolSize=260, symbolStrokeWidth=2.5)
    gap = (
        alt.Chart(alt.NamedData("points"))
        .transform_filter("isValid(datum.train) && isValid(datum.val)")
        .mark_area(opacity=0.16, color=NEUTRAL, clip=True)
        .encode(x=at, y=alt.Y("train:Q").title(y).axis(format="~g").scale(zero=False), y2="val:Q")
    )
    line = (
        alt.Chart(alt.NamedData("lines"))
        .mark_line(strokeWidth=2, clip=True)
        .encode(
            x=at,
            y=alt.Y("y:Q").title(y).axis(format="~g").scale(zero=False),
            color=alt.Color("side:N").scale(domain=SIDES).legend(side),
            strokeDash=alt.StrokeDash("side:N").scale(domain=SIDES, range=DASHES).legend(side),
        )
        .add_params(_zoom())
    )
    return _spec([gap, line, *_markers(theme, higher_is_better=higher_is_better), _reader(x)], height)


def _zoom() -> alt.Parameter:
    """Named, and kept by Streamlit's widget state: an unnamed one loses the zoom at every tick.

    The wheel zooms only with Ctrl held: without it, it scrolls the page.
    """
    return alt.selection_interval(
        name="zoom", bind="scales", zoom="wheel![event.ctrlKey || event.metaKey]", clear="dblclick"
    )


def _markers(theme: Theme, *, higher_is_better: bool) -> list[alt.Chart]:
    """The onset's rule and the best point with their labels: always there, empty while nothing is known.

    Validation never passes beyond its best, so there the best label has room; the onset stands at the other end.
    """
    known = alt.Chart(alt.NamedData("marks")).transform_filter("isValid(datum.x)")
    best = known.transform_filter("datum.kind === 'best'")
    onset = known.transform_filter("datum.kind === 'onset'")
    above, below = ("bottom", -9), ("top", 9)
    top, bottom = (alt.value(4), "top", 0), (alt.value("height"), "bottom", -6)
    ring = best.mark_point(size=90, strokeWidth=2, filled=False, color=INK[theme], opacity=1, clip=True)
    rule = onset.mark_rule(strokeDash=[2, 3], strokeWidth=1.5, color=INK[theme], clip=True)
    return [
        rule.encode(x="x:Q"),
        ring.encode(x="x:Q", y="y:Q"),
        *_labels(onset, theme, *(bottom if higher_is_better else top)),
        *_labels(best, theme, alt.Y("y:Q"), *(above if higher_is_better else below)),
    ]


def _labels(base: alt.Chart, theme: Theme, y: Any, baseline: str, dy: int) -> list[alt.Chart]:
    """Each label twice: a halo in the page's colour under the text, so that it reads over a line."""
    made = []
    for side, dx in (("left", 7), ("right", -7)):
        there = base.transform_filter(f"datum.align === '{side}'")
        style = {"align": side, "dx": dx, "dy": dy, "baseline": baseline, "fontSize": 12, "fontWeight": 600}
        halo = there.mark_text(**style, stroke=PAPER[theme], strokeWidth=4, strokeJoin="round", clip=True)
        text = there.mark_text(**style, color=INK[theme], clip=True)
        made += [mark.encode(x="x:Q", y=y, text="label:N") for mark in (halo, text)]
    return made


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
    key = alt.Legend(orient="top", title=None, symbolType="stroke", columns=3, labelLimit=160) if legend else None
    scale = alt.Scale(domain=SIDES) if sided else alt.Undefined
    chart = (
        alt.Chart(alt.NamedData("lines"))
        .mark_line(strokeWidth=1.7, clip=True)
        .encode(
            x=_axis(x, tickCount=5),
            y=alt.Y("y:Q").title(None).axis(tickCount=4, format="%" if percent else "~g").scale(zero=False),
            color=alt.Color("side:N", sort=None, scale=scale, legend=key),
            tooltip=[
                alt.Tooltip("side:N", title="Series"),
                alt.Tooltip("x:Q", title=x, format=",d"),
                alt.Tooltip("y:Q", title="Value", format=".4g"),
            ],
        )
    )
    if sided:
        chart = chart.encode(strokeDash=alt.StrokeDash("side:N", legend=key).scale(domain=SIDES, range=DASHES))
    return _spec([chart], height)


def _axis(title: str, **more: Any) -> alt.X:
    look = {"tickMinStep": 1, "grid": False, "labelFlush": True, "labelOverlap": "greedy", **more}
    return alt.X("x:Q").title(title).axis(**look).scale(nice=False, padding=8)


def _spec(layers: list[alt.Chart], height: int) -> Spec:
    whole = alt.layer(*layers).properties(height=height, padding={"left": 0, "top": 4, "right": 4, "bottom": 0})
    made: Spec = whole.to_dict()
    return made
