"""Pins: further quantities of the compared runs, each in a panel below the chart, which the folder remembers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import streamlit as st

from app import actions, state
from app.charts.axes import Axis
from app.charts.panels import value_field
from app.views.compare import lines, words
from app.views.compare import quantity as quantities
from app.views.compare.lines import Line
from app.views.compare.quantity import Quantity
from diagnostics import Run

MARK = "compare:"  # before a quantity among the pins of a folder, which the page of a run has too
MOST, POINTS = 4, 400  # panels below the chart, and places of the cursor


def pinned(runs: Sequence[Run], quantity: Quantity) -> list[Quantity]:
    """The pinned quantities that these runs have, but for the one of the chart, in the order of pinning."""
    options = {str(option): option for option in quantities.quantities(runs) if option != quantity}
    names = [name.removeprefix(MARK) for name in state.pins() if name.startswith(MARK)]
    return [options[name] for name in names if name in options][:MOST]


def box(runs: Sequence[Run], quantity: Quantity) -> None:
    """Which quantities stand below the chart, to change."""
    options = [str(option) for option in quantities.quantities(runs) if option != quantity]
    now = [str(option) for option in pinned(runs, quantity)]
    key = state.bound("compare-pins", now)
    st.multiselect(
        state.t(words.PINNED),
        options,
        key=key,
        format_func=lambda option: state.t(words.quantity(Quantity.of(option), runs)),
        max_selections=MOST,
        placeholder=state.t(words.PINNED_EMPTY),
        on_change=state.by_hand(lambda: actions.label(lambda: keep(state.typed(key), options))),
    )


def keep(chosen: Sequence[str], among: Sequence[str]) -> None:
    """Pin these of the quantities that there are. Raises ``OSError`` when that cannot be remembered."""
    state.pin_only([f"{MARK}{name}" for name in chosen], among=[f"{MARK}{name}" for name in among])


def panels(
    runs: Mapping[str, Sequence[Run]],
    drawn: Sequence[Quantity],
    along: Mapping[str, Axis],
    names: Sequence[str],
    *,
    smoothing: float,
) -> dict[str, pd.DataFrame]:
    """The data of the panels for the ``drawn`` quantities, the first of which is the chart's own, and of the cursor.

    ``names`` are those of the lines in the order in which the chart knows them.
    """
    of_panels = [lines.lines(runs, quantity, along, smoothing=smoothing) for quantity in drawn]
    below = {f"panel{place}": lines.frames(own, {})["lines"] for place, own in enumerate(of_panels) if place}
    return {**below, "points": points(of_panels, names)}


def points(of_panels: Sequence[Mapping[str, Line]], names: Sequence[str]) -> pd.DataFrame:
    """The value of each line of each panel along what all of them cover; none outside of a line."""
    all_x = np.unique(np.concatenate([np.empty(0), *(line.x for own in of_panels for line in own.values())]))
    keep = np.unique(np.linspace(0, max(0, len(all_x) - 1), min(POINTS, len(all_x))).round().astype(int))
    x = all_x[keep]
    nothing = np.full(len(x), np.nan)
    values = {
        value_field(panel, number): (
            np.interp(x, own[name].x, own[name].y, left=np.nan, right=np.nan) if name in own else nothing
        )
        for panel, own in enumerate(of_panels)
        for number, name in enumerate(names)
    }
    return pd.DataFrame({"x": x, **values})
