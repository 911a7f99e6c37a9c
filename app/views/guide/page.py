"""Guide: what each regularizer does, how its strength shows, and what each verdict means."""

import streamlit as st

from app.views.guide import parts, words
from app.views.guide.lessons import LESSONS, formulas, usual
from app.wording import levers
from diagnostics import Verdict

now = parts.shown()
st.header(words.GUIDE, anchor=False)
st.text(words.ABOUT)
parts.part_box(now)

if now == "verdicts":
    st.text(words.VERDICTS_ABOUT)
    with st.grid(2, min_column_width=280):
        for verdict in Verdict:
            with st.container(border=True, height="stretch"):
                parts.example(verdict)
    st.stop()

parts.lesson_box(now)
lesson, look = LESSONS[now], levers.REGULARIZERS[now]
with st.container(horizontal=True, vertical_alignment="center"):
    st.subheader(look.title, anchor=False, width="content")
    st.space("stretch")
    parts.reference_button(now)
    parts.train_button(now)
# two columns only where the longest formula fits into one
with st.container(border=True), st.grid(2, min_column_width=360, gap="large"):
    with st.container():
        st.text(look.about)
        st.latex(formulas(lesson))
    with st.container():
        st.markdown(f"**{words.WHEN}**")
        st.text(lesson.when)
        st.markdown(f"**{words.USUAL}**", help=words.USUAL_HELP)
        st.markdown(usual(lesson))
with st.container(border=True):
    st.subheader(words.PICTURE, anchor=False, help=words.PICTURE_HELP)
    parts.pictures(now)
with st.container(border=True):
    st.subheader(words.STRENGTH, anchor=False, help=words.STRENGTH_HELP)
    parts.strengths(now)
