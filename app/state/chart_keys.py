"""Chart keys: a chart that is looked at in another way stays the one it was, unless it was zoomed meanwhile."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.state.inputs import fresh


def chart_key(name: str, look: object) -> str:
    """The key of a chart whose zoom belongs to this ``look``.

    Streamlit keeps a chart's zoom by its key, and with another key it takes the chart away before it draws the other,
    which leaves a hole for as long as that takes. So only a chart that was zoomed gives way to another one.
    """
    before, number = _charts().get(name, (look, 0))
    if look != before and _zoomed(_key(name, number)):
        number += 1
    _charts()[name] = look, number
    return _key(name, number)


def another_chart(name: str) -> None:
    """Let the chart begin anew, as it is looked at now."""
    look, number = _charts()[name]
    _charts()[name] = look, number + 1


def stays(what: object, *, now: bool) -> bool:
    """Whether this is so ``now`` or once was in this tab: what a chart shows does not go back and forth by itself."""
    seen: set[object] = st.session_state.setdefault("stays", set())
    if now:
        seen.add(what)
    return what in seen


def _charts() -> dict[str, tuple[object, int]]:
    charts: dict[str, tuple[object, int]] = st.session_state.setdefault("charts", {})
    return charts


def _key(name: str, number: int) -> str:
    return fresh(f"{name}-{number}")


def _zoomed(key: str) -> bool:
    drawn: Any = st.session_state.get(key)
    return drawn is not None and any(drawn["selection"].values())
