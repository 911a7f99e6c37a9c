"""Settings: how a run was trained, and what differs from another run."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import state, wording
from app.folder import run_settings
from app.views.run import words
from app.views.run.context import RunContext
from diagnostics import Run


def panel(context: RunContext, run: Run) -> None:
    """All settings of the run, or those in which it differs from a run that is chosen."""
    st.markdown(f"**{state.t(words.SETTINGS)}**")
    own = run_settings.settings(run, context.snapshot.place)
    if not own:
        st.caption(state.t(words.NO_SETTINGS))
        return
    other = chosen(context)
    if other is None:
        show({name: [value] for name, value in own.items()}, [words.SETTING_COLUMNS[1]])
    elif rows := run_settings.differing([own, run_settings.settings(other, context.snapshot.place)]):
        show(rows, [context.entry.name, other.name])
    else:
        st.caption(state.t(words.NOTHING_DIFFERS))


def chosen(context: RunContext) -> Run | None:
    """The run that the address names for this, asked for in a menu."""
    others = {entry.name: entry.run for entry in context.snapshot.entries if entry.run and entry is not context.entry}
    now = state.shared("against") if state.shared("against") in others else ""
    if others:
        key = state.bound("against-box", now)
        st.selectbox(
            state.t(words.COMPARED_WITH),
            ["", *others],
            format_func=lambda name: name or state.t(words.NOBODY),
            key=key,
            on_change=state.by_hand(lambda: state.share("against", state.typed(key))),
            width=360,
        )
    return others.get(now)


def show(rows: dict[str, list[object]], columns: list[str]) -> None:
    """A row a setting; what a run does not name is a dash."""
    values = [[name, *(wording.DASH if value is None else str(value) for value in of)] for name, of in rows.items()]
    st.dataframe(
        pd.DataFrame(values, columns=[state.t(words.SETTING_COLUMNS[0]), *map(state.t, columns)]),
        hide_index=True,
        height="content" if len(values) <= 12 else 420,
        alt=state.t(words.SETTINGS_ALT),
    )
