"""Guide: what each regularizer does, how its strength shows, and what each verdict means."""

import streamlit as st

from app import state
from app.views.guide import parts, words
from app.views.guide.lessons import LESSONS, formulas, usual
from app.wording import levers
from diagnostics import Verdict

now = parts.shown()
st.header(state.t(words.GUIDE), anchor=False)
parts.part_box(now)

if now == "verdicts":
    st.text(state.t(words.VERDICTS_ABOUT))
    with st.grid(2, min_column_width=280):
        for verdict in Verdict:
            with st.container(border=True, height="stretch"):
                parts.example(verdict)
    st.stop()

st.text(state.t(words.ABOUT))
parts.lesson_box(now)
lesson, look = LESSONS[now], levers.REGULARIZERS[now]
with st.container(horizontal=True, vertical_alignment="center"):
    st.subheader(state.t(look.title), anchor=False, width="content")
    st.space("stretch")
    parts.reference_button(now)
    parts.train_button(now)
# two columns only where the longest formula fits into one
with st.container(border=True), st.grid(2, min_column_width=360, gap="large"):
    with st.container():
        st.text(state.t(look.about))
        st.latex(formulas(lesson, state.t))
    with st.container():
        st.markdown(f"**{state.t(words.WHEN)}**")
        st.text(state.t(lesson.when))
        st.markdown(f"**{state.t(words.USUAL)}**", help=state.t(words.USUAL_HELP))
        st.markdown(state.t(usual(lesson)))
with st.container(border=True):
    st.subheader(state.t(words.PICTURE), anchor=False, help=state.t(words.PICTURE_HELP))
    parts.pictures(now)
with st.container(border=True):
    st.subheader(state.t(words.STRENGTH), anchor=False, help=state.t(words.STRENGTH_HELP))
    parts.strengths(now)
