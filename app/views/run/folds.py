"""Folds: all that stands behind the answer; each is drawn once somebody opens it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import streamlit as st

from app import state
from app.views.run import advice, audit, cards, layers, matching, settings, trial_words, trials, why, words
from app.views.run import series as of_series
from app.views.run.context import RunContext
from diagnostics import Run


class Fold(NamedTuple):
    """A title and what it hides under ``key``; it stands ``open`` where the page has nothing else."""

    key: str
    title: str
    icon: str
    draw: Callable[[], None]
    open: bool = False


def panel(context: RunContext, run: Run) -> None:
    """One fold below the other, in the order of the questions that people have."""
    for fold in folds_of(context, run):
        with st.expander(state.t(fold.title), fold.open, icon=fold.icon, on_change="rerun", key=fold.key) as opened:
            if opened.open:
                fold.draw()


def folds_of(context: RunContext, run: Run) -> list[Fold]:
    """The folds of a run, those that hold something to see."""
    counted = f" ({len(context.trials)})" if context.trials else ""
    return [
        Fold("why", words.WHY, ":material/fact_check:", partial(why.panel, context.entry)),
        Fold("how", words.HOW, ":material/code:", partial(advice.panel, context)),
        Fold("trials", f"{trial_words.TRIALS}{counted}", ":material/science:", partial(trials.panel, context)),
        Fold("weights", words.WEIGHTS, ":material/layers:", partial(weights, run)),
        Fold("series", words.SERIES, ":material/rule:", partial(series, context, run), not context.entry.points),
    ]


def weights(run: Run) -> None:
    """How the weights as a whole and those of each layer moved."""
    maps = layers.layer_maps(run)
    if not maps and not cards.of_weights(run):
        st.caption(state.t(words.NO_WEIGHTS))
    cards.of_weights_in_a_row(run)
    if maps:
        layers.heat_map(run, maps)


def series(context: RunContext, run: Run) -> None:
    """Every other series, the regularizers, and which series the verdict goes by."""
    of_series.panel(run)
    settings.panel(context, run)
    audit.panel(context, run)
    matching.panel(context.entry.name, run)
