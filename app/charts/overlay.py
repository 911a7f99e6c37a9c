"""Overlay: a trial's lines over those of the run it is of."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from app.charts.axes import Axis, View
from app.charts.look import SIDES, TRIAL_SIDES, Ends
from diagnostics import Curve, Run

BASE = "this run"
EDGE = 0.12  # of the height of the chart: what a label above a line needs


@dataclass(frozen=True, eq=False)
class Overlay:
    """A trial: what its validation line is called, its ``axis`` where that is its own, and what was trained before."""

    run: Run
    label: str
    axis: Axis | None = None
    after: int = 0


def sides(trial: Overlay | None) -> dict[str, Curve | None]:
    """The two sides of a trial under the names of its lines; one that goes on from its run begins ``after`` a step."""
    if trial is None:
        return {}
    return {
        name: None if side is None else Curve(side.steps + trial.after, side.values, side.wall_times)
        for name, side in zip(TRIAL_SIDES, (trial.run.train, trial.run.val), strict=True)
    }


def view_of(trial: Overlay | None, view: View) -> View:
    """How the trial is looked at: as its run, along its own axis where it has one."""
    return view if trial is None or trial.axis is None else replace(view, axis=trial.axis)


def ends(base: pd.DataFrame, trial: pd.DataFrame, label: str, heights: Ends = None) -> pd.DataFrame:
    """The last point of each validation line with its label, the higher one's above it; none without a trial.

    Of the ``heights`` that are shown, the topmost have no room for a label above them.

    A label goes back along its line, and ahead where the line has only begun.
    """
    last = [
        (part[part["side"] == side].dropna().tail(1), name)
        for part, side, name in ((base, SIDES[1], BASE), (trial, TRIAL_SIDES[1], label))
    ]
    rows = [(float(row["x"].iloc[0]), float(row["y"].iloc[0]), name) for row, name in last if len(row)]
    rows = rows if len(trial) and len(rows) == len(last) else []
    table = pd.DataFrame(rows, columns=["x", "y", "label"]).astype({"x": float, "y": float, "label": str})
    half = (base["x"].min() + max(base["x"].max(), trial["x"].max())) / 2
    align = np.where(table["x"] < half, "left", "right")
    top = np.inf if heights is None else heights[1] - EDGE * (heights[1] - heights[0])
    above = (table["y"] == table["y"].max()) & (table["y"] < top)
    return table.assign(above=above, trial=table["label"] != BASE, align=align)


def with_trial(points: pd.DataFrame, trial: pd.DataFrame) -> pd.DataFrame:
    """The points for the pointer with the trial's values at them, and the trial's own where it goes on longer."""
    beyond = trial["x"][trial["x"] > points["x"].max()] if len(points) else trial["x"]
    longer = (
        pd.concat([points, pd.DataFrame({"x": beyond.drop_duplicates()})], ignore_index=True) if len(beyond) else points
    )
    return longer.assign(
        trial_train=_at(longer["x"], trial[trial["side"] == TRIAL_SIDES[0]]),
        trial_val=_at(longer["x"], trial[trial["side"] == TRIAL_SIDES[1]]),
    )


def _at(x: pd.Series[float], line: pd.DataFrame) -> np.ndarray:
    known = line.dropna()
    if not len(known):
        return np.full(len(x), np.nan)
    return np.asarray(np.interp(x, known["x"], known["y"], left=np.nan, right=np.nan))
