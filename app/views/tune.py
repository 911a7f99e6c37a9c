"""Tune: which strength is best."""

import streamlit as st

from app import acts, data, panels, state, studying, widgets, wording
from app.wording import plain, tune


def live() -> None:
    seen = data.look(state.place(), state.limits())
    if not name:
        studying.nothing_yet(seen.place)
        return
    study, trouble = studying.read(seen.place, name)
    if study is None:
        with st.container(border=True):
            st.subheader(tune.DAMAGED, anchor=False)
            st.text(wording.sentence(trouble))
        return
    stands = studying.standing(study, seen, name)
    if (stands == "running") != ticking:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(plain(study.name), anchor=False, width="content")
        widgets.badge(tune.STATES[stands])
    if not study.trials:
        st.text(tune.NO_TRIAL if stands == "running" else tune.NO_TRIAL_STOPPED)
        studying.go_on(study)
        return
    studying.header(study)
    studying.next_move(study)
    studying.screen(study)
    studying.slices(study)
    studying.together(study)
    if run := studying.table(study):
        acts.open_run(run if name == "." else f"{name}/{run}")
    studying.go_on(study)


st.header(tune.TUNE, anchor=False)
panels.need_local(tune.REMOTE, tune.REMOTE_WAY_OUT)
here = data.look(state.place(), state.limits())
name = studying.choose(here)
known, _ = studying.read(here.place, name) if name else (None, "")
ticking = known is not None and studying.standing(known, here, name) == "running"
st.fragment(live, run_every=data.tick(state.place(), state.tick()) if ticking else None)()
