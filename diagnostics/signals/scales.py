"""Scales: validation's rise over its best, seen through trailing medians of several widths at once.

A rise shows on one width and drowns on another: a narrow median sees a turn soon, a wide one sees a slow climb through
loud noise. At each point the width is taken on which the rise clears its two bars, 3 % of the level and 4 times the
noise, by most, among those on which training has not got worse since validation was best.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from diagnostics.curves import trailing_medians
from diagnostics.signals.noise import noise_so_far
from diagnostics.signals.rise import best_so_far

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]
Indices = NDArray[np.int64]

# width of the trailing median -> the first and the last number of points it is used at: about a fifth of the training,
# and single values only where there are too few for a median
WIDTHS: dict[int, tuple[int, float]] = {
    1: (1, 14),
    3: (4, np.inf),
    5: (25, np.inf),
    9: (45, np.inf),
    15: (75, np.inf),
    25: (125, np.inf),
}
_LARGE, _LOUD = 0.03, 4.0  # of the level and of the noise: where the two bars are worth the same
_FOLLOWS = 0.05  # of validation's rise: training that moved up by less has not got worse
_LOST_ALL = 2.0  # times all that validation had ever gained, and times the bar of the noise
TINY = 1e-300


class _Width(NamedTuple):
    """What one width shows at each of the latest points, in the order of ``Scales``; then what it is chosen by."""

    best: Indices
    now: Values
    level: Values
    gain: Values
    size: Values
    follow: Values
    follow_best: Values
    sigma: Values
    lost_all: Flags
    clear: Values
    allowed: Flags


@dataclass(frozen=True)
class Scales:
    """At each of the latest points, the width that shows a rise best; arrays of shape ``(points,)``, lower is better.

    ``smooth`` and ``smooth_train`` are the medians of all points, shape ``(n,)``, an eighth of them wide.
    ``index`` of the point; ``best`` is the index of validation's best trailing median, ``level`` its value and ``now``
    the median at the point; ``gain`` what validation had improved since a tenth of the run, ``size`` the yardstick of a
    rise: the level, or where a loss has none (it is not measured from zero) what was gained. ``follow`` and
    ``follow_best`` are training's medians at the point and at ``best``, ``sigma`` the noise of validation's median.
    ``lost_all``: the rise is twice all that validation had ever gained, far above its noise. ``train_rose``: training
    has got worse since, on every width.
    """

    smooth: Values
    smooth_train: Values
    index: Indices
    width: Indices
    best: Indices
    now: Values
    level: Values
    gain: Values
    size: Values
    follow: Values
    follow_best: Values
    sigma: Values
    lost_all: Flags
    train_rose: Flags

    @property
    def rise(self) -> Values:
        """Validation's median above its best, in its units; never negative."""
        return np.maximum(self.now - self.level, 0.0)


def steady_width(points: int) -> int:
    """The width that calms a curve of so many points without delaying it: about an eighth of them."""
    return max(width for width in WIDTHS if width <= max(points / 8, 1))


def scales(
    train: Values,
    val: Values,
    *,
    points: int | None = None,
    has_level: Flags | None = None,
    same_quantity: bool = True,
    known_noise: float = 0.0,
) -> Scales:
    """Measure the latest ``points`` (all by default) of two finite curves of shape ``(n,)``, ``n >= 1``.

    ``has_level`` says for each value whether all so far were measured from zero (by default: all are);
    ``same_quantity`` that train and val are in one unit. ``known_noise`` is a standard deviation of val known from
    elsewhere; the noise is never taken to be smaller. Uses no value from after the point measured.
    """
    points = len(val) if points is None else min(points, len(val))
    index = np.arange(len(val) - points, len(val))
    noise = np.maximum(noise_so_far(val, points=points), known_noise)
    has_level = np.ones(points, np.bool_) if has_level is None else has_level[index]
    widths = [width for width, (first, last) in WIDTHS.items() if first <= len(val) and index[0] + 1 <= last]
    medians = trailing_medians(np.array([val, train]), {*widths, steady_width(len(val))})
    seen = [_scale(medians[width], width, index, noise, has_level, same_quantity) for width in widths]
    clear, allowed = np.array([scale.clear for scale in seen]), np.array([scale.allowed for scale in seen])
    slack = np.array([_FOLLOWS * (scale.now - scale.level) if same_quantity else 0 * scale.now for scale in seen])
    follows = np.array([scale.follow - scale.follow_best for scale in seen]) <= slack
    train_rose = np.logical_not((allowed & follows).any(axis=0))
    chosen = np.argmax(np.where(allowed & (follows | train_rose), clear, -1.0), axis=0)
    here = np.arange(points)
    best, now, level, gain, size, followed, follow_best, sigma, lost_all = (
        np.array(part)[chosen, here] for part in list(zip(*seen, strict=True))[:9]
    )
    smooth, smooth_train = medians[steady_width(len(val))]
    return Scales(
        smooth,
        smooth_train,
        index,
        np.array(widths)[chosen],
        best,
        now,
        level,
        gain,
        size,
        followed,
        follow_best,
        sigma,
        lost_all,
        train_rose,
    )


def _scale(medians: Values, width: int, index: Indices, noise: Values, has_level: Flags, same_quantity: bool) -> _Width:
    smooth, follow = medians
    best = best_so_far(smooth)[index]
    level, now = smooth[best], smooth[index]
    tenth = np.minimum(np.maximum((index + 1) // 10, 1), index)
    gain = np.maximum(smooth[tenth] - level, 0.0)
    fell = np.maximum(follow[tenth] - follow[index], 0.0) if same_quantity else 0.0
    sigma = noise * np.sqrt(np.pi / max(np.pi, width))
    rise = np.maximum(now - level, 0.0)
    whole = np.maximum(smooth[np.minimum(1, index)] - level, 0.0)
    lost_all = (rise > _LOST_ALL * whole) & (rise > _LOST_ALL * _LOUD * sigma)
    size = np.maximum(np.where(has_level, np.abs(level), np.maximum(gain, fell)), TINY)
    clear = np.minimum(rise / (_LARGE * size), rise / np.maximum(_LOUD * sigma, 1e-6 * size))
    first, last = WIDTHS[width]
    allowed = (index + 1 >= first) & (index + 1 <= last)
    return _Width(
        best, now, level, gain, size, follow[index], follow[best], sigma, lost_all, np.fmax(clear, -1.0), allowed
    )
