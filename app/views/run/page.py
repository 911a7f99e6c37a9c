"""Run: one training, live or finished, with the answer first and what it stands on below."""

from pathlib import Path

import streamlit as st

from app import state
from app.views.run import answer, curves, folds, header, trials
from app.views.run.context import shown_run


def live() -> bool:
    context = shown_run()
    return context is not None and context.live


def version() -> object:
    context = shown_run()
    return None if context is None else (state.version_of(context.snapshot), context.ledger)


def draw() -> None:
    context = shown_run()
    if context is None:
        header.no_such_run()
        return
    entry, run = context.entry, context.entry.run
    header.title(context)
    header.crash(entry)
    if run is None or not run.curves:
        header.nothing_yet(entry)
        return
    trials.of_its_own(context)
    answer.strip(context)
    if entry.points:
        curves.panel(context, run)
    folds.panel(context, run)


st.html(Path(__file__).with_suffix(".css"))
state.live_fragment(draw, live, version)
