"""Train: put a training together, start it, and watch those at work."""

import streamlit as st

from app import data, forms, panels, state
from app.wording import training


def at_work() -> None:
    seen = data.look(state.place(), state.limits())
    working = [entry for entry in seen.entries if entry.job is not None and entry.live]
    if bool(working) != ticking:
        st.rerun()
    st.subheader(training.AT_WORK, anchor=False)
    if not working:
        st.caption(training.NONE_AT_WORK)
    for entry in working:
        panels.job_at_work(entry)


st.header(training.TRAINING, anchor=False)
panels.need_local(training.LOCAL_ONLY, training.LOCAL_ONLY_WAY_OUT)

st.caption(training.TRAINING_ABOUT)
draft = state.draft()
left, right = st.columns([1.9, 1], gap="medium")
with left:
    for title, names in training.GROUPS.items():
        with st.container(border=True):
            st.subheader(title, anchor=False)
            forms.settings(draft, names)
    with st.expander(training.MORE_SETTINGS, icon=":material/tune:"):
        forms.settings(draft, training.other_settings())
    with st.container(border=True):
        st.subheader(training.LEVERS, anchor=False)
        forms.presets(draft)
        forms.regularizers(draft)
with right:
    with st.container(border=True):
        st.subheader(training.START_TITLE, anchor=False)
        panels.start(draft)
    ticking = any(entry.job is not None and entry.live for entry in data.look(state.place(), state.limits()).entries)
    with st.container(border=True):
        st.fragment(at_work, run_every=state.tick() if ticking else None)()
