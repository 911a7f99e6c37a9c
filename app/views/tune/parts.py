"""Studying: the parts of the Tune page."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from app import state, widgets, wording
from app.charts.dots import dots_spec
from app.charts.tune import course_spec, importance_spec, parallel_spec, slice_spec
from app.folder.entries import Snapshot
from app.views.tune import frames
from app.views.tune import words as tune
from app.wording import plain
from trainer.tuning import study_file
from trainer.tuning.study_file import Study, StudyError

SLICES_PER_ROW = 3
BETWEEN = 60.0  # seconds after its last word in which the next trial of a study may still begin
Column = st.column_config


def choose(seen: Snapshot) -> str:
    """The study to show, from a menu where there are several; empty where there is none."""
    there = study_file.find(seen.place)
    if not there:
        return ""
    latest = max(there, key=lambda name: (Path(seen.place, name) / study_file.STUDY).stat().st_mtime)
    now = state.shared("study") if state.shared("study") in there else latest
    if len(there) > 1:
        with st.container(width=320):
            state.menu(
                "study",
                tune.STUDY,
                there,
                now=now,
                words=lambda name: Path(seen.place, name).name,
                choose=lambda name: state.share("study", name),
                empty="",
            )
    return now


def read(place: str, name: str) -> tuple[Study | None, str]:
    """The study of that name, or a sentence on why it cannot be read."""
    try:
        return study_file.read(Path(place, name)), ""
    except StudyError as error:
        return None, str(error)


def standing(study: Study, seen: Snapshot, name: str) -> str:
    """A key of ``tune.STATES``: whether trials are at work, or the next one is to come, and whether any is left."""
    inside = "" if name == "." else f"{name}/"
    if any(entry.live and entry.name.startswith(inside) for entry in seen.entries):
        return "running"
    left = study.left
    if left and not all(left.values()) and not study.counts["running"]:
        return "finished"
    return "running" if time.time() - study.written < BETWEEN else "stopped"


def header(study: Study) -> None:
    """The best so far, how many trials, and what is left."""
    found, counts = study.best, study.counts
    ended = sum(counts[one] for one in ("complete", "pruned", "failed"))
    with st.grid(4, min_column_width=170):
        st.metric(
            tune.BEST.format(plain(tune.metric(study))),
            None if found is None else wording.number(found.value),
            None if found is None else tune.reached_by(found),
            "gray",
            delta_arrow="off",
            border=True,
            height="stretch",
            help=plain(tune.BEST_HELP.format(found.number, tune.params(found.params))) if found else tune.NONE_COMPLETE,
        )
        for title, value, detail, about in (
            (tune.TRIALS, str(ended), tune.tally(study), tune.TRIALS_HELP),
            (tune.EPOCHS, f"{study.spent['epochs']:,.0f}", f"{study.spent['runs']:g} runs", tune.EPOCHS_HELP),
            (tune.LEFT, tune.left(study), "", tune.LEFT_HELP),
        ):
            st.metric(
                title, value, detail or None, "gray", delta_arrow="off", border=True, height="stretch", help=about
            )


def next_move(study: Study) -> None:
    """What would tell most now, and what stands at the end of its range."""
    with st.container(border=True):
        st.subheader(tune.NEXT, anchor=False)
        st.text(study.next or tune.NONE_COMPLETE)
        if study.best is not None:
            st.markdown(f":material/trophy: {plain(tune.params(study.best.params))}")
            if study.best.rival is not None:
                st.markdown(f":material/balance: {tune.RIVAL.format(study.best.rival)}")
        for edge in study.edges:
            st.markdown(f":material/last_page: {plain(tune.edge(edge))}")


def slices(study: Study) -> None:
    """The value as the trials went, and against each strength, a chart each."""
    words = [tune.params(one.params) for one in study.trials]
    metric = wording.title(tune.metric(study))
    drawn = {
        "course": (
            course_spec(tune.COURSE, metric, state.theme()),
            frames.course(study, words),
            tune.COURSE_ALT.format(metric),
        )
    }
    for name, span in study.space.items():
        look = {"choices": tuple(map(str, span.choices))} if span.choices else {"span": (span.low, span.high)}
        spec = slice_spec(tune.name(name), metric, state.theme(), log=span.log, **look)
        drawn[f"slice-{name}"] = spec, frames.slice_of(study, name, words), f"{metric} against {name}"
    with st.container(border=True):
        st.subheader(tune.SLICES, anchor=False, help=tune.SLICES_HELP)
        rows = -(-len(drawn) // SLICES_PER_ROW)
        with st.grid(-(-len(drawn) // rows), min_column_width=280):
            for key, (spec, data, alt) in drawn.items():
                widgets.chart(spec, data, key=key, alt=alt)


def together(study: Study) -> None:
    """All strengths at once, and which of them matters."""
    if study.screen is not None:
        return
    axes = (*map(tune.name, study.space), wording.title(tune.metric(study)))
    left, right = st.columns([1.7, 1])
    with left, st.container(border=True, height="stretch"):
        st.subheader(tune.PARALLEL, anchor=False, help=tune.PARALLEL_HELP)
        spec = parallel_spec(axes, state.theme())
        widgets.chart(spec, frames.paths(study, axes), key="parallel", alt=tune.PARALLEL_ALT)
    with right, st.container(border=True, height="stretch"):
        st.subheader(tune.IMPORTANCE, anchor=False, help=tune.IMPORTANCE_HELP)
        if not study.importance:
            st.text(tune.NO_IMPORTANCE)
            return
        rows = sorted(study.importance.items(), key=lambda one: -one[1])
        table = pd.DataFrame([(tune.name(name), share) for name, share in rows], columns=["name", "share"])
        spec = importance_spec(len(rows), state.theme())
        widgets.chart(spec, {"importance": table}, key="importance", alt=tune.IMPORTANCE_ALT)


def screen(study: Study) -> None:
    """Which regularizer does the work: the effects of a screen, on the value and on the clean gap."""
    if study.screen is None:
        return
    with st.container(border=True):
        st.subheader(tune.SCREEN, anchor=False, help=tune.SCREEN_HELP)
        on_value, on_gap = frames.effects(study), frames.effects(study, gap=True)
        if on_value.empty:
            st.text(tune.NO_EFFECTS)
            return
        widgets.texts(tune.works(study, dict(zip(on_value["name"], on_value["kind"], strict=True))))
        axis = tune.EFFECT_AXIS_HIGHER if study.higher_is_better else tune.EFFECT_AXIS
        charts = {axis.format(tune.metric(study)): on_value, tune.GAP_AXIS: on_gap}
        shown = {title: table for title, table in charts.items() if not table.empty}
        for (title, table), column in zip(shown.items(), st.columns(len(shown)), strict=True):
            named = table.assign(name=[tune.name(one) for one in table["name"]])
            with column:
                spec = dots_spec(title, len(table), state.theme())
                widgets.chart(spec, {"dots": named}, key=f"effects-{title}", alt=tune.SCREEN_ALT.format(title))
        if study.screen.resolution:
            st.caption(plain(study.screen.resolution))


def table(study: Study) -> str:
    """Every trial; the run folder of the one that was clicked, relative to the study's, or nothing."""
    trials = study.trials
    number, word, epochs, why = tune.COLUMNS
    shown = {
        number: [one.number for one in trials],
        word: [[tune.state_cell(one)] for one in trials],
        "value": [one.value for one in trials],
        **{f"set-{name}": [_cell(one.params, name) for one in trials] for name in study.space},
        epochs: [one.epochs for one in trials],
        why: [one.reason for one in trials],
    }
    looks = list(tune.TRIAL_STATES.values())
    with st.container(border=True):
        st.subheader(tune.TABLE, anchor=False, help=tune.TABLE_HELP)
        picked = st.dataframe(
            pd.DataFrame(shown),
            hide_index=True,
            key="trials",
            on_select="rerun",
            selection_mode="single-cell",
            height="content" if len(trials) <= 12 else 460,
            placeholder=wording.DASH,
            alt=tune.TABLE_ALT,
            column_config={
                number: Column.NumberColumn(format="%d", pinned=True, width="small"),
                word: Column.MultiselectColumn(
                    options=[f"{look.glyph} {look.word}" for look in looks], color=[look.color for look in looks]
                ),
                "value": Column.NumberColumn(wording.title(tune.metric(study)), format="%.4g"),
                **{f"set-{name}": _column(study, name) for name in study.space},
                epochs: Column.NumberColumn(format="%d", width="small"),
                why: Column.TextColumn(width="large"),
            },
        )
    cells = picked["selection"]["cells"]
    return trials[cells[0][0]].run if cells and cells[0][0] < len(trials) else ""


def _column(study: Study, name: str) -> Any:
    title = tune.name(name)
    return Column.TextColumn(title) if study.space[name].choices else Column.NumberColumn(title, format="%.3g")


def _cell(params: Mapping[str, study_file.Value], name: str) -> object:
    value = params.get(name)
    return str(value) if isinstance(value, str | bool) else value


def go_on(study: Study) -> None:
    """The command that goes on with the study, as far as it is known."""
    command = study.call
    if not command:
        return
    with st.container(border=True):
        st.subheader(tune.GO_ON, anchor=False)
        st.text(tune.GO_ON_ABOUT)
        st.code(command, language="sh", wrap_lines=True)


def nothing_yet(place: str) -> None:
    """What a study is, and the command that starts one."""
    with st.container(border=True):
        st.subheader(tune.NO_STUDY, anchor=False)
        st.text(tune.NO_STUDY_ABOUT)
        st.code(tune.COMMAND.format(place, "tune-1"), language="sh", wrap_lines=True)
        st.caption(tune.OTHER_PROGRAM)
        st.code(tune.OTHER_COMMAND.format(place, "tune-2"), language="sh", wrap_lines=True)
