"""Axis: what the steps of two series count, and how to bring them onto one axis."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from diagnostics.curves import Curve
from diagnostics.logs.run import Pair, Run, XAxis

_LONG = 1000  # a lone series 0, 1, 2 … longer than this counts batches, not epochs


def on_one_axis(run: Run, pair: Pair) -> tuple[Curve | None, Curve | None]:
    """Both sides of a pair, with training brought onto validation's steps where they count something else."""
    train, val = (None if key is None else run.curves[key] for key in (pair.train, pair.val))
    if train is None or val is None or same_unit(train, val, says_epoch=says_epoch(pair)):
        return train, val
    return onto(train, val, epochs=run.epochs), val


def says_epoch(pair: Pair) -> bool:
    """Whether the tags name the epoch as their unit."""
    return not pair.parts and all("epoch" in key.tag.lower() for key in (pair.train, pair.val) if key is not None)


def x_axis(
    train: Curve | None, val: Curve | None, *, says_epoch: bool = False, epochs: Curve | None = None
) -> XAxis | None:
    """What the steps count: ``"epoch"``, ``"step"``, or ``"mixed"`` when train counts batches and val epochs.

    ``says_epoch``: both tags name the epoch as their unit. ``epochs``: the logged epoch by step, where there is one.
    """
    given = [curve for curve in (train, val) if curve is not None and len(curve)]
    if not given:
        return None
    if train is not None and val is not None and not same_unit(train, val, says_epoch=says_epoch):
        return "step" if _in_bursts(train, val) else "mixed"
    if epochs is not None and len(epochs):
        return "epoch" if _is_epoch(given[-1], epochs) else "step"
    if says_epoch:
        return "epoch"
    counted = all(_counts_up(curve) for curve in given)
    return "epoch" if counted and (len(given) > 1 or len(given[0]) <= _LONG) else "step"


def same_unit(train: Curve, val: Curve, *, says_epoch: bool = False) -> bool:
    """Whether both count the same: their last steps agree within a factor of two, or their tags or the clock say so."""
    before_training = len(val) == 1 and int(val.steps[0]) == 0
    if not len(train) or not len(val) or says_epoch or before_training:
        return True
    reach = [max(float(curve.steps[-1]) + 1, 1.0) for curve in (train, val)]
    if 0.5 < reach[0] / reach[1] < 2:
        return True
    if train.wall_times is None or val.wall_times is None or len(train) < 3:
        return False
    expected = np.interp(val.wall_times, train.wall_times, train.steps)
    return bool(np.median(np.abs(expected - val.steps) / np.maximum(val.steps + 1.0, 1.0)) < 0.2)


def onto(train: Curve, val: Curve, *, epochs: Curve | None = None) -> Curve:
    """Train on val's steps, when they count different things: the mean of train between two points of val.

    The two are lined up by the logged epoch, else by the whole ratio of their numbers of points, else by the clock.
    Points of val before the first one of train are left out.
    """
    ends = _ends_by_epoch(train, val, epochs)
    if ends is None and len(train) >= len(val) and len(train) % len(val) == 0:
        ends = np.arange(1, len(val) + 1) * (len(train) // len(val))
    if ends is None and train.wall_times is not None and val.wall_times is not None:
        ends = np.searchsorted(np.maximum.accumulate(train.wall_times), val.wall_times, side="right")
    if ends is None:
        ends = np.round(np.linspace(0, len(train), len(val) + 1)[1:]).astype(np.intp)
    ends = np.maximum.accumulate(ends)
    starts = np.append(0, ends[:-1])
    full = ends > starts
    if not full.any():
        return Curve(val.steps[:0], train.values[:0])
    with np.errstate(invalid="ignore", over="ignore"):
        total = np.add.reduceat(train.values[: ends[-1]], starts[full])
    walls = None if val.wall_times is None else val.wall_times[full]
    return Curve(val.steps[full], total / (ends - starts)[full], walls)


def _ends_by_epoch(train: Curve, val: Curve, epochs: Curve | None) -> NDArray[np.intp] | None:
    """How many points of train lie before the end of each epoch that val names; None when the epochs are not val's."""
    if epochs is None or not len(epochs):
        return None
    epoch = np.interp(train.steps, epochs.steps, epochs.values)
    if abs((epoch[-1] - epoch[0]) - (float(val.steps[-1]) - float(val.steps[0]))) > 0.1 * len(val) + 1:
        return None
    shift = round(float(val.steps[-1]) - float(epoch[-1]))
    return np.searchsorted(np.floor(epoch) + shift, val.steps, side="right").astype(np.intp)


def _counts_up(curve: Curve) -> bool:
    """Whether the steps are 0, 1 … n-1 or 1, 2 … n, or a resumed part of that."""
    return int(curve.steps[-1]) - int(curve.steps[0]) == len(curve) - 1 and (len(curve) > 1 or int(curve.steps[0]) < 2)


def _is_epoch(curve: Curve, epochs: Curve) -> bool:
    """Whether the logged epoch is the step itself, counted from 0 or from 1."""
    logged = np.interp(curve.steps, epochs.steps, epochs.values)
    return bool(np.abs(logged - curve.steps).max() <= 1)


def _in_bursts(train: Curve, val: Curve) -> bool:
    """Whether val writes several points in a row each time: then it counts its own batches."""
    if train.wall_times is None or val.wall_times is None:
        return False
    between = np.searchsorted(train.wall_times, val.wall_times)
    return len(val) >= 2 * len(np.unique(between))
