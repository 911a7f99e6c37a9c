"""State: which folder and which run this tab looks at, the same in the address and in the session."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import streamlit as st

from app.charts import Theme

DEFAULT_FOLDER = "runs"
SHARED = ("logdir", "run")  # kept in the address of every page


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
    for name, default in zip(SHARED, (arguments()[0], ""), strict=True):
        value = st.query_params.get(name) or st.session_state.get(name) or default
        st.session_state[name] = value
        if value and st.query_params.get(name) != value:
            st.query_params[name] = value


def folder() -> Path:
    """The log folder this tab looks at."""
    return Path(st.session_state["logdir"]).expanduser()


def folder_is_default() -> bool:
    """Whether nobody asked for this folder by name, so that its absence is no mistake."""
    return str(st.session_state["logdir"]) == DEFAULT_FOLDER


def open_folder(typed: str) -> None:
    """Look at another folder, or at the default one if nothing was typed; the run chosen in the old one is let go."""
    st.session_state.update(logdir=typed.strip() or arguments()[0], run="")
    for name in SHARED:
        st.query_params.pop(name, None)


def default_folder_button(label: str) -> None:
    """The way back to the folder that is opened when none is asked for."""
    st.button(label.format(DEFAULT_FOLDER), on_click=open_folder, args=[DEFAULT_FOLDER], icon=":material/folder_open:")


def folder_box(label: str, *, help: str) -> None:
    """An input that opens another folder."""
    st.session_state["folder_box"] = st.session_state["logdir"]
    st.text_input(
        label,
        key="folder_box",
        on_change=lambda: open_folder(st.session_state["folder_box"]),
        help=help,
        icon=":material/folder_open:",
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
