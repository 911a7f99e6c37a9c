"""Panels: the parts of pages in which a person decides something: what is matched, and how strictly is judged."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import acts, data, figures, recipe, state, widgets, wording
from app.entries import STANDARD, Entry
from app.recipe import Recipe
from app.wording import plain, training
from diagnostics import Run
from trainer import job

Column = st.column_config


def matching(name: str, run: Run) -> None:
    """Which series the verdict goes by and why, a menu to choose others, and what could not be read."""
    widgets.texts([wording.why_matched(run)])
    pair = run.primary
    train, val = (pair.train, pair.val) if pair is not None else (None, None)
    sides = (
        ("train", wording.TRAIN_SERIES, train, lambda key: acts.match(name, (key, val))),
        ("val", wording.VAL_SERIES, val, lambda key: acts.match(name, (train, key))),
    )
    for (side, label, now, choose), column in zip(sides, st.columns(2), strict=True):
        with column:
            state.menu(
                f"{side}-of-{name}",
                label,
                sorted(run.curves),
                now=now,
                words=lambda key: wording.series(key, run),
                choose=choose,
                empty=wording.SIDE_MISSING,
                help=wording.SIDE_HELP,
            )
    if wording.by_hand(run):
        st.button(
            wording.MATCH_AUTOMATICALLY, icon=":material/undo:", key="unmatch", on_click=acts.match, args=[name, None]
        )
    candidates(run)
    widgets.texts(wording.skipped(run, figures.without_numbers(run)))


def candidates(run: Run) -> None:
    """The pairs that came next, and those of other quantities."""
    others = figures.candidates(run)
    if not others:
        return
    quantity, train, val, score = wording.CANDIDATE_COLUMNS
    rows = [
        (wording.title(pair.name), pair.train and pair.train.tag, pair.val and pair.val.tag, pair.score or None)
        for pair in others
    ]
    st.markdown(f"**{wording.CANDIDATES}**")
    st.dataframe(
        pd.DataFrame(rows, columns=[quantity, train, val, score]),
        hide_index=True,
        placeholder=wording.DASH,
        height="content" if len(rows) <= 8 else 320,
        alt=wording.CANDIDATES_ALT,
        column_config={score: Column.NumberColumn(format="%.4g", help=wording.SCORE_HELP, width="small")},
    )


def limits() -> None:
    """How strictly this tab judges, with the way back to the defaults and to what stands behind them."""
    changed = state.limits() != STANDARD
    with st.expander(wording.LIMITS_CHANGED if changed else wording.LIMITS, icon=":material/tune:", key="limits"):
        st.caption(wording.LIMITS_ABOUT)
        for name in wording.THRESHOLDS:
            state.limit_box(name)
        st.button(
            wording.LIMITS_RESET,
            icon=":material/undo:",
            on_click=state.reset_limits,
            disabled=not changed,
            key="reset-limits",
        )
        if data.method() and st.button(wording.METHOD, icon=":material/menu_book:", key="method", type="tertiary"):
            method()


def start(draft: Recipe) -> None:
    """The training as a command line, where it will write, and the button that starts it."""
    typed = st.text_input(
        training.RUN_STEM, key="stem", placeholder=recipe.stem(draft), help=training.RUN_STEM_HELP
    ).strip()
    run_dir = job.free_run_dir(state.place(), typed or recipe.stem(draft))
    config, problem = acts.checked(draft)
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
            acts.start(config, run_dir)


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
                acts.open_run(entry.name)
            acts.job_buttons(entry, f"-{entry.name}")
        with st.expander(training.LOG_TAIL, on_change="rerun", key=f"log-{entry.name}") as fold:
            if fold.open:
                st.code(data.log_tail(entry, 5) or wording.NOTHING_PRINTED, language=None, wrap_lines=True)


@st.dialog(wording.METHOD, width="large")
def method() -> None:
    """What stands behind the verdicts."""
    st.markdown(data.method().partition("\n")[2])
