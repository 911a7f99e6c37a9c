"""Label form: what a person calls a run, the color that tells it from others, and a note on it."""

from __future__ import annotations

import streamlit as st

from app import actions, state
from app.charts import PALETTE
from app.folder.labels import LONGEST
from app.wording import labels as words


def label_form(run: str, folder_name: str, *, enabled: bool = True) -> None:
    """Name, color and note of a run, to change; its folder's name stands where nobody named it."""
    if not state.may_act():
        return
    with st.popover(state.t(words.LABEL), icon=":material/edit:", disabled=not enabled, key="label"):
        if enabled:
            name(run, folder_name)
            color(run)
            note(run)
            st.caption(state.t(words.ABOUT))


def name(run: str, folder_name: str) -> None:
    """What the run is called; its folder's name where nothing is typed."""
    key = state.bound(f"name-of-{run}", state.display_name(run, ""))
    st.text_input(
        state.t(words.NAME),
        key=key,
        max_chars=LONGEST,
        placeholder=folder_name,
        on_change=state.by_hand(lambda: actions.label(lambda: state.rename(run, state.typed(key)))),
    )


def color(run: str) -> None:
    """The color of the run, wherever it is drawn among others; pressed again, it is taken away."""
    key = state.bound(f"color-of-{run}", state.colors().get(run))
    with st.container(key="colors"):
        st.pills(
            state.t(words.COLOR),
            list(PALETTE),
            format_func=lambda name: state.t(words.COLORS[name]),
            key=key,
            on_change=state.by_hand(lambda: actions.label(lambda: state.give_color(run, state.typed(key)))),
        )
    swatches()


def swatches() -> None:
    """Let each color be seen before its word."""
    rules = (
        f".st-key-colors button:nth-of-type({place})::before {{ background: {shades[state.theme()]}; }}"
        for place, shades in enumerate(PALETTE.values(), 1)
    )
    st.html(f"<style>{''.join(rules)}</style>")


def note(run: str) -> None:
    """What a person noted of the run."""
    key = state.bound(f"note-of-{run}", state.note(run))
    st.text_area(
        state.t(words.NOTE),
        key=key,
        height=90,
        on_change=state.by_hand(lambda: actions.label(lambda: state.keep_note(run, state.typed(key)))),
    )
