"""Advice: what a run is told to change, what is asked of the person for it, and the trials that prove it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import streamlit as st

from app import actions, state, widgets
from app.folder import trials_of_run
from app.folder.entries import Entry
from app.folder.trials_of_run import Plan
from app.views.run import advice_words as words
from app.wording import plain
from app.wording.levers import REGULARIZERS
from diagnostics import GivenSetup, Recommendation, Setup
from diagnostics.recommend.snippets import in_next_run, snippets_of
from diagnostics.trials.ledger import Ledger

SHOWN = 3


def panel(entry: Entry, tried: Sequence[Entry], given: GivenSetup, ledger: Ledger) -> None:
    """What to change, by how much and why, and the buttons that prove it; nothing where there is nothing to say."""
    if entry.known is None or entry.found is None:
        return
    advice = entry.known.advice(entry.found, state.place(), given, ledger)
    if not advice:
        return
    with st.container(border=True):
        st.subheader(words.TITLE, anchor=False, help=words.HELP)
        with st.grid(min(SHOWN, len(advice)), min_column_width=240):
            for one in advice[:SHOWN]:
                recommendation(one, entry)
        widgets.texts(words.expects(advice))
        open_ones = any(one.suggested is None and "u" in one.evidence for one in advice)
        if open_ones:
            ask(entry, given, entry.known.setup(state.place(), given), needed=True)
        if entry.live:
            st.caption(words.WHEN_DONE)
        else:
            buttons(entry, trials_of_run.plan(entry, state.place(), given, ledger), tried, given)
        more(entry, advice, given, asked=open_ones)


def recommendation(one: Recommendation, entry: Entry) -> None:
    """One change with its numbers, the reason, and where it comes from."""
    look, about = words.source(one)
    with st.container(gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{words.lever(one)}**", width="content", help=plain(about))
            widgets.badge(look)
        st.text(words.why(one, entry.run))
        if one.range is not None:
            st.caption(words.between(one))


def more(entry: Entry, advice: Sequence[Recommendation], given: GivenSetup, *, asked: bool) -> None:
    """What is unfolded on demand: the rest of the advice, its evidence, the code, and what more could be told."""
    assert entry.known is not None
    with st.container(gap="small"):
        if rest := advice[SHOWN:]:
            with st.expander(words.MORE.format(len(rest)), on_change="rerun", key="advice-more") as fold:
                if fold.open:
                    with st.grid(SHOWN, min_column_width=240):
                        for one in rest:
                            recommendation(one, entry)
        if any(in_next_run(one) and one.suggested for one in advice):
            with st.expander(words.SNIPPETS, icon=":material/code:", on_change="rerun", key="snippets") as fold:
                if fold.open:
                    snippets(snippets_of(advice))
        if lines := words.evidence(advice):
            with st.expander(words.EVIDENCE, icon=":material/science:", on_change="rerun", key="evidence") as fold:
                if fold.open:
                    st.caption("  \n".join(plain(line) for line in lines))
        if not asked:
            with st.expander(words.ASK_MORE, icon=":material/edit_note:", on_change="rerun", key="tell") as fold:
                if fold.open:
                    ask(entry, given, entry.known.setup(state.place(), given), needed=False)


def snippets(code: Mapping[str, str]) -> None:
    """The code of the next run, by framework."""
    for tab, framework in zip(st.tabs([words.FRAMEWORKS[name] for name in code]), code, strict=True):
        with tab:
            st.code(code[framework], language="python")


def ask(entry: Entry, given: GivenSetup, setup: Setup, *, needed: bool) -> None:
    """A form for what the log does not say of how a run was trained; what is told is remembered for this run."""
    kinds = [None, *words.KINDS]
    lacks_lr = given.lr is not None or (setup.lr is None and setup.lr_sum is None)
    lacks_steps = given.steps_per_epoch is not None or setup.steps is None
    with st.form(f"tell-{entry.name}", border=False):
        if needed:
            st.markdown(f"**{words.ASK}**")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            keys = {}
            if lacks_lr:
                keys["lr"] = number(entry, "lr", words.LR, given.lr, step=1e-4)
            if lacks_steps:
                keys["steps_per_epoch"] = number(
                    entry, "steps_per_epoch", words.STEPS_PER_EPOCH, given.steps_per_epoch, step=1.0,
                    help=words.STEPS_PER_EPOCH_HELP,
                )  # fmt: skip
            if given.architecture is not None or setup.architecture is None:
                keys["architecture"] = state.bound(f"tell-architecture-{entry.name}", given.architecture)
                st.selectbox(
                    words.ARCHITECTURE,
                    kinds,
                    format_func=lambda kind: words.UNSURE if kind is None else words.KINDS[kind],
                    key=keys["architecture"],
                    width=220,
                )
            keys["val_samples"] = number(
                entry, "val_samples", words.VAL_SAMPLES, given.val_samples, step=1, help=words.VAL_SAMPLES_HELP
            )
            st.form_submit_button(
                words.TELL,
                on_click=lambda: actions.give_setup(
                    entry.name, replace(given, **{k: state.typed(v) for k, v in keys.items()})
                ),
            )


def number(entry: Entry, name: str, label: str, value: float | None, *, step: float, help: str = "") -> str:
    """An input for one number that may be left empty; its key."""
    key = state.bound(f"tell-{name}-{entry.name}", value)
    whole = isinstance(step, int)
    st.number_input(
        label, 1 if whole else 0.0, value=None, step=step, format="%d" if whole else "%g", key=key, width=150,
        help=help or None,
    )  # fmt: skip
    return key


def buttons(entry: Entry, plan: Plan, tried: Sequence[Entry], given: GivenSetup) -> None:
    """A button for the next thing to try, or the command that does it for a run of another program."""
    left = plan.left(tried)
    if plan.parent is None or not left:
        return
    if not plan.own:
        levers = [name for name in left[0].strengths if name in REGULARIZERS]
        st.caption(words.BY_COMMAND)
        st.code(words.command(str(entry.folder), levers, given), language="sh", wrap_lines=True)
        return
    one = left[0]
    label = words.TRY if len(left) == len(plan.proposals) else words.TRY_NEXT
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            label.format(words.changes(one.change(plan.parent))),
            icon=":material/science:",
            type="secondary" if any(trial.live for trial in tried) else "primary",
            key="try",
            help=words.TRY_HELP,
            on_click=actions.try_out,
            args=[entry, one.strengths],
        )
        if one.strengths.keys() != {"epochs"}:
            st.button(
                words.BRANCH,
                icon=":material/bolt:",
                key="try-branch",
                help=words.BRANCH_HELP,
                on_click=actions.try_out,
                args=[entry, one.strengths],
                kwargs={"branch": True},
            )
