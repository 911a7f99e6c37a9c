"""Panels: the parts of pages in which a person decides something: what is matched, and how strictly is judged."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from app import actions, state, widgets, wording
from app.charts import frames
from app.charts.heat import heat_spec
from app.controls import choice
from app.views.run import figures, matching_words, words
from app.wording import charts as chart_words
from diagnostics import Run

Column = st.column_config


def matching(name: str, run: Run) -> None:
    """Which series the verdict goes by and why, a menu to choose others, and what could not be read."""
    widgets.texts([matching_words.why_matched(run)])
    pair = run.primary
    train, val = (pair.train, pair.val) if pair is not None else (None, None)
    sides = (
        ("train", matching_words.TRAIN_SERIES, train, lambda key: actions.match(name, (key, val))),
        ("val", matching_words.VAL_SERIES, val, lambda key: actions.match(name, (train, key))),
    )
    for (side, label, now, choose), column in zip(sides, st.columns(2), strict=True):
        with column:
            state.menu(
                f"{side}-of-{name}",
                label,
                sorted(run.curves),
                now=now,
                words=lambda key: matching_words.series(key, run),
                choose=choose,
                empty=matching_words.SIDE_MISSING,
                help=matching_words.SIDE_HELP,
            )
    if matching_words.by_hand(run):
        st.button(
            matching_words.MATCH_AUTOMATICALLY,
            icon=":material/undo:",
            key="unmatch",
            on_click=actions.match,
            args=[name, None],
        )
    candidates(run)
    widgets.texts(matching_words.skipped(run, figures.without_numbers(run)))


def candidates(run: Run) -> None:
    """The pairs that came next, and those of other quantities."""
    others = figures.candidates(run)
    if not others:
        return
    quantity, train, val, score = matching_words.CANDIDATE_COLUMNS
    rows = [
        (wording.title(pair.name), pair.train and pair.train.tag, pair.val and pair.val.tag, pair.score or None)
        for pair in others
    ]
    st.markdown(f"**{matching_words.CANDIDATES}**")
    st.dataframe(
        pd.DataFrame(rows, columns=[quantity, train, val, score]),
        hide_index=True,
        placeholder=wording.DASH,
        height="content" if len(rows) <= 8 else 320,
        alt=matching_words.CANDIDATES_ALT,
        column_config={score: Column.NumberColumn(format="%.4g", help=matching_words.SCORE_HELP, width="small")},
    )


def layer_map(run: Run) -> None:
    """One quantity of every layer over the run, as colour."""
    found = figures.layers(run)
    what = state.shared("layers")
    what = what if what in found else next(iter(found))
    if len(found) > 1:
        choice("layers", words.QUANTITY, {name: one.title for name, one in found.items()}, list(found), now=what)
    shown = found[what]
    x = chart_words.axis(run.x_axis)
    title = words.GREW.format(shown.title) if shown.relative else shown.title
    spec = heat_spec(x, title, len(shown.curves), percent=not shown.relative)
    cells = frames.heat(shown.curves, relative=shown.relative)
    widgets.chart(spec, {"heat": cells}, key="layer-map", alt=words.LAYER_MAP_ALT.format(shown.title))
    if shown.about:
        st.caption(shown.about)


def audit(run: Run, strengths: Mapping[str, float]) -> None:
    """Each regularizer of the run: how strong it is, and whether it really is on."""
    findings, others = figures.audit(run, strengths)
    for name, strength in strengths.items():
        if strength or name in findings:
            look, why = words.audited(findings.get(name, ""), ours=figures.is_ours(run))
            with st.container(gap=None):
                with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                    st.markdown(f"**{words.regularizer(name)}** {wording.number(strength)}", width="content")
                    widgets.badge(look)
                st.text(why)
    widgets.texts(others)
    off = [words.regularizer(name) for name, strength in strengths.items() if not strength and name not in findings]
    if off:
        st.caption(words.OFF.format(", ".join(off)))
