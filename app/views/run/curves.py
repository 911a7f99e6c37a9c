"""Curves: the main chart of a run, and a small one for every other series of its log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from app import controls, state, widgets, wording
from app.charts import frames
from app.charts.axes import LOG_FROM, axes
from app.charts.curves import curves_spec
from app.charts.small import small_spec
from app.folder import trials_of_run
from app.folder.quantities import any_finite, wants_log
from app.views.run import trials, words
from app.views.run.context import RunContext
from app.wording import charts as chart_words
from app.wording import plain, title
from diagnostics import Curve, Key, Pair, Run
from diagnostics.logs.run import LAYER

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
    return SmallChart(title(pair.name), axis_title(run, curves), curves, tags, sided=True)


def _single(run: Run, key: Key, *, several: bool) -> SmallChart:
    name, about = chart_words.SERIES.get(key.tag, (key.tag, ""))
    folder = key.run.removeprefix(run.name).strip("/")
    curves = {name: run.curves[key]}
    heading = f"{name} ({folder})" if several and folder else name
    return SmallChart(heading, axis_title(run, curves), curves, about, percent=key.tag in chart_words.SHARES)


def axis_title(run: Run, curves: Mapping[str, Curve]) -> str:
    """The axis of the run, unless these curves count something else: their steps go far beyond the run's last."""
    sides = [side for side in (run.train, run.val) if side is not None and len(side)]
    last = max((int(side.steps[-1]) for side in sides), default=None)
    beyond = last is not None and any(len(curve) and curve.steps[-1] > 2 * max(last, 1) for curve in curves.values())
    return chart_words.axis("step" if beyond else run.x_axis)
