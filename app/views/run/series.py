"""Series: a small chart for every series of a run but those of the main one, which may be pinned below it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from app import actions, state, widgets
from app.charts import frames
from app.charts.small import small_spec
from app.folder.quantities import any_finite
from app.views.run import words
from app.wording import charts as chart_words
from app.wording import plain, title
from diagnostics import Curve, Key, Pair, Run
from diagnostics.logs.run import LAYER

PER_ROW = 3
MOST_PINNED = 4


CANARY = "accuracy/canary"
# what a card shows already, or its twin
CARDED = (
    *("weights/l2_norm", "weights/l1_norm", "weights/sparsity", "weights/zeros"),
    *("optim/update_norm", "optim/lr_sum"),
)


@dataclass(frozen=True)
class SmallChart:
    """A title, and a line for each side, layer or plain series."""

    title: str
    x: str
    lines: dict[str, Curve]
    about: str = ""
    percent: bool = False
    sided: bool = False
    series: str = ""  # what it is pinned by


def panel(run: Run) -> None:
    """Every other series, each with a button that pins it below the main chart."""
    charts, pinned = small_charts_of(run), state.pins()
    rows, start = -(-len(charts) // PER_ROW), 0
    for row in range(rows):
        size = -(-(len(charts) - start) // (rows - row))
        for place, column in enumerate(st.columns(size), start):
            with column, st.container(border=True, height="stretch"):
                chart = charts[place]
                small_chart(chart, key=f"small-{place}")
                if pinnable(run, chart):
                    pin_button(chart, pinned=chart.series in pinned)
        start += size


def pin_button(chart: SmallChart, *, pinned: bool) -> None:
    """Pins the series below the main chart, or lets it go."""
    look = words.UNPIN if pinned else words.PIN
    st.button(
        state.t(look.word),
        icon=look.icon,
        type="tertiary",
        key=f"pin-{chart.series}",
        on_click=actions.label,
        args=[lambda: state.pin(chart.series, pinned=not pinned)],
    )


def pin_box(run: Run) -> None:
    """Which series stand below the main chart, to change."""
    titles = {chart.series: chart.title for chart in small_charts_of(run) if pinnable(run, chart)}
    if not titles:
        return
    now = [series for series in state.pins() if series in titles]
    key = state.bound("pin-box", now)
    st.multiselect(
        state.t(words.PINNED),
        list(titles),
        key=key,
        format_func=lambda series: state.t(titles[series]),
        max_selections=max(MOST_PINNED, len(now)),
        on_change=state.by_hand(lambda: pin_only(state.typed(key), list(titles))),
    )


def pin_only(chosen: Sequence[str], among: Sequence[str]) -> None:
    """Pin these series alone; the buttons below the small charts say so, too."""
    actions.label(lambda: state.pin_only(chosen, among=among))
    state.draw_again()


def pinnable(run: Run, chart: SmallChart) -> bool:
    """Whether a series stands along the axis of the run."""
    return bool(chart.series) and not _goes_beyond(run, chart.lines)


def pinned(run: Run) -> list[SmallChart]:
    """The pinned series that this run has, in the order of pinning."""
    names = state.pins()
    charts = {chart.series: chart for chart in small_charts_of(run) if pinnable(run, chart)} if names else {}
    return [charts[name] for name in names if name in charts][:MOST_PINNED]


def small_chart(chart: SmallChart, *, key: str) -> None:
    """One quantity over the run."""
    st.markdown(f"**{plain(state.t(chart.title))}**", help=plain(state.t(chart.about)) if chart.about else None)
    spec = small_spec(chart.x, percent=chart.percent, legend=len(chart.lines) > 1, sided=chart.sided)
    widgets.chart(spec, {"lines": frames.lines(chart.lines)}, key=key, alt=f"{chart.title}, {chart.x}")


def small_charts_of(run: Run) -> list[SmallChart]:
    """Every series but the primary pair's and the layers': pairs, those known by name, the rest, those with a card."""
    pairs = [pair for pair in run.pairs if pair is not run.primary and pair.train and pair.val]
    paired = {key for pair in (*pairs, run.primary) if pair is not None for key in (pair.train, pair.val)}
    single = [key for key, curve in run.curves.items() if key not in paired and _has_chart(key, curve)]
    order = {tag: place for place, tag in enumerate(chart_words.SERIES)}
    single.sort(key=lambda key: (key.tag in CARDED, order.get(key.tag, len(order)), key))
    several = len({key.run for key in single}) > 1
    return [*(_pair(run, pair) for pair in pairs), *(_single(run, key, several=several) for key in single)]


def _has_chart(key: Key, curve: Curve) -> bool:
    """Whether a series outside the pairs has a chart of its own; a strength that never changes stands in the audit."""
    elsewhere = key.tag == CANARY or LAYER.fullmatch(key.tag) is not None
    constant = key.tag.startswith("strength/") and np.ptp(curve.values) == 0
    return not elsewhere and any_finite(curve) and not constant


def canaries(run: Run) -> SmallChart | None:
    """The accuracy on training samples with random labels; ``None`` where it was not logged."""
    key = next((key for key in run.curves if key.tag == CANARY and any_finite(run.curves[key])), None)
    if key is None:
        return None
    lines = {chart_words.CANARIES: run.curves[key]}
    return SmallChart(chart_words.CANARIES, axis_title(run, lines), lines, percent=True)


def _pair(run: Run, pair: Pair) -> SmallChart:
    sides = {"Train": pair.train, "Validation": pair.val}
    curves = {side: run.curves[key] for side, key in sides.items() if key is not None}
    tags = chart_words.both([key.tag for key in sides.values() if key is not None])
    return SmallChart(title(pair.name), axis_title(run, curves), curves, tags, sided=True, series=pair.name)


def _single(run: Run, key: Key, *, several: bool) -> SmallChart:
    name, about = chart_words.SERIES.get(key.tag, (key.tag, ""))
    folder = key.run.removeprefix(run.name).strip("/")
    curves = {name: run.curves[key]}
    heading = f"{name} ({folder})" if several and folder else name
    series, percent = f"{key.tag} ({folder})" if several and folder else key.tag, key.tag in chart_words.SHARES
    return SmallChart(heading, axis_title(run, curves), curves, about, percent=percent, series=series)


def axis_title(run: Run, curves: Mapping[str, Curve]) -> str:
    """The axis of the run, unless these curves count something else: their steps go far beyond the run's last."""
    return chart_words.axis("step" if _goes_beyond(run, curves) else run.unit)


def _goes_beyond(run: Run, curves: Mapping[str, Curve]) -> bool:
    sides = [side for side in (run.train, run.val) if side is not None and len(side)]
    last = max((int(side.steps[-1]) for side in sides), default=None)
    return last is not None and any(len(curve) and curve.steps[-1] > 2 * max(last, 1) for curve in curves.values())
