"""Extents: from where to where the lines of a chart go, which part of that it shows, and what leaves that part."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from app.charts.axes import View
from app.charts.look import Ends
from app.wording import number
from app.wording.charts import GOES_ON
from diagnostics import Curve
from diagnostics.report.close_up import leaves


def extent(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """From where to where all these ``lines`` go, ``x, y``: two rows, the least and the greatest of each."""
    seen = pd.concat(tables, ignore_index=True)[["x", "y"]].dropna()
    return (
        seen.agg(["min", "max"]).reset_index(drop=True)
        if len(seen)
        else pd.DataFrame({"x": [0.0, 1.0], "y": [0.0, 1.0]})
    )


def framed(whole: pd.DataFrame, heights: Ends) -> pd.DataFrame:
    """The extent of which no more than these ``heights`` is shown; all of it for None."""
    return whole if heights is None else whole.assign(y=list(heights))


def widened(whole: pd.DataFrame, panels: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The extent of a chart with that of the panels below it, which have a vertical axis each of their own."""
    return whole.assign(x=extent([whole, *panels])["x"])


def extents(drawn: pd.DataFrame) -> tuple[Ends, Ends]:
    """From where to where the ``lines`` go along both axes; None where nothing is drawn."""
    seen = drawn.dropna()
    if not len(seen):
        return None, None
    return (float(seen["x"].min()), float(seen["x"].max())), (float(seen["y"].min()), float(seen["y"].max()))


def beyond(train: Curve | None, view: View, drawn: pd.DataFrame, *, higher_is_better: bool = False) -> pd.DataFrame:
    """Where training leaves the heights that are shown, and to where it goes: a row, or none where it stays."""
    gone = None if view.heights is None else leaves(train, view.heights, higher_is_better=higher_is_better)
    rows = []
    if gone is not None:
        at = float(view.axis.place(np.array([float(gone.step)]))[0])
        arrow = "\u2191" if higher_is_better else "\u2193"
        align = "left" if at < (drawn["x"].min() + drawn["x"].max()) / 2 else "right"
        rows = [(at, gone.value, f"{arrow} {GOES_ON.format(number(gone.value))}", align)]
    return pd.DataFrame(rows, columns=["x", "y", "label", "align"]).astype(
        {"x": float, "y": float, "label": str, "align": str}
    )
