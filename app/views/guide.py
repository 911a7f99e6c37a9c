"""Guide: what each regularizer does, how its strength shows, and what each verdict means."""

import streamlit as st

from app import lessons, wording
from app.wording import guide
from app.wording.lessons import LESSONS, formulas, usual
from diagnostics import Verdict

now = lessons.shown()
st.header(guide.GUIDE, anchor=False)
st.text(guide.ABOUT)
lessons.part_box(now)

if now == "verdicts":
    st.text(guide.VERDICTS_ABOUT)
    with st.grid(2, min_column_width=280):
        for verdict in Verdict:
            with st.container(border=True, height="stretch"):
                lessons.verdict(verdict)
    st.stop()

lessons.lesson_box(now)
lesson, look = LESSONS[now], wording.REGULARIZERS[now]
with st.container(horizontal=True, vertical_alignment="center"):
    st.subheader(look.title, anchor=False, width="content")
    st.space("stretch")
    lessons.reference_button(now)
    lessons.train_button(now)
with st.container(border=True):
    left, right = st.columns(2, gap="large")
    with left:
        st.text(look.about)
        st.latex(formulas(lesson))
    with right:
        st.markdown(f"**{guide.WHEN}**")
        st.text(lesson.when)
        st.markdown(f"**{guide.USUAL}**", help=guide.USUAL_HELP)
        st.markdown(usual(lesson))
with st.container(border=True):
    st.subheader(guide.PICTURE, anchor=False, help=guide.PICTURE_HELP)
    lessons.pictures(now)
with st.container(border=True):
    st.subheader(guide.STRENGTH, anchor=False, help=guide.STRENGTH_HELP)
    lessons.strengths(now)
