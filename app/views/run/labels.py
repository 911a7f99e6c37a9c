"""Labels: what a person calls a run, the color that tells it from others, and a note on it."""

from __future__ import annotations

import streamlit as st

from app import actions, state
from app.charts import PALETTE
from app.folder.labels import LONGEST
from app.views.run import words
from app.views.run.context import RunContext
from app.wording import plain


def form(context: RunContext) -> None:
    """Name, color and note of the run, to change."""
    if not state.may_act():
        return
    with st.popover(
        state.t(words.LABEL), icon=":material/edit:", type="tertiary", help=state.t(words.LABEL_HELP), key="label"
    ):
        name(context)
        color(context.entry.name)
        note(context)


def name(context: RunContext) -> None:
    """What the run is called; its folder's name where nothing is typed."""
    run, given = context.entry.name, state.display_name(context.entry.name, "")
    key = state.bound(f"name-of-{run}", given)
    st.text_input(
        state.t(words.NAME_LABEL),
        key=key,
        max_chars=LONGEST,
        placeholder=context.folder_name,
        on_change=state.by_hand(lambda: actions.label(lambda: state.rename(run, state.typed(key)))),
    )


def color(run: str) -> None:
    """The color of the run, wherever it is drawn among others; pressed again, it is taken away."""
    key = state.bound(f"color-of-{run}", state.colors().get(run))
    with st.container(key="colors"):
        st.pills(
            state.t(words.COLOR_LABEL),
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


def note(context: RunContext) -> None:
    """What a person noted of the run."""
    run = context.entry.name
    key = state.bound(f"note-of-{run}", context.note)
    st.text_area(
        state.t(words.NOTE_LABEL),
        key=key,
        height=90,
        on_change=state.by_hand(lambda: actions.label(lambda: state.keep_note(run, state.typed(key)))),
    )


def shown(context: RunContext) -> None:
    """The run's color beside its name, its folder where that is called otherwise, and the note."""
    if color := state.color(context.entry.name):
        st.html(f"<style>.st-key-run-name h2 {{ border-left: .35rem solid {color}; padding-left: .6rem; }}</style>")
    folder = f":material/folder: {plain(context.folder_name)}" if context.name != context.folder_name else ""
    noted = f":material/sticky_note_2: {plain(context.note)}" if context.note else ""
    if folder or noted:
        st.caption("\u2003".join(filter(None, [folder, noted])))
