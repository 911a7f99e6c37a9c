"""Frames: the tables that charts draw, few points that lose no peak."""

# ruff: noqa: PD011 - the values of a Curve, not of a frame

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.charts import SIDES, overlay
from app.charts.axes import Values, View
from app.charts.extents import beyond, extent, framed, widened
from app.charts.overlay import Overlay
from app.charts.thinning import PLAIN, smoothed, thinned
from app.wording import number
from app.wording.charts import Canaries
from diagnostics import Curve, CurveError, Diagnosis, Run
from diagnostics.curves import align, downsample

READ = 400  # points for the pointer: closer ones than two pixels cannot be told apart, and each costs the browser
SPARK_POINTS = 60
COLUMNS = 200  # of a heat map
EDGE = 0.08  # of the height of the chart: what a label needs


def spark(curve: Curve | None, points: int = SPARK_POINTS) -> list[float]:
    """The finite values of a curve, few enough for a table cell."""
    if curve is None:
        return []
    values = downsample(curve, points).values
    return [float(value) for value in values[np.isfinite(values)]]


def lines(sides: Mapping[str, Curve | None], view: View = PLAIN, *, keep: Sequence[int] = ()) -> pd.DataFrame:
    """Named curves as rows of ``x, y, side``; what cannot be drawn becomes a hole in the line."""
    parts = [
        (name, thinned(smoothed(curve, view.smoothing), keep, view))
        for name, curve in sides.items()
        if curve is not None
    ]
    return pd.DataFrame(
        {
            "x": np.concatenate([np.empty(0), *(view.axis.of(curve) for _, curve in parts)]),
            "y": _holes(np.concatenate([np.empty(0), *(curve.values for _, curve in parts)]), view),
            "side": pd.Series([name for name, curve in parts for _ in range(len(curve))], dtype=str),
        }
    )


def points(
    train: Curve | None,
    val: Curve | None,
    view: View = PLAIN,
    *,
    higher_is_better: bool = False,
    keep: Sequence[int] = (),
) -> pd.DataFrame:
    """Both sides at the same steps, ``x, train, val, gap``, for the pointer to read out.

    The gap is positive where validation is worse.
    """
    base = val if val is not None and len(val) else train
    if base is None:
        return pd.DataFrame({name: np.empty(0) for name in ("x", "train", "val", "gap")})
    shown = thinned(base, keep, view, limit=READ)
    fit, held_out = (_holes(side) for side in _at(shown, train, val, base))
    gap = (held_out - fit) * (-1.0 if higher_is_better else 1.0)
    return pd.DataFrame({"x": view.axis.of(shown), "train": fit, "val": held_out, "gap": gap})


def shade(drawn: pd.DataFrame, view: View = PLAIN) -> pd.DataFrame:
    """What lies between the two ``lines`` drawn, ``x, low, high``, as far as both go, with every bend of them."""
    sides = [drawn[drawn["side"] == side] for side in SIDES]
    first, last = (max(side["x"].min() for side in sides), min(side["x"].max() for side in sides))
    x = np.unique(drawn["x"].to_numpy(dtype=float))
    x = x[(x >= first) & (x <= last)]
    low, high = (_on_line(side, x, log=view.log) for side in sides)
    return pd.DataFrame({"x": x, "low": low, "high": high})


def _on_line(line: pd.DataFrame, x: Values, *, log: bool) -> Values:
    """Where a line that was drawn stands at these places, be it between two of its points; holes stay holes."""
    if not len(line) or not len(x):
        return np.full(len(x), np.nan)
    along, values = line["x"].to_numpy(dtype=float), line["y"].to_numpy(dtype=float)
    read = np.interp(x, along, np.log(values) if log else values)
    at = np.minimum(np.searchsorted(along, x), len(along) - 1)
    return np.asarray(np.where(along[at] == x, values[at], np.exp(read) if log else read), dtype=float)


def _at(shown: Curve, train: Curve | None, val: Curve | None, base: Curve) -> tuple[Values, Values]:
    """Train and val at the steps of ``shown``, which are some of those of ``base``, the longer of the two."""
    missing = np.full(len(shown), np.nan)
    at = np.searchsorted(base.steps, shown.steps)
    if val is None or not len(val):
        return (missing if train is None else train.values[at]), missing
    return _fitted(train, val, at), val.values[at]


def _fitted(train: Curve | None, val: Curve, at: NDArray[np.intp]) -> Values:
    if train is None or not len(train):
        return np.full(len(at), np.nan)
    try:
        return align(train, val)[at]
    except CurveError:
        return np.full(len(at), np.nan)


def marks(
    diagnosis: Diagnosis | None, drawn: pd.DataFrame, unit: str, view: View = PLAIN, *, higher_is_better: bool = False
) -> pd.DataFrame:
    """A row for the best point and one for the onset, over the ``lines`` drawn; what is not known stands there unseen.

    A label stands on the side of its mark where the chart has more room. Validation never passes beyond its best, so
    there the best label has room, unless that is at the chart's edge.
    """
    seen = drawn.dropna()
    end = (float(seen["x"].max()), float(seen["y"].iloc[-1])) if len(seen) else (0.0, 1.0)
    low, high = view.heights or ((float(seen["y"].min()), float(seen["y"].max())) if len(seen) else (1.0, 1.0))
    best, onset = (diagnosis.best, diagnosis.onset_step) if diagnosis is not None else (None, None)
    best = best if best is not None and _drawable(best.value, view) else None
    where = [end[0] if step is None else _place(view, step) for step in (best and best.step, onset)]
    rows = [
        (
            "best",
            where[0],
            best.value if best else end[1],
            best is not None,
            f"Best {number(best.value)}" if best else "",
        ),
        ("onset", where[1], end[1], onset is not None, "" if onset is None else f"Overfits from {unit} {onset}"),
    ]
    table = pd.DataFrame(rows, columns=["kind", "x", "y", "known", "label"]).astype({"x": float, "y": float})
    heights = np.log(table["y"]) if view.log else table["y"]
    bottom, top = (np.log(low), np.log(high)) if view.log else (low, high)
    share = (heights - bottom) / ((top - bottom) or 1.0)
    above = share < 1 - EDGE if higher_is_better else share < EDGE
    return table.assign(align=np.where(table["x"] > 0.55 * end[0], "right", "left"), above=above)


def lone(*tables: pd.DataFrame) -> pd.DataFrame:
    """The points of those ``lines`` that have no other."""
    whole = pd.concat(tables, ignore_index=True)
    return whole[~whole["side"].duplicated(keep=False)].reset_index(drop=True)


def _place(view: View, step: int) -> float:
    return float(view.axis.place(np.array([float(step)]))[0])


def _drawable(value: float, view: View) -> bool:
    return bool(np.isfinite(value)) and (not view.log or value > 0)


def gauge(canaries: Canaries) -> pd.DataFrame:
    """One row: how far the gauge is filled, and where its mark stands; unseen where chance is not known."""
    has_chance = canaries.chance is not None
    label = f"chance {canaries.chance:.0%}" if has_chance else ""
    row = (canaries.now, canaries.chance or 0.0, has_chance, canaries.since is not None, label)
    return pd.DataFrame([row], columns=["now", "chance", "known", "alarm", "label"])


def heat(layers: Mapping[str, Curve], *, relative: bool) -> pd.DataFrame:
    """A cell for each layer and stretch of the run, ``x, x2, at, layer, value, logged``; at most ``COLUMNS`` stretches.

    A stretch has the mean of its points; with ``relative`` its color is how many times that is the layer's first one.
    """
    parts = [_row(name, curve, relative=relative) for name, curve in layers.items()]
    empty = {name: np.empty(0) for name in ("x", "x2", "at", "value", "logged")}
    return pd.concat([pd.DataFrame({**empty, "layer": pd.Series(dtype=str)}), *parts], ignore_index=True)


def _row(name: str, curve: Curve, *, relative: bool) -> pd.DataFrame:
    finite = np.isfinite(curve.values)
    steps, values = curve.steps[finite].astype(float), curve.values[finite]
    if not len(values):
        return pd.DataFrame()
    starts = np.unique(np.linspace(0, len(values), min(COLUMNS, len(values)), endpoint=False).astype(int))
    means = np.add.reduceat(values, starts) / np.diff(np.append(starts, len(values)))
    width = float(np.median(np.diff(steps))) if len(steps) > 1 else 1.0
    left = steps[starts] - width / 2
    first = next((value for value in values if value), 1.0)
    cells = {"x": left, "x2": np.append(left[1:], steps[-1] + width / 2), "at": steps[starts]}
    return pd.DataFrame({**cells, "value": means / first if relative else means, "logged": means, "layer": name})


def curves_data(
    run: Run, diagnosis: Diagnosis | None, unit: str, view: View = PLAIN, *, trial: Overlay | None = None
) -> dict[str, pd.DataFrame]:
    """What ``curves_spec`` draws of a run, and over it a ``trial``, where there is one."""
    better_up = run.primary is not None and run.primary.higher_is_better
    sides = dict(zip(SIDES, (run.train, run.val), strict=True))
    best, onset = (diagnosis.best, diagnosis.onset_step) if diagnosis is not None else (None, None)
    keep = [step for step in (best and best.step, onset) if step is not None]
    drawn = lines(sides, view, keep=keep)
    plain = replace(view, smoothing=0.0)
    over = lines(overlay.sides(trial), overlay.view_of(trial, view))
    read = points(run.train, run.val, view, higher_is_better=better_up, keep=keep)
    raw = lines(sides if view.smoothing else {}, plain, keep=keep)
    return {
        "lines": drawn,
        "raw": raw,
        "trial": over,
        "lone": lone(drawn, over),
        "gap": shade(drawn, view),
        "extent": framed(extent([drawn, raw, over]), view.heights),
        "beyond": beyond(run.train, view, drawn, higher_is_better=better_up),
        "ends": overlay.ends(drawn, over, trial.label if trial is not None else "", view.heights),
        "points": overlay.with_trial(read, lines(overlay.sides(trial), overlay.view_of(trial, View(view.axis)))),
        "marks": marks(diagnosis, drawn, unit, view, higher_is_better=better_up),
    }


def with_pins(
    data: dict[str, pd.DataFrame], pins: Sequence[Mapping[str, Curve]], view: View = PLAIN
) -> dict[str, pd.DataFrame]:
    """The same for ``pinned_spec``: the lines of each pinned series, and what each is at the ``points``."""
    linear = replace(view, log=False)
    at = data["points"]["x"].to_numpy()
    values = {}
    for place, sides in enumerate(pins):
        data = {**data, f"pin{place}": lines(sides, linear)}
        for number_of_side, curve in enumerate(sides.values()):
            finite = np.isfinite(curve.values)
            there = (
                np.interp(at, view.axis.of(curve)[finite], curve.values[finite], left=np.nan, right=np.nan)
                if finite.any()
                else np.full(len(at), np.nan)
            )
            values[pin_field(place, number_of_side)] = there
    whole = widened(data["extent"], [data[f"pin{place}"] for place in range(len(pins))])
    return {**data, "points": data["points"].assign(**values), "extent": whole}


def pin_field(place: int, side: int) -> str:
    """The column of ``points`` that holds a line of a pinned series."""
    return f"pin{place}_{side}"


def exported(run: Run) -> pd.DataFrame:
    """All points of the two sides as they were logged, ``step, train, val``, for a file."""
    sides = {name: side for name, side in (("train", run.train), ("val", run.val)) if side is not None}
    columns = [
        pd.Series(side.values, index=pd.Index(side.steps, name="step"), name=name) for name, side in sides.items()
    ]
    return pd.concat(columns, axis=1).sort_index().reset_index() if columns else pd.DataFrame({"step": []})


def _holes(values: Values, view: View = PLAIN) -> Values:
    drawn = np.isfinite(values) & (values > 0) if view.log else np.isfinite(values)
    return np.where(drawn, values, np.nan)
