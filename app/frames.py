"""Frames: the tables that charts draw, few points that lose no peak."""

# ruff: noqa: PD011 - the values of a Curve, not of a frame

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.wording import Canaries, number
from diagnostics import Curve, CurveError, Diagnosis, Run
from diagnostics.curves import align, downsample

LIMIT = 1000  # points of a series
SPARK_POINTS = 60
EDGE = 0.08  # of the height of the chart: what a label needs


def spark(curve: Curve | None, points: int = SPARK_POINTS) -> list[float]:
    """The finite values of a curve, few enough for a table cell."""
    if curve is None:
        return []
    values = downsample(curve, points).values
    return [float(value) for value in values[np.isfinite(values)]]


def lines(sides: Mapping[str, Curve | None]) -> pd.DataFrame:
    """Named curves as rows of ``x, y, side``; what is not finite becomes a hole in the line."""
    parts = [(name, downsample(curve, LIMIT)) for name, curve in sides.items() if curve is not None]
    return pd.DataFrame(
        {
            "x": np.concatenate([np.empty(0), *(curve.steps.astype(float) for _, curve in parts)]),
            "y": _holes(np.concatenate([np.empty(0), *(curve.values for _, curve in parts)])),
            "side": pd.Series([name for name, curve in parts for _ in range(len(curve))], dtype=str),
        }
    )


def points(train: Curve | None, val: Curve | None, *, higher_is_better: bool = False) -> pd.DataFrame:
    """Both sides at the same steps, ``x, train, val, gap``: what is shaded and what the pointer reads out.

    The gap is positive where validation is worse.
    """
    base = val if val is not None and len(val) else train
    if base is None:
        return pd.DataFrame({name: np.empty(0) for name in ("x", "train", "val", "gap")})
    shown = downsample(base, LIMIT)
    fitted = shown.values if base is train else _fitted(train, base, shown)
    measured = shown.values if base is val else np.full(len(shown), np.nan)
    sign = -1.0 if higher_is_better else 1.0
    table = {"train": _holes(fitted), "val": _holes(measured)}
    return pd.DataFrame({"x": shown.steps.astype(float), **table, "gap": sign * (table["val"] - table["train"])})


def _fitted(train: Curve | None, val: Curve, shown: Curve) -> NDArray[np.float64]:
    if train is None or not len(train):
        return np.full(len(shown), np.nan)
    try:
        return align(train, val)[np.searchsorted(val.steps, shown.steps)]
    except CurveError:
        return np.full(len(shown), np.nan)


def marks(found: Diagnosis | None, drawn: pd.DataFrame, unit: str, *, higher_is_better: bool = False) -> pd.DataFrame:
    """A row for the best point and one for the onset, over the ``lines`` drawn; what is not known stands there unseen.

    A label stands on the side of its mark where the chart has more room. Validation never passes beyond its best, so
    there the best label has room, unless that is at the chart's edge.
    """
    seen = drawn.dropna()
    end = (seen["x"].max(), seen["y"].iloc[-1]) if len(seen) else (0.0, 0.0)
    low, high = (seen["y"].min(), seen["y"].max()) if len(seen) else (0.0, 0.0)
    best = found.best if found is not None else None
    onset = found.onset_step if found is not None else None
    rows = [
        ("best", *(best or end), best is not None, f"Best {number(best.value)}" if best else ""),
        ("onset", end[0] if onset is None else onset, end[1], onset is not None, f"Overfits from {unit} {onset}"),
    ]
    table = pd.DataFrame(rows, columns=["kind", "x", "y", "known", "label"]).astype({"x": float, "y": float})
    share = (table["y"] - low) / ((high - low) or 1.0)
    above = share < 1 - EDGE if higher_is_better else share < EDGE
    return table.assign(align=np.where(table["x"] > 0.55 * end[0], "right", "left"), above=above)


def gauge(seen: Canaries) -> pd.DataFrame:
    """One row: how far the gauge is filled, and where its mark stands; unseen where chance is not known."""
    known = seen.chance is not None
    label = f"chance {seen.chance:.0%}" if known else ""
    row = (seen.now, seen.chance or 0.0, known, seen.since is not None, label)
    return pd.DataFrame([row], columns=["now", "chance", "known", "alarm", "label"])


def curves_data(run: Run, found: Diagnosis | None, unit: str) -> dict[str, pd.DataFrame]:
    """What ``curves_spec`` draws of a run."""
    better_up = run.primary is not None and run.primary.higher_is_better
    drawn = lines({"Train": run.train, "Validation": run.val})
    return {
        "lines": drawn,
        "points": points(run.train, run.val, higher_is_better=better_up),
        "marks": marks(found, drawn, unit, higher_is_better=better_up),
    }


def _holes(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.isfinite(values), values, np.nan)
