"""Train parts: the training as it will be started, and those at work."""

from __future__ import annotations

import streamlit as st

from app import actions, state, widgets, wording
from app import draft as recipe
from app.draft import Recipe
from app.folder import watch
from app.folder.entries import Entry
from app.views.train import words as training
from app.wording import plain
from trainer import job


def start(draft: Recipe) -> None:
    """The training as a command line, where it will write, and the button that starts it."""
    typed = st.text_input(
        training.RUN_STEM, key="stem", placeholder=recipe.stem(draft), help=training.RUN_STEM_HELP
    ).strip()
    run_dir = job.free_run_dir(state.place(), typed or recipe.stem(draft))
    config, problem = actions.checked(draft)
    if "/" in typed or "\\" in typed or typed in (".", ".."):
        problem = training.BAD_STEM
    if problem or config is None:
        st.error(plain(wording.sentence(problem)), icon=":material/error:")
    else:
        st.caption(plain(training.WRITES.format(run_dir)))
    pressed = st.button(
        training.START,
        icon=":material/play_arrow:",
        type="primary",
        key="start",
        disabled=bool(problem),
        width="stretch",
    )
    if config is not None and not problem:
        st.markdown(f"**{training.COMMAND}**")
        st.code(recipe.command(config, run_dir), language="sh", wrap_lines=True)
        if pressed:
            actions.start(config, run_dir)


def job_at_work(entry: Entry) -> None:
    """A training of ours: how far it is, how long it still takes, what can be asked of it, and what it last printed."""
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain(wording.short(entry.name, 24))}**", width="content")
            widgets.badge(wording.STATES[entry.state], wording.progress(entry.job))
            if entry.found is not None:
                widgets.badge(widgets.verdict_look(entry))
        if entry.job is not None and entry.job.epochs:
            left = training.LEFT.format(wording.duration(entry.left)) if entry.left else ""
            st.progress(min(entry.job.epoch / entry.job.epochs, 1.0), left or None)
        with st.container(horizontal=True):
            if st.button(training.OPEN_RUN, icon=":material/monitoring:", key=f"open-{entry.name}"):
                actions.open_run(entry.name)
            actions.job_buttons(entry, f"-{entry.name}")
        with st.expander(training.LOG_TAIL, on_change="rerun", key=f"log-{entry.name}") as fold:
            if fold.open:
                st.code(watch.log_tail(entry, 5) or wording.NOTHING_PRINTED, language=None, wrap_lines=True)
