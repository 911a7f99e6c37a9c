"""Curve: one quantity over the course of a training."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FEW = 4096  # values whose sliding median takes less time than the import of what is faster for more


class CurveError(ValueError):
    """The numbers given are no usable curve; the message says what was found, what is needed and the way out."""


@dataclass(frozen=True, eq=False)
class Curve:
    """Values at strictly increasing steps; all arrays have shape ``(n,)``.

    ``wall_times`` are seconds since 1970, or ``None`` where nobody recorded them. Values may be NaN or infinite: that
    is a finding, not an error.
    """

    steps: NDArray[np.int64]
    values: NDArray[np.float64]
    wall_times: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.steps, np.ndarray) or not isinstance(self.values, np.ndarray):
            raise CurveError(
                f"a curve needs arrays, found steps as {type(self.steps).__name__} and values as "
                f"{type(self.values).__name__}; wrap them in numpy.array, or give plain values to Curve.of"
            )
        if self.steps.ndim != 1 or self.steps.shape != self.values.shape:
            raise CurveError(
                f"steps have shape {self.steps.shape} and values {self.values.shape}; give one value for each step"
            )
        if not bool((self.steps[1:] > self.steps[:-1]).all()):
            raise CurveError("steps repeat or go backward; sort them and keep one value a step")

    def __len__(self) -> int:
        return len(self.steps)

    @classmethod
    def of(cls, values: Curve | Sequence[float] | ArrayLike) -> Curve:
        """The curve itself, or plain numbers as a curve over the steps ``0 .. n-1``."""
        if isinstance(values, Curve):
            return values
        try:
            array = np.asarray(values, dtype=np.float64)
        except (TypeError, ValueError, OverflowError) as error:
            raise CurveError(f"a curve needs numbers, found {values!r:.80}") from error
        if array.ndim != 1:
            raise CurveError(
                f"a curve is one row of numbers, found shape {array.shape}; give a list such as [0.9, 0.7]"
            )
        return cls(np.arange(len(array), dtype=np.int64), array)

    @property
    def last(self) -> float | None:
        """The last finite value; ``None`` where there is none."""
        finite = self.values[np.isfinite(self.values)]
        return float(finite[-1]) if len(finite) else None

    def head(self, points: int) -> Curve:
        """The first ``points`` points."""
        times = None if self.wall_times is None else self.wall_times[:points]
        return Curve(self.steps[:points], self.values[:points], times)


def downsample(curve: Curve, points: int) -> Curve:
    """At most ``points`` points of ``curve`` that look the same when drawn: first, last and every extreme are kept.

    The curve is cut into equal stretches, and the lowest and highest finite value of each are kept (the min-max half of
    https://arxiv.org/abs/2305.00332). A stretch without one keeps a point, so that a hole in a line stays a hole.

    Raises ``CurveError`` below 4 points.
    """
    if points < 4:
        raise CurveError(f"a curve needs at least 4 points to keep its ends and extremes, asked for {points}")
    if len(curve) <= points:
        return curve
    stretches = points // 2 - 1
    width = -(-len(curve) // stretches)
    padded = np.full(stretches * width, np.nan)
    padded[: len(curve)] = np.where(np.isfinite(curve.values), curve.values, np.nan)
    table, starts = padded.reshape(stretches, width), np.arange(stretches) * width
    lowest = starts + np.argmin(np.where(np.isnan(table), np.inf, table), axis=1)
    highest = starts + np.argmax(np.where(np.isnan(table), -np.inf, table), axis=1)
    keep = np.unique(np.concatenate([[0, len(curve) - 1], lowest, highest]).clip(0, len(curve) - 1))
    times = None if curve.wall_times is None else curve.wall_times[keep]
    return Curve(curve.steps[keep], curve.values[keep], times)


def trailing_median(values: NDArray[np.float64], width: int, *, keep: int | None = None) -> NDArray[np.float64]:
    """Median of each finite value and the ``width - 1`` before it (as many as there are), shape ``(n,)``.

    Only the latest ``keep`` are returned when asked.
    """
    keep = len(values) if keep is None else min(keep, len(values))
    if not keep:
        return values[:0]
    if keep <= len(values) - width + 1:
        return _sliding_median(values[len(values) - keep - width + 1 :], width)
    return trailing_medians(values, [width])[width][len(values) - keep :]


def trailing_medians(values: NDArray[np.float64], widths: Iterable[int]) -> dict[int, NDArray[np.float64]]:
    """``trailing_median`` of several widths, by width; what they share is done once.

    Several curves of one length may be given as the rows of a table.
    """
    rows, widths = np.atleast_2d(values), list(widths)
    first = max(widths, default=1) - 1
    heads = np.array([_growing_median(row[:first]) for row in rows])
    found = {}
    for width in widths:
        medians = rows.copy()
        medians[:, : width - 1] = heads[:, : width - 1]
        if width > 1:
            sliding = _sliding_median(rows.ravel(), width)
            for row, line in enumerate(medians):
                line[width - 1 :] = sliding[row * len(line) :][: max(0, len(line) - width + 1)]
        found[width] = medians if values.ndim > 1 else medians[0]
    return found


def median(values: NDArray[np.float64]) -> float:
    """The median of a few values, one or more; for them a tenth of the time of ``np.median``."""
    ordered, middle = sorted(values.tolist()), len(values) // 2
    return float(ordered[middle]) if len(ordered) % 2 else float(ordered[middle - 1] / 2 + ordered[middle] / 2)


def _growing_median(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Median of each value and all before it, shape ``(n,)``, for a few values."""
    known = np.arange(1, len(values) + 1)
    rows = np.where(known <= known[:, None], values, np.inf)
    rows.sort(axis=1)
    return _between(rows[known - 1, (known - 1) // 2], rows[known - 1, known // 2])


def _sliding_median(values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """Median of each whole window, shape ``(n - width + 1,)``."""
    middle = width // 2
    if len(values) < width:
        return values[:0]
    if width % 2 and len(values) > FEW:
        from scipy.ndimage import median_filter  # takes a noticeable part of the app's start

        medians: NDArray[np.float64] = median_filter(values, width, mode="nearest")
        return medians[middle : len(values) - middle]
    rows = np.lib.stride_tricks.sliding_window_view(values, width)
    if width % 2:
        return np.partition(rows, middle, axis=1)[:, middle]
    ordered = np.partition(rows, (middle - 1, middle), axis=1)  # four times as fast as np.median
    return _between(ordered[:, middle - 1], ordered[:, middle])


def _between(low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.float64]:
    """The middle of two values, without overflow or underflow."""
    return np.where(low == high, low, low / 2 + high / 2)


def overlap(one: Curve, other: Curve) -> bool:
    """Do the two curves have a range of steps in common?"""
    if not len(one) or not len(other):
        return False
    return bool(one.steps[0] <= other.steps[-1] and other.steps[0] <= one.steps[-1])


def align(train: Curve, val: Curve) -> NDArray[np.float64]:
    """Train at val's steps, shape ``(len(val),)``: the mean of the train values since the val point before.

    Training loss is usually logged more often than validation. Where no train value fell between two val points, the
    line between its neighbors is read; outside train's range, its first or last value.

    Raises ``CurveError`` when the two curves share no range of steps.
    """
    if np.array_equal(train.steps, val.steps):
        return train.values
    if not len(train) or not len(val):
        raise CurveError(f"train has {len(train)} points and val {len(val)}; at least one of each is needed")
    if not overlap(train, val):
        raise CurveError(
            f"train covers steps {train.steps[0]}-{train.steps[-1]} and val {val.steps[0]}-{val.steps[-1]}; "
            "nothing to compare"
        )
    read = np.interp(val.steps, train.steps, train.values)
    ends = np.searchsorted(train.steps, val.steps, side="right")
    starts = np.concatenate([[0], ends[:-1]])
    sums = np.concatenate([[0.0], np.cumsum(train.values)])
    counts = ends - starts
    return np.where(counts > 0, (sums[ends] - sums[starts]) / np.maximum(counts, 1), read)
