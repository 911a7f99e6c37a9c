"""Reveal: brings a part of the page into view when something in it begins, made in the browser, which alone scrolls."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_reveal = st.components.v2.component(
    "fitwatch.reveal", js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
)


def reveal(part: str, reason: str) -> None:
    """Scroll to the container with the key ``part`` as far as it is out of view, once for each ``reason``."""
    _reveal(data={"part": part, "reason": reason}, key=f"reveal-{part}")
