"""Thinning: curves smoothed, and with few enough points to be drawn, which lose no peak."""

# ruff: noqa: PD011 - the values of a Curve, not of a frame

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.charts.axes import View
from diagnostics import Curve
from diagnostics.curves import downsample

LIMIT = 1000  # points of a series
NEAR = 0.8  # of the points, in the part that was zoomed into
PLAIN = View()


def smoothed(curve: Curve, weight: float) -> Curve:
    """Exponential moving average in which each value keeps ``weight`` of the one before, as if nothing were before it.

    It begins anew after each value that is not finite, and that stays missing: nothing is smoothed across a hole.
    """
    if not weight:
        return curve
    finite = np.isfinite(curve.values)
    values = pd.Series(np.where(finite, curve.values, np.nan))
    stretches = values if finite.all() else values.groupby(np.cumsum(~finite))
    mean = stretches.ewm(alpha=1 - weight).mean()
    return Curve(curve.steps, np.where(finite, mean.to_numpy(), np.nan), curve.wall_times)


def thinned(curve: Curve, keep: Sequence[int] = (), view: View = PLAIN, *, limit: int = LIMIT) -> Curve:
    """At most ``limit`` points: the ends, the extremes, and those at the steps to ``keep``, where there are such.

    Most of them are in the part of the axis that was zoomed into.
    """
    if len(curve) <= limit:
        return curve
    kept = np.asarray(keep, curve.steps.dtype)
    at = np.minimum(np.searchsorted(curve.steps, kept), len(curve) - 1)
    few = [downsample(part, max(4, points)).steps for part, points in _parts(curve, view, limit - len(keep))]
    at = np.searchsorted(curve.steps, np.unique(np.concatenate([*few, kept[curve.steps[at] == kept]])))
    return _at_places(curve, at)


def _parts(curve: Curve, view: View, limit: int) -> list[tuple[Curve, int]]:
    """What was zoomed into and what lies around it, each with how many points it is to have at most."""
    if view.ends is None:
        return [(curve, limit)]
    at = view.axis.of(curve)
    first, last = np.searchsorted(at, view.ends[0]), np.searchsorted(at, view.ends[1], side="right")
    near = np.zeros(len(curve), dtype=bool)
    near[max(0, first - 1) : last + 1] = True  # the lines go on beyond both edges
    shares = (near, int(NEAR * limit)), (~near, limit - int(NEAR * limit))
    return [(_at_places(curve, np.flatnonzero(part)), points) for part, points in shares if part.any()]


def _at_places(curve: Curve, at: NDArray[np.intp]) -> Curve:
    return Curve(curve.steps[at], curve.values[at], None if curve.wall_times is None else curve.wall_times[at])
