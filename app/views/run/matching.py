"""Matching: which series a verdict goes by, a menu to choose others, and what could not be read."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import actions, state, widgets, wording
from app.folder.quantities import any_finite
from app.views.run import matching_words as words
from diagnostics import Pair, Run

Column = st.column_config


def panel(name: str, run: Run) -> None:
    """What was matched, and what was skipped."""
    st.markdown(f"**{state.t(words.MATCHED)}**")
    if run.primary is not None:  # why nothing was is what the verdict says
        widgets.texts([words.why_matched(run)])
    menus(name, run)
    candidates(run)
    widgets.texts(words.skipped(run, without_numbers(run)))


def menus(name: str, run: Run) -> None:
    """A menu for each side, and the way back to what matches."""
    train, val = (run.primary.train, run.primary.val) if run.primary is not None else (None, None)
    sides = (
        ("train", words.TRAIN_SERIES, train, lambda key: actions.match(name, (key, val))),
        ("val", words.VAL_SERIES, val, lambda key: actions.match(name, (train, key))),
    )
    for (side, label, now, choose), column in zip(sides, st.columns(2), strict=True):
        with column:
            state.menu(
                f"{side}-of-{name}",
                label,
                sorted(run.curves),
                now=now,
                words=lambda key: words.series(key, run),
                choose=choose,
                empty=words.SIDE_MISSING,
                help=words.SIDE_HELP,
            )
    if words.by_hand(run):
        undo, again = [name, None], words.MATCH_AUTOMATICALLY
        st.button(state.t(again), icon=":material/undo:", key="unmatch", on_click=actions.match, args=undo)


def candidates(run: Run) -> None:
    """The pairs that came next, and those of other quantities."""
    others = other_pairs(run)
    if not others:
        return
    quantity, train, val, score = map(state.t, words.CANDIDATE_COLUMNS)
    rows = [
        (
            state.t(wording.title(pair.name)),
            pair.train and pair.train.tag,
            pair.val and pair.val.tag,
            pair.score or None,
        )
        for pair in others
    ]
    st.markdown(f"**{state.t(words.CANDIDATES)}**")
    st.dataframe(
        pd.DataFrame(rows, columns=[quantity, train, val, score]),
        hide_index=True,
        placeholder=wording.DASH,
        height="content" if len(rows) <= 8 else 320,
        alt=state.t(words.CANDIDATES_ALT),
        column_config={score: Column.NumberColumn(format="%.4g", help=state.t(words.SCORE_HELP), width="small")},
    )


def other_pairs(run: Run) -> list[Pair]:
    """Every pair but the primary one: those that came close first, each pair of series once."""
    pairs = {(pair.train, pair.val): pair for pair in (*reversed(run.pairs), *reversed(run.runners_up))}
    if run.primary is not None:
        pairs.pop((run.primary.train, run.primary.val), None)
    return list(reversed(pairs.values()))


def without_numbers(run: Run) -> list[str]:
    """The tags that hold nothing to draw: no value of theirs is finite."""
    return [key.tag for key, curve in run.curves.items() if not any_finite(curve)]
