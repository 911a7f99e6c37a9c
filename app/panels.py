"""Panels: the parts of pages in which a person decides something: what is matched, and how strictly is judged."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import acts, data, figures, state, widgets, wording
from app.entries import STANDARD
from diagnostics import Key, Run

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
        options: list[Key | None] = [*([] if now else [None]), *sorted(run.curves)]
        words = lambda key: wording.series(key, run) if key else wording.SIDE_MISSING  # noqa: E731
        with column:
            state.menu(f"{side}-of-{name}", label, options, now=now, words=words, choose=choose, help=wording.SIDE_HELP)
    if wording.by_hand(run):
        st.button(wording.MATCH_AUTOMATICALLY, icon=":material/undo:", on_click=acts.match, args=[name, None])
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


@st.dialog(wording.METHOD, width="large")
def method() -> None:
    """What stands behind the verdicts."""
    st.markdown(data.method().partition("\n")[2])
