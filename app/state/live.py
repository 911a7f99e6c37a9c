"""Live: the part of a page that draws itself anew while something in it is still going on."""

from __future__ import annotations

import time
from collections.abc import Callable

import streamlit as st
from streamlit.runtime.scriptrunner import RerunData, RerunException, get_script_run_ctx

from app.folder import remembered
from app.folder.entries import Snapshot
from app.folder.watch import POLL_URL_AT_MOST_EVERY
from app.state.address import TICKS, shared
from app.state.choices import place_is_remote

DRAWN = "drawn"  # the fragment's name
AGES = 60.0  # seconds after which the ages on a page are written anew


def tick() -> float | None:
    """Seconds from one look of a live page to the next; ``None`` while the person has paused that."""
    seconds = TICKS.get(shared("tick"), TICKS[""])
    return max(seconds, POLL_URL_AT_MOST_EVERY) if seconds is not None and place_is_remote() else seconds


def live_fragment(
    draw: Callable[[], None], live: Callable[[], bool], version: Callable[[], object] | None = None
) -> None:
    """Draw, and draw anew while it is live: at each tick at which ``version`` is another one, or without it at each.

    A look at the version costs the server and the browser a tenth of a drawing. Once the page begins or ends to be
    live, the whole of it runs again, and with it this.
    """
    ticking = live()
    every = tick() if ticking else None
    if version is None or every is None:
        st.fragment(_checked(draw, live, ticking), run_every=every, key=DRAWN)()
        return
    drawn: list[object] = []

    def draw_version() -> None:
        now = version()
        draw()
        drawn[:] = [now]  # what could not be drawn is tried again

    def look() -> None:
        if drawn != [version()]:
            _draw_now()

    with st.container():  # of its own: what is not sent yet is dropped when it draws, and what comes after it is not
        st.fragment(_checked(draw_version, live, ticking), key=DRAWN)()
    st.fragment(_checked(look, live, ticking), run_every=every)()


def draw_again() -> None:
    """In the callback of a part that is drawn by itself: draw all that is live, as more of it changes."""
    st.rerun(scope=DRAWN)


def _checked(draw: Callable[[], None], live: Callable[[], bool], ticking: bool) -> Callable[[], None]:
    """Draw, or run the whole page where it has begun or ended to be live."""

    def draw_or_run() -> None:
        if live() != ticking:
            st.rerun()
        draw()

    return draw_or_run


def _draw_now() -> None:
    """Run the fragment that draws next; what ``st.rerun(scope=DRAWN)`` does, which is for callbacks alone."""
    context = get_script_run_ctx()
    assert context is not None
    try:
        drawing = RerunData(
            query_string=context.query_string,
            page_script_hash=context.page_script_hash,
            fragment_id_queue=context.fragment_storage.resolve_target(DRAWN),
            is_fragment_scoped_rerun=True,
            cached_message_hashes=context.cached_message_hashes,
            context_info=context.context_info,
        )
    except (AttributeError, TypeError):  # another Streamlit, which has it elsewhere: the whole page draws it, too
        st.rerun()
    raise RerunException(drawing)


def version_of(snapshot: Snapshot) -> object:
    """Another one whenever the runs, what a person decided about them or the ages on a page may have changed."""
    return snapshot.version, remembered.version(), int(time.time() / AGES)
