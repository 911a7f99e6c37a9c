"""Train: put a training together, start it, and watch those at work."""

import streamlit as st

from app import shell, state
from app.folder import watch
from app.views.train import form, parts, words


def at_work() -> None:
    seen = watch.look(state.place(), state.limits())
    working = [entry for entry in seen.entries if entry.job is not None and entry.live]
    if bool(working) != ticking:
        st.rerun()
    st.subheader(words.AT_WORK, anchor=False)
    if not working:
        st.caption(words.NONE_AT_WORK)
    for entry in working:
        parts.job_at_work(entry)


st.header(words.TRAINING, anchor=False)
shell.need_local(words.LOCAL_ONLY, words.LOCAL_ONLY_WAY_OUT)

st.caption(words.TRAINING_ABOUT)
draft = state.draft()
left, right = st.columns([1.9, 1], gap="medium")
with left:
    for title, names in words.GROUPS.items():
        with st.container(border=True):
            st.subheader(title, anchor=False)
            form.settings(draft, names)
    with st.expander(words.MORE_SETTINGS, icon=":material/tune:"):
        form.settings(draft, words.other_settings())
    with st.container(border=True):
        st.subheader(words.LEVERS, anchor=False)
        form.presets(draft)
        form.regularizers(draft)
with right:
    with st.container(border=True):
        st.subheader(words.START_TITLE, anchor=False)
        parts.start(draft)
    ticking = any(entry.job is not None and entry.live for entry in watch.look(state.place(), state.limits()).entries)
    with st.container(border=True):
        st.fragment(at_work, run_every=state.tick() if ticking else None)()
