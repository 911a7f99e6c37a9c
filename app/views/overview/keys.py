"""Keys: the table of all runs by keyboard, as its own keys only move: Enter opens, Space ticks, J and K walk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import streamlit as st

from app import state

KEY = "table-keys"
_keys = st.components.v2.component(
    "fitwatch.table_keys", js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
)


def listen() -> None:
    """Hear the keys of the table on this page; it takes a place on the page, if an empty one."""
    _keys(key=KEY, on_enter_change=lambda: None)


def entered() -> tuple[int, str] | None:
    """The place on the screen, and the first cell, of the row on which Enter was just pressed."""
    row = state.triggered(KEY, "enter")
    if not isinstance(row, Mapping) or not isinstance(row.get("place"), int) or not isinstance(row.get("name"), str):
        return None
    return row["place"], row["name"]


def place_of(row: tuple[int, str], shown: Sequence[str]) -> int | None:
    """The place of that row among the first cells as they were sent: a person may have sorted the table since."""
    place, name = row
    if 0 <= place < len(shown) and shown[place] == name:
        return place
    return next((at for at, cell in enumerate(shown) if cell == name), None)
