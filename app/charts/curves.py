"""Curves: train and validation on one axes, and what is known of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

import altair as alt

from app.charts.layers import KNOWN, box, clock, cursor, dot, framed, halo, horizontal, layered, vertical, zoom
from app.charts.look import DASHES, INK, LINES, NEUTRAL, SIDES, TRIAL_SIDES, Ends, Spec, Theme

# the trial's lines have a place in the legend only while there are some; the specification stays the same
NAMED = alt.expr(f"length(data('trial')) ? {[*SIDES, *TRIAL_SIDES]} : {[*SIDES]}")

# on a phone, the name of a trial takes the room of the best point's label
CROWDED = "width < 440 && length(data('trial'))"

# the point that the pointer is nearest to: what is under the pointer is a cell around it
POINT = "(datum.datum || datum)"


def _dimmed(opacity: float, dim: float) -> Any:
    """An opacity that steps back while a trial is drawn over the run."""
    return alt.expr(f"length(data('trial')) ? {dim} : {opacity}")


@dataclass(frozen=True)
class CurvesLook:
    """How the chart of a run looks; ``x`` and ``y`` are the titles of its axes.

    With ``timed`` the horizontal axis counts milliseconds since the run began. ``ends`` is the part of both axes to
    show; drawing a ``box`` with the mouse asks for another.
    """

    x: str
    y: str
    theme: Theme
    timed: bool = False
    log: bool = False
    higher_is_better: bool = False
    height: int = 380
    ends: tuple[Ends, Ends] = (None, None)

    @property
    def outline(self) -> CurvesLook:
        """The same with placeholders for what differs from metric to metric and from zoom to zoom."""
        x, y = (None if part is None else (f"{{{axis}0}}", f"{{{axis}1}}") for axis, part in self._parts)
        return replace(self, y="{y}", ends=(x, y))  # type: ignore[arg-type]

    @property
    def _parts(self) -> Iterator[tuple[str, Ends]]:
        return zip("xy", self.ends, strict=True)

    def filled(self, outline: str) -> Spec:
        """A specification that was made for the ``outline``, as JSON: making one takes a tenth of a second."""
        ends = {f"{axis}{end}": part[end] for axis, part in self._parts if part is not None for end in (0, 1)}
        for name, value in {"y": self.y, **ends}.items():
            outline = outline.replace(f'"{{{name}}}"', json.dumps(value))
        spec: Spec = json.loads(outline)
        return spec


@lru_cache(256)
def curves_spec(look: CurvesLook) -> Spec:
    """Train and validation on one axes, the gap shaded, best and onset marked.

    Its data: ``lines`` and behind them ``raw``, what they are smoothed from; ``trial``, another run's lines, and their
    ``ends``; ``lone``, the points of which no line can be drawn; ``gap``, what is shaded; ``points``, ``marks``;
    ``extent``, what is shown, and ``beyond``, what leaves that; under these names.
    """
    return look.filled(_outline(look.outline))


@cache
def _outline(look: CurvesLook) -> str:
    return json.dumps(layered(curves_layers(look), look.height))


def curves_layers(look: CurvesLook, panel: str = "") -> list[alt.Chart]:
    """The layers of that chart, where it is one of several as the ``panel`` of that name."""
    rising: dict[str, Any] = {"log": look.log, "ends": look.ends[1], "panel": panel, "together": True}
    at, place = horizontal(look.x, timed=look.timed, ends=look.ends[0], together=True), "x:T" if look.timed else "x:Q"
    up, theme = vertical(look.y, **rising), look.theme
    gap = (
        alt.Chart(alt.NamedData("gap"))
        .transform_filter("isValid(datum.low) && isValid(datum.high)")
        .mark_area(opacity=_dimmed(0.16, 0.07), color=NEUTRAL, clip=True, aria=False)
        .encode(x=at, y=vertical(look.y, "low", **rising), y2="high:Q")
    )
    return [
        framed(at, up),
        gap,
        _line("raw", at, up, theme, strokeWidth=1, opacity=_dimmed(0.35, 0.15)),
        _line("lines", at, up, theme, strokeWidth=2, opacity=_dimmed(1, 0.45)).add_params(zoom(with_box=True), box()),
        _line("trial", at, up, theme, strokeWidth=2.2),
        dot(_sided("lone", at, up, theme)),
        *_markers(theme, place, higher_is_better=look.higher_is_better),
        *_beyond(theme, place, f"{panel}_y" if panel else "y", higher_is_better=look.higher_is_better),
        *_ends(theme, place),
        _reader(look.x, place, timed=look.timed),
    ]


def _line(data: str, x: alt.X, y: alt.Y, theme: Theme, **style: Any) -> alt.Chart:
    """Lines; what they show is said once, as Vega would write a sentence for each of their points."""
    return _sided(data, x, y, theme).mark_line(clip=True, description="Training and validation", **style)


def _sided(data: str, x: alt.X, y: alt.Y, theme: Theme) -> alt.Chart:
    """Data by side, each with its color and dash."""
    names = [*SIDES, *TRIAL_SIDES]
    train, val, other = LINES[theme]
    key = alt.Legend(
        orient="top",
        title=None,
        values=NAMED,
        columns=alt.expr("width < 440 ? 2 : 4"),
        offset=6,
        padding=0,
        symbolType="stroke",
        symbolOpacity=1,
        symbolSize=260,
        symbolStrokeWidth=2.5,
    )
    return alt.Chart(alt.NamedData(data)).encode(
        x=x,
        y=y,
        color=alt.Color("side:N").scale(domain=names, range=[train, val, other, other]).legend(key),
        strokeDash=alt.StrokeDash("side:N").scale(domain=names, range=DASHES * 2).legend(key),
    )


def _markers(theme: Theme, x: str, *, higher_is_better: bool) -> list[alt.Chart]:
    """The onset's rule and the best point with their labels: always there, unseen while nothing is known."""
    marks = alt.Chart(alt.NamedData("marks"))
    best, onset = (marks.transform_filter(f"datum.kind === '{kind}'") for kind in ("best", "onset"))
    style: dict[str, Any] = {"color": INK[theme], "opacity": KNOWN, "clip": True}
    top, bottom = (alt.value(4), "top", 0), (alt.value("height"), "bottom", -6)
    beside = (alt.Y("y:Q"), alt.expr("datum.above ? 'bottom' : 'top'"), alt.expr("datum.above ? -9 : 9"))
    return [
        onset.mark_rule(strokeDash=[2, 3], strokeWidth=1.5, **style).encode(x=x),
        best.mark_point(size=90, strokeWidth=2, filled=False, **style).encode(x=x, y="y:Q"),
        *_label(onset, theme, x, *(bottom if higher_is_better else top)),
        *_label(best, theme, x, *beside, opacity=alt.expr(f"{CROWDED} ? 0 : {KNOWN.to_dict()['expr']}")),
    ]


def _label(
    mark: alt.Chart, theme: Theme, x: str, y: Any, baseline: Any, dy: Any, *, color: str = "", opacity: Any = KNOWN
) -> list[alt.Chart]:
    """A label beside its mark."""
    style: dict[str, Any] = {
        "align": alt.expr("datum.align"),
        "dx": alt.expr("datum.align === 'left' ? 7 : -7"),
        "dy": dy,
        "baseline": baseline,
        "fontSize": 12,
        "fontWeight": 600,
        "opacity": opacity,
        "clip": True,
    }
    return halo(mark.encode(x=x, y=y, text="label:N"), theme, color=color or INK[theme], **style)


def _beyond(theme: Theme, x: str, scale: str, *, higher_is_better: bool) -> list[alt.Chart]:
    """To where training goes on, at the edge over which it leaves what is shown; unseen once it is all shown."""
    beyond = alt.Chart(alt.NamedData("beyond"))
    outside = f"domain('{scale}')[1] < datum.y" if higher_is_better else f"domain('{scale}')[0] > datum.y"
    edge = (alt.value(4), "top", 0) if higher_is_better else (alt.value("height"), "bottom", -5)
    return _label(beyond, theme, x, *edge, color=LINES[theme][0], opacity=alt.expr(f"{outside} ? 1 : 0"))


def _ends(theme: Theme, x: str) -> list[alt.Chart]:
    """What each validation line is called, at its end, while a trial is drawn over the run."""
    color = alt.expr(f"datum.trial ? '{LINES[theme][2]}' : '{INK[theme]}'")
    style: dict[str, Any] = {"align": alt.expr("datum.align"), "fontSize": 12, "fontWeight": 600, "clip": True}
    placed = {"dy": alt.expr("datum.above ? -8 : 9"), "baseline": alt.expr("datum.above ? 'bottom' : 'top'")}
    ends = alt.Chart(alt.NamedData("ends")).encode(x=x, y="y:Q", text="label:N")
    return halo(ends, theme, color=color, **style, **placed)


def _reader(title: str, x: str, *, timed: bool) -> alt.Chart:
    """A rule under the pointer with the numbers of the nearest step, those of the lines that are there."""
    names = {
        "train": SIDES[0],
        "val": SIDES[1],
        "gap": "Gap",
        "trial_train": TRIAL_SIDES[0],
        "trial_val": TRIAL_SIDES[1],
    }
    where = clock(f"{POINT}.x") if timed else f"format({POINT}.x, ',.6~r')"
    numbers = ", ".join(
        f"isValid({POINT}.{field}) ? {{'{name}': format({POINT}.{field}, '.4g')}} : {{}}"
        for field, name in names.items()
    )
    tooltip = alt.expr(f"merge({{'{title}': {where}}}, {numbers})")
    return cursor(x, tooltip)
