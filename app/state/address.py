"""Address: what makes up a view, the same in the address and in the session, on every page."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from urllib.parse import quote, unquote

import streamlit as st

from app.charts import Theme

DEFAULT_FOLDER = "runs"
TICKS = {"fast": 0.5, "": 1.0, "slow": 2.0, "paused": None}  # how a speed is written in the address -> seconds


def arguments() -> tuple[str, list[str]]:
    """The folder given on the command line after ``--`` (or the default), and what was not understood."""
    parser = argparse.ArgumentParser(add_help=False, exit_on_error=False, allow_abbrev=False)
    parser.add_argument("--logdir", default=DEFAULT_FOLDER)
    try:
        parsed, unknown = parser.parse_known_args(sys.argv[1:])
    except argparse.ArgumentError:
        return DEFAULT_FOLDER, sys.argv[1:]
    return parsed.logdir or DEFAULT_FOLDER, unknown


def keep_address() -> None:
    """Make the address and the session agree, the address first: a link opens the view it was copied from."""
    view = _shared()
    view.update(st.query_params.to_dict())
    if not view.get("logdir"):
        view["logdir"] = arguments()[0]
    for name, value in view.items():
        if st.query_params.get(name) != value:
            st.query_params[name] = value


def shared(name: str, default: str = "") -> str:
    """What the address says under ``name``, on whatever page it was said; ``default`` where it says nothing.

    Everything that makes up a view (an axis, a smoothing, a filter) belongs here: it survives a reload, a change of
    page and a copied link. A name means one thing in the whole app. What comes from an address may be anything, so
    whoever reads it checks it.
    """
    return _shared().get(name) or default


def share(name: str, value: str) -> None:
    """Let the address say this from now on, on every page; with nothing to say the name goes out of it.

    To be called where something was done (a callback, a button), so that what is drawn after it is already so.
    """
    if value:
        _shared()[name] = st.query_params[name] = value
    else:
        _shared().pop(name, None)
        st.query_params.pop(name, None)


def shared_names(name: str) -> list[str]:
    """Several names under one name of the address, in their order."""
    return [unquote(part) for part in shared(name).split(" ") if part]


def share_names(name: str, values: Sequence[str]) -> None:
    """Let the address hold these names, whatever characters they have."""
    share(name, " ".join(quote(value, safe="/:=,+@()[]") for value in dict.fromkeys(values)))


def _shared() -> dict[str, str]:
    view: dict[str, str] = st.session_state.setdefault("shared", {})
    return view


def address() -> dict[str, str]:
    """The query parameters that lead to this view."""
    return dict(_shared())


def theme() -> Theme:
    """``"light"`` or ``"dark"``, as the page is shown."""
    return "dark" if st.context.theme.type == "dark" else "light"
