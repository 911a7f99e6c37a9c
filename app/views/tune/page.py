"""Tune: which strength is best."""

import streamlit as st

from app import actions, shell, state
from app.folder import watch
from app.views.tune import begin, charts, parts, words


def live() -> bool:
    return parts.is_running(name)


def draw() -> None:
    snapshot = watch.look(state.place(), state.limits())
    study = parts.study_or_reason(snapshot, name)
    if study is None:
        return
    parts.title(study, snapshot, name)
    if study.trials:
        parts.numbers(study)
        parts.next_move(study, snapshot)
        begin.over_seeds(study)
        charts.courses(study, snapshot, name)
        charts.screen(study)
        charts.slices(study)
        charts.all_at_once(study)
        if run := parts.table(study, snapshot, name):
            actions.open_run(run if name == "." else f"{name}/{run}")
    parts.go_on(study)
    parts.another(snapshot)


st.header(state.t(words.TUNE), anchor=False)
shell.need_local(words.REMOTE, words.REMOTE_WAY_OUT)
name = parts.choose(watch.look(state.place(), state.limits()))
state.live_fragment(draw, live)
