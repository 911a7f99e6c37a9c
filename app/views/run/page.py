"""Run: one training, live or finished, with its verdict and the numbers that decided it."""

import streamlit as st

from app import state
from app.views.run import advice, audit, cards, curves, header, layers, matching, trials, verdict
from app.views.run.context import shown_run


def live() -> bool:
    context = shown_run()
    return context is not None and context.live


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
    header.remark(entry)
    trials.of_its_own(context)
    if entry.points:
        cards.losses(run, entry)
        left, right = st.columns([1.85, 1])
        with left:
            curves.panel(context, run)
        with right:
            verdict.panel(entry, textbook=True)
        cards.weights(run)
        verdict.notes(entry)
        verdict.other_losses(entry)
    else:
        verdict.panel(entry)
    trials.panel(context)
    advice.panel(context)
    verdict.memory(entry)
    curves.other_series(run)
    layers.panel(run)
    audit.panel(context, run)
    verdict.checks_not_run(entry)
    matching.panel(entry.name, run)


state.live_fragment(draw, live)
