"""Inputs: widgets that show what is the case, whoever brought it about, and that no tick can set back."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import streamlit as st

from app.folder.entries import STANDARD
from app.state.access import DEFAULT_FOLDER, reaches
from app.state.address import TICKS, share, share_names, shared, shared_names
from app.state.choices import limits, open_folder, set_limit
from app.state.language import language, t
from app.wording.shell import THRESHOLDS
from app.wording.translation import LANGUAGES

Option = TypeVar("Option")


def bound(key: str, value: object) -> str:
    """The key of a widget that shows ``value``, whatever it showed before; its callback belongs in ``by_hand``."""
    key = f"{key}@{_renewed()}"
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value
    return key


def fresh(key: str) -> str:
    """The key of a widget that begins anew after each renewal, whatever it was left at."""
    return f"{key}@{_renewed()}"


def by_hand(act: Callable[[], None]) -> Callable[[], None]:
    """A widget's callback that does nothing once its widget was renewed.

    For a moment a tick still brings what the browser showed before, which Streamlit takes for another change by hand.
    """
    then = _renewed()
    return lambda: act() if _renewed() == then else None


def renew() -> None:
    """Give every bound widget another key: something else than a hand on it changed what it shows."""
    st.session_state["renewed"] = _renewed() + 1


def _renewed() -> int:
    return int(st.session_state.get("renewed", 0))


def typed(key: str) -> Any:
    """What the widget of that key was set to."""
    return st.session_state[key]


def triggered(key: str, what: str) -> Any:
    """What the component of that key has just said, known before it is drawn; ``None`` where it has said nothing."""
    said = st.session_state.get(key)
    return None if said is None else said.get(what)


def menu(
    key: str,
    label: str,
    options: Sequence[Option],
    *,
    now: Option | None,
    words: Callable[[Option], str],
    choose: Callable[[Option], None],
    empty: str,
    help: str | None = None,
    labeled: bool = True,
) -> None:
    """A menu that shows what is the case ``now``, whoever brought it about; a choice takes effect at once.

    ``empty`` stands there where nothing is; the label is shown where it is ``labeled``. ``words`` must not change from
    tick to tick: Streamlit tells options apart by their words, and takes one whose words are gone for another choice.
    """
    key = f"{key}@{now}@{_renewed()}"

    def changed() -> None:
        if typed(key) in options:
            choose(typed(key))
            renew()

    st.selectbox(
        t(label),
        options,
        index=None if now is None else options.index(now),
        format_func=words,
        key=key,
        on_change=by_hand(changed),
        placeholder=t(empty),
        help=t(help),
        label_visibility="visible" if labeled else "collapsed",
    )


def search_box(name: str, label: str, *, hint: str) -> None:
    """An input whose text stands in the address under ``name`` while it is typed."""
    key = bound(f"{name}-box", shared(name))
    st.text_input(
        t(label),
        key=key,
        type="search",
        live=True,
        placeholder=t(hint),
        label_visibility="collapsed",
        on_change=by_hand(lambda: share(name, typed(key))),
    )


def pills(
    name: str, label: str, options: Sequence[str], words: Callable[[str], str], *, wrap: bool | None = None
) -> None:
    """A choice of several that stands in the address under ``name``; other words make it another widget."""
    key = bound(
        f"{name}-{hash(tuple(t(words(option)) for option in options))}",
        [option for option in shared_names(name) if option in options],
    )
    st.pills(
        t(label),
        options,
        selection_mode="multi",
        format_func=lambda option: t(words(option)),
        key=key,
        label_visibility="collapsed",
        wrap=wrap,
        on_change=by_hand(lambda: share_names(name, typed(key))),
    )


def switch(name: str, label: str, *, help: str) -> bool:
    """Whether something is switched on, which stands in the address under ``name``; off unless it says so."""
    key = bound(f"{name}-switch", bool(shared(name)))
    st.toggle(t(label), key=key, help=t(help), on_change=by_hand(lambda: share(name, "on" if typed(key) else "")))
    return bool(shared(name))


def table(key: str, names: Sequence[str], ticked: Sequence[int]) -> str:
    """The key of a table with these rows, of which those at the places ``ticked`` begin ticked.

    Streamlit counts ticked and clicked rows by their place: other rows, or another order, make it another table.
    """
    key = f"{key}-{hash(tuple(names))}@{_renewed()}"
    if key not in st.session_state:
        st.session_state[key] = {"selection": {"rows": list(ticked), "columns": [], "cells": []}}
    return key


def clicked_row(key: str) -> int | None:
    """The place of the row whose button was just pressed, in a column of buttons with that key."""
    click = st.session_state.get(key)
    return None if click is None else int(click["row"])


def folder_box(label: str, *, help: str) -> None:
    """An input that opens another folder."""
    key = bound("folder_box", shared("logdir"))
    st.text_input(
        label, key=key, on_change=by_hand(lambda: open_folder(typed(key))), help=help, icon=":material/folder_open:"
    )


def default_folder_button(label: str) -> None:
    """The way back to the folder that is opened when none is asked for, where the app may open it."""
    if not reaches(os.path.abspath(DEFAULT_FOLDER)):
        return
    st.button(t(label.format(DEFAULT_FOLDER)), on_click=open_default_folder, icon=":material/folder_open:")


def open_default_folder() -> None:
    """Look at the folder that is opened when none is asked for."""
    open_folder(DEFAULT_FOLDER)
    renew()


def tick_box(label: str, words: Mapping[str, str], *, help: str) -> None:
    """An input for the speed of the ticks; ``words`` names each of ``TICKS``."""
    now = shared("tick") if shared("tick") in TICKS else ""
    key = bound("tick-box", now)
    st.segmented_control(
        label,
        list(TICKS),
        format_func=lambda speed: t(words[speed]),
        key=key,
        required=True,
        on_change=by_hand(lambda: share("tick", typed(key))),
        help=help,
        width="stretch",
    )


def language_box(label: str) -> None:
    """An input for the language; from then on it stands in the address."""
    key = bound("lang-box", language())
    st.segmented_control(
        label,
        list(LANGUAGES),
        format_func=lambda name: LANGUAGES[name],
        key=key,
        required=True,
        on_change=by_hand(lambda: share("lang", typed(key))),
        label_visibility="collapsed",
        width="stretch",
    )


def limit_box(name: str) -> None:
    """An input for one threshold, in the unit that a person reads it in."""
    look = THRESHOLDS[name]
    kind = type(getattr(STANDARD, name)) if look.scale == 1 else float
    key = bound(f"{name}-box", kind(round(getattr(limits(), name) * look.scale, 6)))
    st.number_input(
        t(look.label),
        kind(look.low * look.scale),
        kind(look.high * look.scale),
        step=kind(look.step),
        format="%d" if kind is int else "%g",
        key=key,
        on_change=by_hand(lambda: set_limit(name, typed(key) / look.scale)),
        help=t(look.about),
    )


def reset_limits() -> None:
    """Judge as everybody does."""
    for name in THRESHOLDS:
        set_limit(name, getattr(STANDARD, name))
    renew()
