"""Shell: what stands around every page."""

from __future__ import annotations

import gc
from functools import cache
from pathlib import Path

import streamlit as st

from app import state, wording
from app.folder import watch
from app.folder.entries import STANDARD
from app.folder.tensorboard_process import Board
from app.state import t
from app.wording import access as access_words
from app.wording import plain, shell

TICK = 0.5  # seconds, while TensorBoard starts

_tab = st.components.v2.component("fitwatch.tab", js=Path(__file__).with_name("tab.js").read_text(encoding="utf-8"))


def tell_browser(page: str) -> None:
    """Which page this is, so that the sidebar of a phone closes once another was chosen in it, and in what language.

    And what to say inside a page of another address, in which nothing that acts can be clicked: that page may lie over
    this one unseen, so that a click on it starts or stops something here.
    """
    # no list, for which Streamlit would import pandas, and a person wait
    framed = (t(access_words.FRAMED), t(access_words.OPEN_ALONE)) if state.may_act() else ()
    _tab(data={"page": page, "language": state.language(), "framed": framed}, key="tab")


def reading() -> None:
    """Look at the folder for the first time; where that takes long, as with very many runs or a URL, it is said."""
    with st.spinner(plain(t(shell.READING.format(wording.short(state.place(), 60)))), show_time=True):
        watch.look(state.place(), state.limits())


def tensorboard() -> None:
    """Starts TensorBoard over the folder, leads to it and ends it; a folder behind a URL is not for it."""
    if state.place_is_remote() or not state.may_act():
        return
    board = watch.board(state.place())
    starting = board.state == "starting"

    def live() -> None:
        if (board.state == "starting") != starting:
            st.rerun()
        _tensorboard(board)

    st.fragment(live, run_every=TICK if starting else None)()


def _tensorboard(board: Board) -> None:
    if board.state == "on":
        with st.container(horizontal=True, gap="xsmall"):
            st.link_button(t(shell.TENSORBOARD_OPEN), board.address, icon=":material/open_in_new:")
            st.button(
                "",
                icon=":material/stop:",
                help=t(shell.TENSORBOARD_STOP),
                on_click=board.stop,
                key="tensorboard-stop",
            )
        return
    st.button(
        t(shell.TENSORBOARD_STARTING) if board.state == "starting" else t(shell.TENSORBOARD),
        icon="spinner" if board.state == "starting" else ":material/insights:",
        help=t(shell.TENSORBOARD_HELP),
        disabled=board.state == "starting",
        on_click=board.start,
        kwargs={"private": bool(state.arguments().token)},
        key="tensorboard",
    )
    if board.state == "failed":
        st.caption(plain(t(shell.tensorboard_trouble(board.trouble))))


def out_of_reach() -> None:
    """That a folder was asked for which the app was not started over, and what is shown instead."""
    if asked := state.refused_place():
        text = access_words.OUT_OF_REACH.format(asked, state.place())
        st.warning(plain(t(text)), icon=":material/folder_off:")


def access() -> None:
    """Why nothing can be started here."""
    if reason := state.why_not():
        st.info(t(reason), icon=":material/lock:")


def need_to_act() -> None:
    """End the page here, with the reason, where nothing can be started or written."""
    if reason := state.why_not():
        st.info(t(reason), icon=":material/lock:")
        st.stop()


def need_local(title: str, way_out: str) -> None:
    """End the page here, with what to do about it, where a URL is looked at and the page needs a folder."""
    if not state.place_is_remote():
        return
    with st.container(border=True):
        st.subheader(t(title), anchor=False)
        st.text(t(way_out))
        state.default_folder_button(wording.DEFAULT_FOLDER)
    st.stop()


def limits() -> None:
    """How strictly this tab judges, with the way back to the defaults and to what stands behind them."""
    changed = state.limits() != STANDARD
    with st.expander(t(shell.LIMITS_CHANGED if changed else shell.LIMITS), icon=":material/tune:", key="limits"):
        st.caption(t(shell.LIMITS_ABOUT))
        for name in shell.THRESHOLDS:
            state.limit_box(name)
        st.button(
            t(shell.LIMITS_RESET),
            icon=":material/undo:",
            on_click=state.reset_limits,
            disabled=not changed,
            key="reset-limits",
        )
        if watch.method() and st.button(t(shell.METHOD), icon=":material/menu_book:", key="method", type="tertiary"):
            st.dialog(t(shell.METHOD), width="large")(method)()


def method() -> None:
    """What stands behind the verdicts."""
    st.markdown(watch.method().partition("\n")[2])


@cache
def spare_garbage_search() -> None:
    """Leave all that is there now out of every later search; once a process."""
    gc.collect()
    gc.freeze()
