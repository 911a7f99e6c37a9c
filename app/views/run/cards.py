"""Cards: what the weights do and how validation heads, a number each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st

from app import state, widgets, wording
from app.folder.quantities import RECENT, Figure, any_finite, figure
from app.views.run import words
from diagnostics import Curve, Run


@dataclass(frozen=True)
class Card:
    """A figure with its title and what it tells."""

    title: str
    figure: Figure
    about: str


def of_weights_in_a_row(run: Run) -> None:
    """How validation heads and what the weights do, in one row, or in as many as a narrow page needs."""
    widgets.row([partial(card, each) for each in of_weights(run)])


def card(shown: Card) -> None:
    """One number with its change and its line."""
    figure = shown.figure
    st.metric(
        state.t(shown.title),
        None if figure.value is None else wording.number(figure.value),
        None if figure.change is None else f"{figure.change:+.3g}",
        "gray",
        delta_description=None if figure.change is None else state.t(words.OVER.format(figure.over)),
        border=True,
        height="stretch",
        help=state.t(shown.about),
    )


def of_weights(run: Run) -> list[Card]:
    """How validation heads and what the weights do, as far as the log tells."""
    curves = {
        words.TREND: (trend(run), words.TREND_HELP.format(RECENT)),
        words.NORM: (run.tagged("weights/l2_norm"), words.NORM_HELP),
        words.RATIO: (update_ratio(run), words.RATIO_HELP),
        words.SPARSITY: (run.tagged("weights/sparsity"), words.SPARSITY_HELP),
    }
    return [
        Card(title, figure(curve), about)
        for title, (curve, about) in curves.items()
        if curve is not None and any_finite(curve)
    ]


def trend(run: Run) -> Curve | None:
    """The slope of validation's last ``RECENT`` points at each point, per point; ``None`` with fewer points."""
    if run.val is None or len(run.val) < RECENT:
        return None
    windows = np.lib.stride_tricks.sliding_window_view(run.val.values, RECENT)
    x = np.arange(RECENT) - (RECENT - 1) / 2
    with np.errstate(all="ignore"):
        return Curve(run.val.steps[RECENT - 1 :], windows @ x / (x @ x))


def update_ratio(run: Run) -> Curve | None:
    """How far each epoch moves the weights over their norm, where both were logged at the same steps."""
    update, norm = run.tagged("optim/update_norm"), run.tagged("weights/l2_norm")
    if update is None or norm is None or not np.array_equal(update.steps, norm.steps):
        return None
    with np.errstate(all="ignore"):
        return Curve(update.steps, update.values / norm.values)
