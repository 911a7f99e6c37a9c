"""Tune: which strength is best."""

import streamlit as st

from app import actions, shell, state, widgets, wording
from app.folder import watch
from app.views.tune import parts, words
from app.wording import plain


def live() -> None:
    seen = watch.look(state.place(), state.limits())
    if not name:
        parts.nothing_yet(seen.place)
        return
    study, trouble = parts.read(seen.place, name)
    if study is None:
        with st.container(border=True):
            st.subheader(words.DAMAGED, anchor=False)
            st.text(wording.sentence(trouble))
        return
    stands = parts.standing(study, seen, name)
    if (stands == "running") != ticking:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(plain(study.name), anchor=False, width="content")
        widgets.badge(words.STATES[stands])
    if not study.trials:
        st.text(words.NO_TRIAL if stands == "running" else words.NO_TRIAL_STOPPED)
        parts.go_on(study)
        return
    parts.header(study)
    parts.next_move(study)
    parts.screen(study)
    parts.slices(study)
    parts.together(study)
    if run := parts.table(study):
        actions.open_run(run if name == "." else f"{name}/{run}")
    parts.go_on(study)


st.header(words.TUNE, anchor=False)
shell.need_local(words.REMOTE, words.REMOTE_WAY_OUT)
here = watch.look(state.place(), state.limits())
name = parts.choose(here)
known, _ = parts.read(here.place, name) if name else (None, "")
ticking = known is not None and parts.standing(known, here, name) == "running"
st.fragment(live, run_every=watch.tick(state.place(), state.tick()) if ticking else None)()
