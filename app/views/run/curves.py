"""Curves: the main chart of a run, and a small one for every other series of its log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from app import controls, ranges, state, widgets
from app.charts import frames
from app.charts.axes import axes
from app.charts.curves import curves_spec
from app.charts.small import small_spec
from app.folder.entries import Entry
from app.folder.quantities import any_finite, course, metrics, wants_log, with_metric
from app.ranges import Window
from app.views.run import answer_words, trials, words
from app.views.run.context import RunContext
from app.wording import charts as chart_words
from app.wording import plain, title
from diagnostics import Curve, Diagnosis, Key, Pair, Run
from diagnostics.diagnosis import Best
from diagnostics.logs.run import LAYER

PER_ROW = 3
FEW = 3  # metrics that stand side by side


def panel(context: RunContext, run: Run) -> None:
    """One metric of training and validation with what is known of it, and over it a trial where there is one."""
    entry = context.entry
    shown = shown_metric(run)
    assert shown.primary is not None
    pair, unit = shown.primary, run.unit
    with st.container(border=True, gap="small", key="chart"):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            metric_choice(run, pair)
            st.space("stretch")
            view = controls.view(
                axes(run, context.setup.steps if context.setup else None), log=wants_log(shown), metric=pair.name
            )
        window = ranges.window(view.axis.kind, pair.name)
        status(context, window)
        metric = chart_words.metric(pair)
        spec = curves_spec(
            chart_words.AXIS_TITLES[view.axis.kind],
            chart_words.LOG_SCALE.format(metric) if view.log else metric,
            state.theme(),
            timed=view.axis.kind == "time",
            log=view.log,
            higher_is_better=pair.higher_is_better,
            ends=window.ends,
        )
        over = trials.overlay(context, pair.name, view.axis.kind)
        data = frames.curves_data(shown, marked(entry, shown), unit, view, trial=over)
        key = state.fresh(f"curves-{view.axis.kind}-{pair.name}-{window.key}")
        followed = ranges.follow(window, key, frames.extents(data["lines"]), log=view.log)
        with st.container(key="curves"):
            widgets.chart(spec, data, key=key, alt=words.chart_alt(metric, entry.name), on_box=state.by_hand(followed))


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


def status(context: RunContext, window: Window) -> None:
    """What a trial in the chart has come to, or where each metric was best; a row that is always there."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="chip"):
        if not trials.chip(context):
            st.caption(plain(state.t(" ".join(known(context)))), width="content")
        ranges.reset_button(window)


def known(context: RunContext) -> list[str]:
    """Where each metric was best, and what the button above does; the metric's name while nothing is known."""
    run = context.entry.run
    metric = chart_words.metric(run.primary if run is not None else None)
    unit = run.unit if run is not None else "step"
    sentences = [answer_words.bests(context.courses, metric, unit)] if context.courses else [metric]
    ready = context.plan.own and context.next_proposal is not None and not context.entry.live
    return [*sentences, answer_words.TRY_SHOWS] if ready else sentences


def marked(entry: Entry, shown: Run) -> Diagnosis | None:
    """The diagnosis, of which another metric than its own has nothing but a best point."""
    if entry.diagnosis is None or entry.run is shown or shown.primary is None:
        return entry.diagnosis
    best = course(shown.val, shown.primary.name, higher_is_better=shown.primary.higher_is_better)
    return replace(entry.diagnosis, onset_step=None, best=None if best is None else Best(best.step, best.best))


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
    st.markdown(f"**{plain(state.t(chart.title))}**", help=plain(state.t(chart.about)) if chart.about else None)
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
    return chart_words.axis("step" if beyond else run.unit)
