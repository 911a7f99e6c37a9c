"""Keys: the table of all runs by keyboard, as its own keys only move: Enter opens, Space ticks, J and K walk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import streamlit as st

from app import state

KEY = "table-keys"
UNSEEN = "\u200b"  # a space without width
_keys = st.components.v2.component(
    "fitwatch.table_keys", js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
)


def listen() -> None:
    """Hear the keys of the table on this page; it takes a place on the page, if an empty one."""
    _keys(key=KEY, on_enter_change=lambda: None)


def entered() -> str | None:
    """The first cell of the row on which Enter was just pressed."""
    name = state.triggered(KEY, "enter")
    return name if isinstance(name, str) else None


def place_of(name: str, shown: Sequence[str]) -> int | None:
    """The place of that row among the first cells as they were sent: a person may have sorted the table since."""
    return next((place for place, cell in enumerate(shown) if cell == name), None)


def distinct(names: Iterable[str]) -> list[str]:
    """The names, of which those that look the same differ by what nobody sees: two folders may each hold a ``best``."""
    before: Counter[str] = Counter()
    told_apart = []
    for name in names:
        told_apart.append(name + UNSEEN * before[name])
        before[name] += 1
    return told_apart
