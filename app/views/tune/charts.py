"""Charts: the trials against each strength, over all strengths at once, and which strength matters."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import state, widgets, wording
from app.charts.dots import dots_spec
from app.charts.tune import course_spec, curves_spec, importance_spec, parallel_spec, slice_spec
from app.folder.entries import Snapshot
from app.views.tune import frames, words
from app.wording import plain
from app.wording.charts import AXIS_TITLES
from trainer.tuning.spaces import Choices
from trainer.tuning.study import Study

SLICES_PER_ROW = 3


def slices(study: Study) -> None:
    """The value as the trials went, and against each strength, a chart each."""
    if frames.edge(study) is None:
        return  # no trial has reached a value
    params = [words.params(trial.params) for trial in study.trials]
    metric = wording.title(words.metric(study))
    course = course_spec(words.COURSE, metric, state.theme())
    drawn = {"course": (course, frames.course(study, params), words.COURSE_ALT.format(metric))}
    for name, span in study.space.items():
        if isinstance(span, Choices):
            spec = slice_spec(words.name(name), metric, state.theme(), choices=tuple(map(str, span.choices)))
        else:
            spec = slice_spec(words.name(name), metric, state.theme(), log=span.log, span=(span.low, span.high))
        drawn[f"slice-{name}"] = (
            spec,
            frames.slice_of(study, name, params),
            words.SLICE_ALT.format(metric, words.name(name)),
        )
    with st.container(border=True):
        st.subheader(state.t(words.SLICES), anchor=False, help=state.t(words.SLICES_HELP))
        rows = -(-len(drawn) // SLICES_PER_ROW)
        with st.grid(-(-len(drawn) // rows), min_column_width=280):
            for key, (spec, data, alt) in drawn.items():
                widgets.chart(spec, data, key=key, alt=alt)


def courses(study: Study, snapshot: Snapshot, name: str) -> None:
    """The validation curve of every trial; those that were pruned end where they were."""
    entries = frames.entries(study, snapshot, name)
    data = frames.courses(study, entries)
    if data["curves"].empty:
        return
    with st.container(border=True):
        st.subheader(state.t(words.CURVES), anchor=False, help=state.t(words.CURVES_HELP))
        along = AXIS_TITLES[frames.unit(entries)]
        spec = curves_spec(along, wording.title(words.metric(study)), state.theme())
        widgets.chart(spec, data, key="trial-curves", alt=words.CURVES_ALT)


def all_at_once(study: Study) -> None:
    """All strengths at once, and which of them matters; a screen has its effects instead."""
    if study.screen is not None or frames.edge(study) is None:
        return
    left, right = st.columns([1.7, 1])
    with left, st.container(border=True, height="stretch"):
        parallel(study)
    with right, st.container(border=True, height="stretch"):
        importance(study)


def parallel(study: Study) -> None:
    """A line a trial over all strengths."""
    axes = (*map(words.name, study.space), wording.title(words.metric(study)))
    st.subheader(state.t(words.PARALLEL), anchor=False, help=state.t(words.PARALLEL_HELP))
    spec = parallel_spec(axes, state.theme())
    widgets.chart(spec, frames.paths(study, axes), key="parallel", alt=words.PARALLEL_ALT)


def importance(study: Study) -> None:
    """How much each strength decides."""
    st.subheader(state.t(words.IMPORTANCE), anchor=False, help=state.t(words.IMPORTANCE_HELP))
    if not study.importance:
        st.text(state.t(words.NO_IMPORTANCE))
        return
    shares = sorted(study.importance.items(), key=lambda item: -item[1])
    table = pd.DataFrame([(words.name(name), share) for name, share in shares], columns=["name", "share"])
    spec = importance_spec(len(shares), state.theme())
    widgets.chart(spec, {"importance": table}, key="importance", alt=words.IMPORTANCE_ALT)


def screen(study: Study) -> None:
    """Which regularizer does the work: the effects of a screen, on the value and on the clean gap."""
    if study.screen is None:
        return
    with st.container(border=True):
        st.subheader(state.t(words.SCREEN), anchor=False, help=state.t(words.SCREEN_HELP))
        on_value, on_gap = frames.effects(study), frames.effects(study, gap=True)
        if on_value.empty:
            st.text(state.t(words.NO_EFFECTS))
            return
        widgets.texts(words.works(study, dict(zip(on_value["name"], on_value["kind"], strict=True))))
        axis = words.EFFECT_AXIS_HIGHER if study.higher_is_better else words.EFFECT_AXIS
        tables = {axis.format(words.metric(study)): on_value, words.GAP_AXIS: on_gap}
        shown = {title: table for title, table in tables.items() if not table.empty}
        for (title, table), column in zip(shown.items(), st.columns(len(shown)), strict=True):
            with column:
                effects(title, table)
        if study.screen.resolution:
            st.caption(plain(state.t(study.screen.resolution)))


def effects(title: str, table: pd.DataFrame) -> None:
    """The effect of each regularizer with its interval."""
    named = table.assign(name=[words.name(name) for name in table["name"]])
    spec = dots_spec(title, len(table), state.theme())
    widgets.chart(spec, {"dots": named}, key=f"effects-{title}", alt=words.SCREEN_ALT.format(title))
