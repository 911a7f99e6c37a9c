"""Address: what makes up a view, the same in the address and in the session, on every page."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote, unquote

import streamlit as st

from app.charts import Theme
from app.state.access import arguments

TICKS = {"fast": 0.5, "": 1.0, "slow": 2.0, "paused": None}  # how a speed is written in the address -> seconds


def keep_address() -> None:
    """Make the address and the session agree, the address first: a link opens the view it was copied from."""
    view = _shared()
    view.update({name: value for name, value in st.query_params.to_dict().items() if name != "token"})
    if not view.get("logdir"):
        view["logdir"] = arguments().logdir
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
