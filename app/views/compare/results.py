"""Compared: what became of the best value from one run to the others, and what differs between them."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from app import state, widgets, wording
from app.charts.compare import LOOKS
from app.charts.dots import dots_spec
from app.views.compare import settings, words
from app.views.compare.parts import Bundles, looks
from app.views.compare.settings import Change

Column = st.column_config


def against(bundles: Bundles) -> None:
    """What became of the best value against one of them."""
    names = list(bundles)
    wanted = state.shared("base")
    base = next((name for name, group in bundles.items() if wanted in [name, *(one.name for one in group)]), names[0])
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.subheader(words.BASE_TITLE, anchor=False, width="stretch")
            with st.container(width=320):
                state.menu(
                    "base",
                    words.BASE,
                    names,
                    now=base,
                    words=str,
                    choose=lambda name: state.share("base", name),
                    empty="",
                    help=words.BASE_HELP,
                )
        if len(names) == 1:
            st.text(words.BASE_ALONE)
            return
        found = {name: settings.against(bundles[base], bundles[name]) for name in names if name != base}
        changes = {name: change for name, (change, _) in found.items() if change is not None}
        if changes:
            spec = dots_spec(words.CHANGE_AXIS, len(changes), state.theme(), percent=True)
            widgets.chart(spec, {"dots": dots(changes)}, key="changes", alt=words.CHANGES_ALT.format(base))
        if len(changes) == 1:
            said(next(iter(changes.values())))
        else:
            widgets.texts(words.bases(changes))
        if refused := {name: why for name, (_, why) in found.items() if why}:
            st.text(words.refused(base, refused))


def said(change: Change) -> None:
    """A single change in a word and in numbers."""
    with st.container(horizontal=True, vertical_alignment="center"):
        widgets.badge(words.KINDS[change.kind])
        st.text(f"{words.change(change)}. {words.basis(change)}")


def dots(changes: Mapping[str, Change]) -> pd.DataFrame:
    """What ``dots_spec`` draws: a row a run."""
    rows = [
        (
            name,
            one.difference,
            one.difference if one.low is None else one.low,
            one.difference if one.high is None else one.high,
            one.kind,
            f"{words.KINDS[one.kind].word}: {words.change(one)}",
        )
        for name, one in changes.items()
    ]
    return pd.DataFrame(rows, columns=["name", "value", "low", "high", "kind", "label"])


def table(bundles: Bundles, place: str) -> str:
    """Each line's settings as far as they differ, and what came of it; the run that was clicked, or nothing."""
    groups = list(bundles.values())
    known = [settings.settings(group[0].run, place) for group in groups if group[0].run is not None]
    differ = settings.differing(known, together=any(len(group) > 1 for group in groups))
    results = [settings.result(group) for group in groups]
    shown = {
        "run": [[wording.short(name)] for name in bundles],
        **{f"set-{name}": [words.value(value) for value in values] for name, values in differ.items()},
        "best": [words.best(one) for one in results],
        "at": [one.at for one in results],
        "last": [one.last for one in results],
        "gap": [one.gap for one in results],
        "verdict": [words.verdicts(one) for one in results],
        "points": [one.points for one in results],
        "took": [words.took(one) for one in results],
    }
    colors = {wording.short(name): LOOKS[state.theme()][place].color for name, place in looks(bundles)}
    kinds = list(wording.VERDICTS.values())
    with st.container(border=True):
        st.subheader(words.TABLE, anchor=False, help=words.TABLE_HELP)
        picked = st.dataframe(
            pd.DataFrame(shown),
            hide_index=True,
            key="differences",
            on_select="rerun",
            selection_mode="single-cell",
            height="content",
            row_height=38,
            placeholder=wording.DASH,
            alt=words.TABLE_ALT,
            column_config={
                "run": Column.MultiselectColumn(
                    words.RUN, options=list(colors), color=list(colors.values()), pinned=True, width=250
                ),
                **{f"set-{name}": Column.TextColumn(words.setting(name)) for name in differ},
                "best": Column.TextColumn("Best", help=wording.COLUMNS["best"]),
                "at": Column.NumberColumn("at", format="%d", help=wording.COLUMNS["at"]),
                "last": Column.NumberColumn("Last", format="%.4g", help=words.LAST_HELP),
                "gap": Column.NumberColumn("Gap", format="%.3g", help=wording.COLUMNS["gap"]),
                "verdict": Column.MultiselectColumn(
                    "Verdict",
                    options=[f"{look.glyph} {look.word}" for look in kinds],
                    color=[look.color for look in kinds],
                ),
                "points": Column.NumberColumn("Length", format="%d", help=words.LENGTH_HELP),
                "took": Column.TextColumn("Time"),
            },
        )
        if not differ:
            st.caption(words.SAME_SETTINGS if settings.common(known) else words.NO_SETTINGS)
    cells = picked["selection"]["cells"]
    return groups[cells[0][0]][0].name if cells and cells[0][0] < len(groups) else ""
