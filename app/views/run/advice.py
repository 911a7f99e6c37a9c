"""Advice: what a run is told to change, what is asked of the person for it, and the trials that prove it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from app import actions, widgets
from app.views.run import advice_words as words
from app.views.run.context import RunContext
from app.views.run.setup_form import setup_form
from app.wording import plain
from app.wording.levers import REGULARIZERS
from diagnostics import Recommendation, Run
from diagnostics.recommend.snippets import has_code, snippets_of

SHOWN = 3


def panel(context: RunContext) -> None:
    """What to change, by how much and why, and the buttons that prove it; nothing where there is nothing to say."""
    advice, entry = context.advice, context.entry
    if not advice:
        return
    without_number = any(each.suggested is None and "u" in each.evidence for each in advice)
    with st.container(border=True):
        st.subheader(words.TITLE, anchor=False, help=words.HELP)
        grid(advice[:SHOWN], entry.run)
        widgets.texts(words.expects(advice))
        if without_number:
            setup_form(context, needed=True)
        if entry.live:
            st.caption(words.WHEN_DONE)
        else:
            trial_buttons(context)
        with st.container(gap="small"):
            rest(advice[SHOWN:], entry.run)
            snippets(advice)
            evidence(advice)
            if not without_number:
                with st.expander(words.ASK_MORE, icon=":material/edit_note:", on_change="rerun", key="tell") as fold:
                    if fold.open:
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
            st.markdown(f"**{words.lever(advised)}**", width="content", help=plain(about))
            widgets.badge(look)
        st.text(words.why(advised, run))
        if advised.range is not None:
            st.caption(words.between(advised))


def rest(advice: Sequence[Recommendation], run: Run | None) -> None:
    """Recommendations that are shown once somebody unfolds them."""
    if advice:
        with st.expander(words.MORE.format(len(advice)), on_change="rerun", key="advice-more") as fold:
            if fold.open:
                grid(advice, run)


def snippets(advice: Sequence[Recommendation]) -> None:
    """The code of the next run, by framework."""
    if not any(map(has_code, advice)):
        return
    with st.expander(words.SNIPPETS, icon=":material/code:", on_change="rerun", key="snippets") as fold:
        if fold.open:
            code: Mapping[str, str] = snippets_of(advice)
            for tab, framework in zip(st.tabs([words.FRAMEWORKS[name] for name in code]), code, strict=True):
                with tab:
                    st.code(code[framework], language="python")


def evidence(advice: Sequence[Recommendation]) -> None:
    """The numbers behind the advice."""
    if lines := words.evidence(advice):
        with st.expander(words.EVIDENCE, icon=":material/science:", on_change="rerun", key="evidence") as fold:
            if fold.open:
                st.caption("  \n".join(plain(line) for line in lines))


def trial_buttons(context: RunContext) -> None:
    """A button for the next thing to try, or the command that does it for a run of another program."""
    entry, plan = context.entry, context.plan
    left = plan.left(context.trials)
    if plan.parent is None or not left:
        return
    proposal = left[0]
    if not plan.own:
        levers = [name for name in proposal.strengths if name in REGULARIZERS]
        st.caption(words.BY_COMMAND)
        st.code(words.command(str(entry.folder), levers, context.given), language="sh", wrap_lines=True)
        return
    label = words.TRY if len(left) == len(plan.proposals) else words.TRY_NEXT
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            label.format(words.changes(proposal.change(plan.parent))),
            icon=":material/science:",
            type="secondary" if any(trial.live for trial in context.trials) else "primary",
            key="try",
            help=words.TRY_HELP,
            on_click=actions.try_out,
            args=[entry, proposal.strengths],
        )
        if proposal.strengths.keys() != {"epochs"}:
            st.button(
                words.BRANCH,
                icon=":material/bolt:",
                key="try-branch",
                help=words.BRANCH_HELP,
                on_click=actions.try_out,
                args=[entry, proposal.strengths],
                kwargs={"branch": True},
            )
