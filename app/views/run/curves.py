"""Curves: the main chart of a run, and a small one for every other series of its log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pandas as pd
import streamlit as st

from app import controls, ranges, state, widgets
from app.charts import extents, frames, overlay
from app.charts.axes import Values, View, axes
from app.charts.curves import CurvesLook, curves_spec
from app.charts.overlay import Overlay
from app.charts.pinned import Pin, pinned_spec
from app.charts.thinning import smoothed
from app.folder.quantities import marked, metrics, with_metric
from app.views.run import answer_words, heights, series, trials, words
from app.views.run.context import RunContext
from app.widgets import SharedTables
from app.wording import charts as chart_words
from app.wording import plain, title
from diagnostics import Pair, Run

FEW = 3  # metrics that stand side by side


def panel(context: RunContext, run: Run) -> None:
    """The chart, drawn by itself once somebody looks at it in another way.

    Not on a page that is still drawn anew: where a tick met such a part, the browser could be left with the old chart.
    """

    def draw() -> None:
        chart(context, run)

    if context.live:
        draw()
    else:
        st.fragment(draw)()


def chart(context: RunContext, run: Run) -> None:
    """One metric of training and validation with what is known of it, and over it a trial where there is one."""
    entry = context.entry
    shown = shown_metric(run)
    assert shown.primary is not None
    pair = shown.primary
    with st.container(border=True, gap="small", key="chart"):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="chart-controls"):
            metric_choice(run, pair)
            st.space("stretch")
            part = heights.part(context, shown)
            view = controls.view(
                axes(run, context.setup.steps if context.setup else None),
                log=heights.log(context, shown, part),
                metric=pair.name,
                more=lambda: more_choices(run, close=part is not None),
            )
        over = trials.overlay(context, pair.name, view.axis.kind)
        window = ranges.holding(ranges.window(view.axis.kind, pair.name), all_lines(shown, view, over))
        height = heights.height(context, shown, window, over, log=view.log)
        status(context, lambda: heights.buttons(window, close=part is not None, log=view.log))
        metric = chart_words.metric(pair)
        pinned = series.pinned(run)
        look = CurvesLook(
            chart_words.AXIS_TITLES[view.axis.kind],
            chart_words.LOG_SCALE.format(metric) if view.log else metric,
            state.theme(),
            timed=view.axis.kind == "time",
            log=view.log,
            higher_is_better=pair.higher_is_better,
            ends=window.ends,
        )
        pins = tuple(Pin(plot.title, tuple(plot.lines), plot.percent) for plot in pinned)
        spec = pinned_spec(look, pins) if pins else curves_spec(look)
        data = drawn(context, shown, replace(view, ends=window.ends[0], heights=height), over)
        if pinned:
            data = frames.with_pins(data, [plot.lines for plot in pinned], view)
        name = f"curves-{len(pinned)}"
        key = state.chart_key(name, (entry.name, view.axis.kind, view.log, pair.name, window, height is None))
        followed = ranges.follow(window, (name, key), extents.extents(data["lines"]), log=view.log)
        with st.container(key="pinned" if pinned else "alone"), st.container(key="curves"):
            widgets.chart(spec, data, key=key, alt=words.chart_alt(metric, entry.name), on_box=state.by_hand(followed))


def all_lines(shown: Run, view: View, over: Overlay | None) -> Iterator[tuple[Values, Values]]:
    """Where each line of the chart goes, also as it was logged."""
    of_run = [(curve, view) for curve in (shown.train, shown.val)]
    of_trial = [(curve, overlay.view_of(over, view)) for curve in overlay.sides(over).values()]
    for curve, along in of_run + of_trial:
        for smoothing in {0.0, along.smoothing}:
            if curve is not None and len(curve):
                soft = smoothed(curve, smoothing)
                yield along.axis.of(soft), soft.values  # noqa: PD011 - of a Curve, not of a frame


def drawn(context: RunContext, shown: Run, view: View, over: Overlay | None) -> dict[str, pd.DataFrame]:
    """What the chart draws of that metric and over it of a trial; ten tabs that look at the same have one of it."""
    entry = context.entry
    assert shown.primary is not None
    assert entry.measured is not None
    trial = (over.label, over.after) if over is not None else None
    return entry.measured.once(
        lambda: SharedTables(
            frames.curves_data(shown, marked(entry.diagnosis, entry.run, shown), shown.unit, view, trial=over)
        ),
        (shown.primary.name, view.axis.kind, view.smoothing, view.log, view.ends, view.heights, context.given, trial),
        (entry.diagnosis, over.run if over is not None else None),
    )


def shown_metric(run: Run) -> Run:
    """The run with the metric that the address names as the one to draw, or the one that the verdict is about."""
    return (with_metric(run, state.shared("metric")) if state.shared("metric") else None) or run


def metric_choice(run: Run, pair: Pair) -> None:
    """Which metric is drawn: a word each, or a menu where there are many; a title where there is one."""
    names = metrics(run)
    if len(names) == 1:
        st.subheader(
            plain(state.t(chart_words.metric(pair))), anchor=False, help=state.t(words.CHART_HELP), width="content"
        )
        return
    titles = {name: title(name) for name in names}
    titles[names[0]] = chart_words.metric(run.primary)
    controls.choice("metric", chart_words.METRIC, titles, names, now=pair.name, default=names[0], few=FEW)


def status(context: RunContext, buttons: Callable[[], None]) -> None:
    """What a trial in the chart has come to, or where each metric was best; a row that is always there."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="chip"):
        if not trials.chip(context):
            st.caption(plain(state.t(known(context))), width="content")
        buttons()


def more_choices(run: Run, *, close: bool) -> None:
    """What else can be chosen of the chart of a run."""
    if close:
        heights.choice()
    series.pin_box(run)


def known(context: RunContext) -> str:
    """Where each metric was best; the metric's name while nothing is known."""
    run = context.entry.run
    metric = chart_words.metric(run.primary if run is not None else None)
    unit = run.unit if run is not None else "step"
    return answer_words.bests(context.courses, metric, unit) if context.courses else metric
