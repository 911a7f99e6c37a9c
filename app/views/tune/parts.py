"""Tune parts: which study is shown, where it stands, its trials, and how to go on with it."""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pandas as pd
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from app import state, widgets, wording
from app.folder import watch
from app.folder.entries import Snapshot
from app.views.tune import begin, frames, words
from app.wording import plain
from diagnostics.logs.folders.names import path_of
from diagnostics.report.words import as_charted
from trainer.strengths import Value
from trainer.tuning import start, study_file
from trainer.tuning.spaces import Choices
from trainer.tuning.study import Study
from trainer.tuning.study_file import StudyFileError

BETWEEN = 60.0  # seconds after its last word in which the next trial of a study may still begin
Column = st.column_config


def choose(snapshot: Snapshot) -> str:
    """The study to show, from a menu where there are several; empty where there is none."""
    studies = sorted({*study_file.find(snapshot.place), *start.started(snapshot.place)})
    if not studies:
        return ""
    latest = max(studies, key=lambda name: start.latest(path_of(snapshot.place, name)))
    now = state.shared("study") if state.shared("study") in studies else latest
    if len(studies) > 1:
        with st.container(width=320):
            state.menu(
                "study",
                words.STUDY,
                studies,
                now=now,
                words=lambda name: Path(snapshot.place, name).name,
                choose=lambda name: state.share("study", name),
                empty="",
            )
    return now


def study_or_reason(snapshot: Snapshot, name: str) -> Study | None:
    """The study of that name; where there is none, or none that can be read, why."""
    if not name:
        nothing_yet(snapshot)
        return None
    if not (path_of(snapshot.place, name) / study_file.STUDY).is_file() and begin.waiting(
        path_of(snapshot.place, name)
    ):
        return None
    study, trouble = read(snapshot.place, name)
    if study is None:
        with st.container(border=True):
            st.subheader(state.t(words.DAMAGED), anchor=False)
            st.text(state.t(wording.sentence(trouble)))
    return study


def read(place: str, name: str) -> tuple[Study | None, str]:
    """The study of that name, or a sentence on why it cannot be read."""
    try:
        return study_file.read(path_of(place, name)), ""
    except StudyFileError as error:
        return None, str(error)


def is_running(name: str) -> bool:
    """Whether trials of the study are at work, or the next one is to come."""
    snapshot = watch.look(state.place(), state.limits())
    if name and start.runs_now(path_of(snapshot.place, name)):
        return True
    study, _ = read(snapshot.place, name) if name else (None, "")
    return study is not None and standing(study, snapshot, name) == "running"


def standing(study: Study, snapshot: Snapshot, name: str) -> str:
    """A key of ``words.STATES``: whether trials are at work, or the next one is to come, and whether any is left."""
    inside = "" if name == "." else f"{name}/"
    if any(entry.live and entry.name.startswith(inside) for entry in snapshot.entries):
        return "running"
    left = study.left
    if left and not all(left.values()) and not study.counts["running"]:
        return "finished"
    begun_here = (study.folder / start.PROCESS).is_file()
    at_work = start.runs_now(study.folder) if begun_here else time.time() - study.written < BETWEEN
    return "running" if at_work else "stopped"


def title(study: Study, snapshot: Snapshot, name: str) -> None:
    """The study's name and state, and where no trial has begun, what to wait for."""
    state_of = standing(study, snapshot, name)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(plain(study.name), anchor=False, width="content")
        widgets.badge(words.STATES[state_of])
        st.space("stretch")
        begin.stop_button(path_of(snapshot.place, name))
    if state_of == "running":
        begin.progress(study)
    if not study.trials:
        st.text(state.t(words.NO_TRIAL) if state_of == "running" else state.t(words.NO_TRIAL_STOPPED))


def numbers(study: Study) -> None:
    """The best so far, how many trials, and what is left."""
    best, counts = study.best, study.counts
    ended = sum(counts[kind] for kind in ("complete", "pruned", "failed"))
    about = words.NONE_COMPLETE if best is None else words.BEST_HELP.format(best.number, words.params(best.params))
    value, reached = (None, "") if best is None else (wording.number(best.value), words.reached_by(best))
    epochs, runs = f"{study.spent['epochs']:,.0f}", f"{study.spent['runs']:g} runs"
    widgets.row(
        [
            partial(metric, words.BEST.format(words.metric(study)), value, reached, about),
            partial(metric, words.TRIALS, str(ended), words.tally(study), words.TRIALS_HELP),
            partial(metric, words.EPOCHS, epochs, runs, words.EPOCHS_HELP),
            partial(metric, words.LEFT, words.left(study), "", words.LEFT_HELP),
        ],
        width=170,
    )


def metric(title: str, value: str | None, detail: str, about: str) -> None:
    """One number of the study."""
    st.metric(
        plain(state.t(title)),
        state.t(value),
        state.t(detail) or None,
        "gray",
        delta_arrow="off",
        border=True,
        height="stretch",
        help=plain(state.t(about)),
    )


def next_move(study: Study, snapshot: Snapshot) -> None:
    """What would tell most now, the button that does it if there is one, and what stands at the end of its range."""
    with st.container(border=True):
        st.subheader(state.t(words.NEXT), anchor=False)
        plan = begin.check_plan(study, snapshot) if state.may_act() else None
        st.text(state.t(words.next_move(study, checkable=plan is not None)))
        if plan is not None:
            begin.check_button(study, snapshot, plan)
        if study.best is not None:
            st.markdown(f":material/trophy: {plain(state.t(words.params(study.best.params)))}")
            if study.best.equal is not None:
                st.markdown(f":material/balance: {state.t(words.RIVAL.format(study.best.equal))}")
        for edge in study.edges:
            st.markdown(f":material/last_page: {plain(state.t(words.edge(edge)))}")


def table(study: Study, snapshot: Snapshot, name: str) -> str:
    """Every trial; the run folder of the one that was clicked, relative to the study's, or nothing."""
    trials = study.trials
    with st.container(border=True):
        st.subheader(state.t(words.TABLE), anchor=False, help=state.t(words.TABLE_HELP))
        clicked = st.dataframe(
            frame(study, frames.unit(frames.entries(study, snapshot, name))),
            hide_index=True,
            key="trials",
            on_select="rerun",
            selection_mode="single-cell",
            height="content" if len(trials) <= 12 else 460,
            placeholder=wording.DASH,
            alt=state.t(words.TABLE_ALT),
            column_config=columns(study),
        )
    cells = clicked["selection"]["cells"]
    return trials[cells[0][0]].run if cells and cells[0][0] < len(trials) else ""


def frame(study: Study, unit: str) -> pd.DataFrame:
    """A row a trial."""
    trials = study.trials
    number, state_of, epochs, why = map(state.t, words.COLUMNS)
    return pd.DataFrame(
        {
            number: [trial.number for trial in trials],
            state_of: [[state.t(words.state_cell(trial))] for trial in trials],
            "value": [trial.value for trial in trials],
            **{f"set-{name}": [_cell(study, trial.params, name) for trial in trials] for name in study.space},
            epochs: [trial.epochs for trial in trials],
            why: [state.t(as_charted(trial.reason, unit)) for trial in trials],
        }
    )


def columns(study: Study) -> dict[str, ColumnConfig]:
    """How each column is shown."""
    number, state_of, epochs, why = map(state.t, words.COLUMNS)
    looks = list(words.TRIAL_STATES.values())
    return {
        number: Column.NumberColumn(format="%d", pinned=True, width="small"),
        state_of: Column.MultiselectColumn(
            options=[state.t(f"{look.glyph} {look.word}") for look in looks], color=[look.color for look in looks]
        ),
        "value": Column.NumberColumn(state.t(wording.title(words.metric(study))), format="%.4g"),
        **{f"set-{name}": _column(study, name) for name in study.space},
        epochs: Column.NumberColumn(format="%d", width="small"),
        why: Column.TextColumn(width="large"),
    }


def _column(study: Study, name: str) -> ColumnConfig:
    title = state.t(words.name(name))
    return (
        Column.TextColumn(title)
        if isinstance(study.space[name], Choices)
        else Column.NumberColumn(title, format="%.3g")
    )


def _cell(study: Study, params: Mapping[str, Value], name: str) -> object:
    value = params.get(name)
    return words.value(value) if isinstance(study.space[name], Choices) and value is not None else value


def go_on(study: Study) -> None:
    """The command that goes on with the study, as far as it is known."""
    command = study.call
    if not command:
        return
    with st.container(border=True):
        st.subheader(state.t(words.GO_ON), anchor=False)
        st.text(state.t(words.GO_ON_ABOUT))
        st.code(command, language=None, wrap_lines=True)


def another(snapshot: Snapshot) -> None:
    """One more search, beside the one that is shown."""
    with st.expander(state.t(words.ANOTHER), icon=":material/add:"):
        begin.form(snapshot)


def nothing_yet(snapshot: Snapshot) -> None:
    """What a study is, and what starts one: a button, or a command."""
    place = shlex.quote(snapshot.place)
    with st.container(border=True):
        st.subheader(state.t(words.NO_STUDY), anchor=False)
        st.text(state.t(words.NO_STUDY_ABOUT))
        begin.form(snapshot)
        st.caption(state.t(words.FROM_TERMINAL))
        st.code(words.COMMAND.format(place, "tune-1"), language=None, wrap_lines=True)
        st.caption(state.t(words.OTHER_PROGRAM))
        st.code(words.OTHER_COMMAND.format(place, "tune-2"), language=None, wrap_lines=True)
