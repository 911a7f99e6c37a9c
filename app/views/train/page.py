"""Train: put a training together, start it, and watch those at work."""

import streamlit as st

from app import actions, shell, state
from app.views.train import form, parts, words

with st.container(horizontal=True, vertical_alignment="center"):
    st.header(state.t(words.TRAINING), anchor=False, width="content")
    st.space("stretch")
    if not state.place_is_remote():
        actions.demonstration_button(primary=False)
shell.need_to_act()
shell.need_local(words.LOCAL_ONLY, words.LOCAL_ONLY_WAY_OUT)

st.caption(state.t(words.TRAINING_ABOUT))
draft = state.draft()
with st.container(key="form-and-start"):
    left, right = st.columns([1.9, 1], gap="medium")
with left:
    form.groups(draft)
    form.levers(draft)
with right:
    parts.start(draft)
    with st.container(border=True):
        state.live_fragment(parts.at_work, parts.any_at_work)
