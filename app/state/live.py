"""Live: the part of a page that draws itself anew while something in it is still going on."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from app.folder.watch import POLL_URL_AT_MOST_EVERY
from app.state.address import TICKS, shared
from app.state.choices import place_is_remote


def tick() -> float | None:
    """Seconds from one drawing of a live page to the next; ``None`` while the person has paused that."""
    seconds = TICKS.get(shared("tick"), TICKS[""])
    return max(seconds, POLL_URL_AT_MOST_EVERY) if seconds is not None and place_is_remote() else seconds


def live_fragment(draw: Callable[[], None], live: Callable[[], bool], *, every: float | None = None) -> None:
    """Draw, and draw anew at every tick (or ``every`` so many seconds) while it is live.

    Once it begins or ends to be live, the whole page runs again, and with it this.
    """
    ticking = live()

    def draw_again() -> None:
        if live() != ticking:
            st.rerun()
        draw()

    st.fragment(draw_again, run_every=(every or tick()) if ticking else None)()
