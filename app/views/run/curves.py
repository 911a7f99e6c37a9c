"""Curves: the main chart of a run, and a small one for every other series of its log."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app import controls, state, widgets, wording
from app.charts import frames
from app.charts.axes import LOG_FROM, axes
from app.charts.curves import curves_spec
from app.charts.small import small_spec
from app.folder import trials_of_run
from app.folder.quantities import wants_log
from app.views.run import trials, words
from app.views.run.context import RunContext
from app.views.run.series import SmallChart, small_charts_of
from app.wording import charts as chart_words
from app.wording import plain
from diagnostics import Run

SHOWN = 3
PER_ROW = 3


def panel(context: RunContext, run: Run) -> None:
    """Train and validation on one axes with what is known of them, and over them a trial where there is one."""
    entry, metric = context.entry, chart_words.metric(run.primary)
    with st.container(border=True, height="stretch", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(plain(metric), anchor=False, help=words.CHART_HELP.format(LOG_FROM), width="content")
            st.space("stretch")
            view = controls.view(axes(run, context.setup.steps if context.setup else None), log=wants_log(run))
        spec = curves_spec(
            chart_words.AXIS_TITLES[view.axis.kind],
            metric,
            state.theme(),
            timed=view.axis.kind == "time",
            log=view.log,
            higher_is_better=run.primary is not None and run.primary.higher_is_better,
        )
        trial = trials.overlaid(context.trials)
        lines = trials_of_run.overlay(trial, entry, view) if trial is not None else None
        data = frames.curves_data(run, entry.diagnosis, wording.unit(run.x_axis), view, trial=lines)
        widgets.chart(spec, data, key="curves", alt=words.chart_alt(entry.name), zoom=True)


def other_series(run: Run) -> None:
    """The other series, the first few in sight; the rest cost nothing until someone unfolds them."""
    charts = small_charts_of(run)
    small_charts(charts[:SHOWN], key="small")
    if rest := charts[SHOWN:]:
        with st.expander(f"{words.MORE} ({len(rest)})", on_change="rerun", key="more-open") as fold:
            if fold.open:
                small_charts(rest, key="more")


def small_charts(charts: Sequence[SmallChart], *, key: str) -> None:
    """Small charts in rows as even as can be, at most three a row, so that no row leaves a hole."""
    rows, start = -(-len(charts) // PER_ROW), 0
    for row in range(rows):
        size = -(-(len(charts) - start) // (rows - row))
        for place, column in enumerate(st.columns(size), start):
            with column, st.container(border=True, height="stretch"):
                small_chart(charts[place], key=f"{key}-{place}")
        start += size


def small_chart(chart: SmallChart, *, key: str) -> None:
    """One quantity over the run."""
    st.markdown(f"**{plain(chart.title)}**", help=plain(chart.about) if chart.about else None)
    spec = small_spec(chart.x, percent=chart.percent, legend=len(chart.lines) > 1, sided=chart.sided)
    widgets.chart(spec, {"lines": frames.lines(chart.lines)}, key=key, alt=f"{chart.title}, {chart.x}")
