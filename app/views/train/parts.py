"""Train parts: the training as it will be started, and those at work."""

from __future__ import annotations

import streamlit as st

from app import actions, state, widgets, wording
from app import draft as drafts
from app.draft import Draft
from app.folder import watch
from app.folder.entries import Entry
from app.views.train import checks, words
from app.wording import plain
from trainer import job


def start(draft: Draft) -> None:
    """The training as a command line, where it will write, and the button that starts it."""
    with st.container(border=True):
        st.subheader(state.t(words.START_TITLE), anchor=False)
        name = st.text_input(
            state.t(words.RUN_STEM), key="stem", placeholder=drafts.stem(draft), help=state.t(words.RUN_STEM_HELP)
        )
        name = name.strip() or drafts.stem(draft)
        config, problem = actions.checked(draft, name)
        run_dir = job.free_run_dir(state.place(), drafts.stem(draft) if config is None else name)
        wrong = checks.any_problem(draft)
        if wrong:
            st.error(state.t(words.CORRECT_FIRST), icon=":material/error:")
        elif config is None:
            st.error(plain(state.t(wording.sentence(problem))), icon=":material/error:")
        else:
            st.caption(plain(state.t(words.WRITES.format(run_dir))))
        pressed = st.button(
            state.t(words.START),
            icon=":material/play_arrow:",
            type="primary",
            key="start",
            disabled=config is None or wrong,
            width="stretch",
        )
        if config is not None and not wrong:
            st.markdown(f"**{state.t(words.COMMAND)}**")
            st.code(drafts.command(config, run_dir), language="sh", wrap_lines=True)
            if pressed:
                actions.start(config, run_dir)


def any_at_work() -> bool:
    """Whether a training of ours is at work in this folder."""
    return bool(_at_work())


def at_work() -> None:
    """The trainings of ours that are at work in this folder."""
    st.subheader(state.t(words.AT_WORK), anchor=False)
    entries = _at_work()
    if not entries:
        st.caption(state.t(words.NONE_AT_WORK))
    for entry in entries:
        job_at_work(entry)


def _at_work() -> list[Entry]:
    snapshot = watch.look(state.place(), state.limits())
    return [entry for entry in snapshot.entries if entry.job is not None and entry.live]


def job_at_work(entry: Entry) -> None:
    """A training of ours: how far it is, how long it still takes, what can be asked of it, and what it last printed."""
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            short = wording.short(entry.name, 24)
            st.markdown(f"**{plain(short)}**", width="content", help=plain(entry.name) if short != entry.name else None)
            widgets.badge(wording.STATES[entry.state], wording.progress(entry.job))
            if entry.diagnosis is not None:
                widgets.badge(widgets.verdict_look(entry))
        widgets.progress(entry)
        with st.container(horizontal=True):
            if st.button(state.t(words.OPEN_RUN), icon=":material/monitoring:", key=f"open-{entry.name}"):
                actions.open_run(entry.name)
            actions.job_buttons(entry, f"-{entry.name}")
        with st.expander(state.t(words.LOG_TAIL), on_change="rerun", key=f"log-{entry.name}") as fold:
            if fold.open:
                st.code(watch.log_tail(entry, 5) or wording.NOTHING_PRINTED, language=None, wrap_lines=True)
