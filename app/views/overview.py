"""Overview: which of many runs need attention."""

import streamlit as st

from app import acts, data, state, widgets, wording
from app.wording import plain


def live() -> None:
    seen = data.look(state.place(), state.limits())
    if seen.live != ticking:
        st.rerun()
    if seen.error and not state.place_is_default():
        with st.container(border=True):
            st.subheader(wording.NO_FOLDER, anchor=False)
            widgets.texts([wording.sentence(seen.error), wording.NO_FOLDER_WAY_OUT])
            state.default_folder_button(wording.DEFAULT_FOLDER)
        return
    if not seen.entries and state.place_is_remote():
        with st.container(border=True):
            st.subheader(wording.NOTHING_THERE, anchor=False)
            widgets.texts([wording.nothing_in(seen.place), wording.NOTHING_THERE_WAY_OUT, *seen.problems])
        return
    if not seen.entries:
        st.header(wording.WELCOME, anchor=False)
        st.text(wording.WHAT_IT_IS)
        left, right = st.columns(2)
        with left, st.container(border=True, height="stretch"):
            st.subheader(wording.DEMONSTRATION_TITLE, anchor=False)
            st.markdown(wording.DEMONSTRATION)
            acts.demonstration_button(primary=True)
        with right, st.container(border=True, height="stretch"):
            st.subheader(wording.OWN_LOGS_TITLE, anchor=False)
            st.markdown(wording.OWN_LOGS)
            st.code(wording.OWN_LOGS_COMMAND, language=None, wrap_lines=True)
        st.caption(plain(wording.nothing_in(seen.place)))
        widgets.texts(seen.problems)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(wording.RUNS, anchor=False, width="content")
        st.space("stretch")
        if not state.place_is_remote():
            acts.demonstration_button(primary=False)
    st.caption(plain(wording.tally(len(seen.entries), seen.place)))
    if name := widgets.runs_table(seen.entries):
        acts.open_run(name)
    if seen.problems:
        with st.expander(wording.PROBLEMS.format(len(seen.problems)), icon=":material/warning:"):
            widgets.texts(seen.problems)


ticking = data.look(state.place(), state.limits()).live
st.fragment(live, run_every=data.tick(state.place(), state.tick()) if ticking else None)()
