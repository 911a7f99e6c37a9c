"""Advice: what a run is told to change, why, and how to write it down in its own code."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app import state, widgets
from app.views.run import advice_words as words
from app.views.run.context import RunContext
from app.views.run.setup_form import setup_form
from app.wording import plain
from diagnostics import Recommendation, Run
from diagnostics.logs.framework import framework_of
from diagnostics.recommend.snippets import has_code, own_first, snippets_of

SHOWN = 3


def panel(context: RunContext) -> None:
    """Each change by how much and why, its code, the numbers behind it, and what would make it more exact."""
    advice = context.advice
    if not advice:
        st.caption(state.t(words.NOTHING))
        return
    grid(advice, context.entry.run)
    if not context.trials:  # beside which the promise stands, as it was made
        widgets.texts(words.expects(advice))
    snippets(advice, context.entry.run)
    if lines := words.evidence(advice):
        st.markdown(f"**{state.t(words.EVIDENCE)}**")
        st.caption("  \n".join(plain(state.t(line)) for line in lines))
    if not context.needs_details:
        st.markdown(f"**{state.t(words.ASK_MORE)}**")
        setup_form(context, needed=False)


def grid(advice: Sequence[Recommendation], run: Run | None) -> None:
    """Recommendations side by side."""
    with st.grid(min(SHOWN, len(advice)), min_column_width=240):
        for each in advice:
            recommendation(each, run)


def recommendation(advised: Recommendation, run: Run | None) -> None:
    """One change with its numbers, the reason, and where it comes from."""
    look, about = words.source(advised)
    with st.container(gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{state.t(words.lever(advised))}**", width="content", help=plain(state.t(about)))
            widgets.badge(look)
        st.text(state.t(words.why(advised, run)))
        if advised.range is not None:
            st.caption(state.t(words.between(advised)))


def snippets(advice: Sequence[Recommendation], run: Run | None) -> None:
    """The code of the next run, by framework, the run's own first."""
    if not any(map(has_code, advice)):
        return
    code = own_first(snippets_of(advice), None if run is None else framework_of(run))
    for tab, framework in zip(st.tabs([words.FRAMEWORKS[name] for name in code]), code, strict=True):
        with tab:
            st.code(code[framework], language="python")
