"""State: which logs and which run this tab looks at, and how strictly; the same in the address and in the session."""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import streamlit as st

from app.charts import Theme
from app.entries import STANDARD
from app.recipe import Recipe
from app.wording import THRESHOLDS
from diagnostics.evidence import Thresholds
from diagnostics.logs.remote import is_url

DEFAULT_FOLDER = "runs"
SHARED = ("logdir", "run", *THRESHOLDS)  # kept in the address of every page
Option = TypeVar("Option")


def arguments() -> tuple[str, list[str]]:
    """The folder given on the command line after ``--`` (or the default), and what was not understood."""
    parser = argparse.ArgumentParser(add_help=False, exit_on_error=False, allow_abbrev=False)
    parser.add_argument("--logdir", default=DEFAULT_FOLDER)
    try:
        known, unknown = parser.parse_known_args(sys.argv[1:])
    except argparse.ArgumentError:
        return DEFAULT_FOLDER, sys.argv[1:]
    return known.logdir or DEFAULT_FOLDER, unknown


def keep_address() -> None:
    """Make the address and the session agree, the address first: a link opens the view it was copied from."""
    defaults = {"logdir": arguments()[0]}
    for name in SHARED:
        value = st.query_params.get(name) or st.session_state.get(name) or defaults.get(name, "")
        st.session_state[name] = value
        if value and st.query_params.get(name) != value:
            st.query_params[name] = value


def place() -> str:
    """The logs this tab looks at: a URL, or the absolute path of a folder."""
    typed = str(st.session_state["logdir"])
    return typed.rstrip("/") if is_url(typed) else os.path.abspath(os.path.expanduser(typed))


def place_is_remote() -> bool:
    """Whether it is a URL, where no training of this machine can write."""
    return is_url(place())


def place_is_default() -> bool:
    """Whether nobody asked for this folder by name, so that its absence is no mistake."""
    return str(st.session_state["logdir"]) == DEFAULT_FOLDER


def open_folder(typed: str) -> None:
    """Look at another folder, or at the default one if nothing was typed; the run chosen in the old one is let go."""
    st.session_state.update(logdir=typed.strip() or arguments()[0], run="")
    for name in ("logdir", "run"):
        st.query_params.pop(name, None)


def default_folder_button(label: str) -> None:
    """The way back to the folder that is opened when none is asked for."""
    st.button(label.format(DEFAULT_FOLDER), on_click=open_default_folder, icon=":material/folder_open:")


def open_default_folder() -> None:
    """Look at the folder that is opened when none is asked for."""
    open_folder(DEFAULT_FOLDER)
    renew()


def folder_box(label: str, *, help: str) -> None:
    """An input that opens another folder."""
    key = bound("folder_box", st.session_state["logdir"])
    st.text_input(
        label, key=key, on_change=by_hand(lambda: open_folder(typed(key))), help=help, icon=":material/folder_open:"
    )


def limits() -> Thresholds:
    """When a rise counts in this tab; what the address says wrongly is as by default."""
    found = {name: _limit(name, st.session_state.get(name, "")) for name in THRESHOLDS}
    return Thresholds(**found)  # type: ignore[arg-type]


def _limit(name: str, written: str) -> float:
    default, look = getattr(STANDARD, name), THRESHOLDS[name]
    try:
        value = float(written)
    except ValueError:
        return float(default) if isinstance(default, float) else int(default)
    in_range = math.isfinite(value) and look.low <= value <= look.high
    return type(default)(value) if in_range else default  # type: ignore[no-any-return]


def limit_box(name: str) -> None:
    """An input for one threshold, in the unit that a person reads it in."""
    look = THRESHOLDS[name]
    kind = type(getattr(STANDARD, name)) if look.scale == 1 else float
    key = bound(f"{name}-box", kind(round(getattr(limits(), name) * look.scale, 6)))
    st.number_input(
        look.label,
        kind(look.low * look.scale),
        kind(look.high * look.scale),
        step=kind(look.step),
        format="%d" if kind is int else "%g",
        key=key,
        on_change=by_hand(lambda: set_limit(name, typed(key) / look.scale)),
        help=look.about,
    )


def set_limit(name: str, value: float) -> None:
    """Judge with this threshold from now on; the default needs no place in the address."""
    st.session_state[name] = "" if math.isclose(value, getattr(STANDARD, name)) else f"{value:g}"
    st.query_params.pop(name, None)


def reset_limits() -> None:
    """Judge as everybody does."""
    for name in THRESHOLDS:
        set_limit(name, getattr(STANDARD, name))
    renew()


def draft() -> Recipe:
    """The training that is being put together in this tab."""
    return dict(st.session_state.get("draft", {}))


def keep_draft(changed: Recipe) -> None:
    """Put this together from now on."""
    st.session_state["draft"] = changed


def bound(key: str, value: object) -> str:
    """The key of a widget that shows ``value``, whatever it showed before; its callback belongs in ``by_hand``."""
    key = f"{key}@{_renewed()}"
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value
    return key


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
) -> None:
    """A menu that shows what is the case ``now``, whoever brought it about; a choice takes effect at once.

    ``empty`` stands there where nothing is. ``words`` must not change from tick to tick: Streamlit tells options apart
    by their words, and takes one whose words are gone for another choice.
    """
    key = f"{key}@{now}@{_renewed()}"

    def changed() -> None:
        if typed(key) in options:
            choose(typed(key))
            renew()

    st.selectbox(
        label,
        options,
        index=None if now is None else options.index(now),
        format_func=words,
        key=key,
        on_change=by_hand(changed),
        placeholder=empty,
        help=help,
    )


def run_name() -> str:
    """The run the Run page shows; empty when none was chosen."""
    return str(st.session_state.get("run", ""))


def choose(name: str) -> None:
    """Make ``name`` the run that the Run page shows, in the session and in the address."""
    st.session_state["run"] = name
    st.query_params["run"] = name


def show_rows(names: list[str]) -> None:
    """Remember the order of a table's rows, so that a click means the row that was on the screen."""
    st.session_state["rows"] = names


def shown_rows() -> list[str]:
    """The rows as they were when the table was last drawn."""
    return list(st.session_state.get("rows", []))


def address() -> dict[str, str]:
    """The query parameters that lead to this view."""
    return {name: st.session_state[name] for name in SHARED if st.session_state.get(name)}


def theme() -> Theme:
    """``"light"`` or ``"dark"``, as the page is shown."""
    return "dark" if st.context.theme.type == "dark" else "light"
