"""Scales: validation's rise over its best, seen through trailing medians of several widths at once.

A rise shows on one width and drowns on another: a narrow median sees a turn soon, a wide one sees a slow climb through
loud noise. At each point the width is taken on which the rise clears its two bars, 3 % of the level and 4 times the
noise, by most, among those on which training has not got worse since validation was best.
"""

from __future__ import annotations

from dataclasses import dataclass

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
    41: (205, np.inf),
}
_LARGE, _LOUD = 0.03, 4.0  # of the level and of the noise: where the two bars are worth the same
_FOLLOWS = 0.05  # of validation's rise: training that moved up by less has not got worse
_LOST_ALL = 2.0  # times all that validation had ever gained, and times the bar of the noise
TINY = 1e-300


@dataclass(frozen=True)
class Scales:
    """At each of the latest points, the width that shows a rise best; arrays of shape ``(points,)``, lower is better.

    ``smooth`` and ``smooth_train`` are the medians of all points, shape ``(n,)``, an eighth of them wide.
    ``index`` is that of the point, ``lowest`` that of the best value until then, ``best`` that of the best trailing
    median, ``level`` its value and ``now`` the median at the point; ``gain`` is what validation had improved since a
    tenth of the run, ``size`` the yardstick of a rise: the level, or where a loss has none (it is not measured from
    zero) what was gained. ``follow`` and ``follow_best`` are training's medians at the point and at ``best``, ``sigma``
    is the noise of validation's median. ``lost_all``: the rise is twice all that validation had ever gained, far above
    its noise. ``train_rose``: training has got worse since, on every width.
    """

    smooth: Values
    smooth_train: Values
    index: Indices
    lowest: Indices
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
    elsewhere; the noise is never taken to be smaller, on no width, because neighbors may share it. Uses no value from
    after the point measured.
    """
    points = len(val) if points is None else min(points, len(val))
    index = np.arange(len(val) - points, len(val))
    widths = [width for width, (first, last) in WIDTHS.items() if first <= len(val) and index[0] + 1 <= last]
    medians = trailing_medians(np.array([val, train]), {*widths, steady_width(len(val))})
    smooth, smooth_train = (np.array([medians[width][side] for width in widths]) for side in (0, 1))
    row = np.arange(len(widths))[:, None]
    best = np.array([best_so_far(line, points=points) for line in smooth])
    level, now, whole = smooth[row, best], smooth[:, index], smooth[:, np.minimum(1, index)]
    follow, follow_best = smooth_train[:, index], smooth_train[row, best]
    calmer = np.sqrt(np.pi / np.maximum(np.pi, widths))[:, None]
    sigma = np.fmax(noise_so_far(val, points=points) * calmer, known_noise)
    rise = np.maximum(now - level, 0.0)
    tenth = np.minimum(np.maximum((index + 1) // 10, 1), index)
    gain = np.maximum(smooth[:, tenth] - level, 0.0)
    fell = np.maximum(smooth_train[:, tenth] - follow, 0.0) if same_quantity else 0.0
    level_counts = np.ones(points, np.bool_) if has_level is None else has_level[index]
    size = np.maximum(np.where(level_counts, np.abs(level), np.maximum(gain, fell)), TINY)
    bars = np.maximum(_LOUD * sigma, 1e-6 * size)
    lost_all = (rise > _LOST_ALL * (whole - level)) & (rise > _LOST_ALL * bars)
    clear = np.fmax(np.minimum(rise / (_LARGE * size), rise / bars), -1.0)
    first, last = np.array([WIDTHS[width] for width in widths]).T[:, :, None]
    allowed = (index + 1 >= first) & (index + 1 <= last)
    follows = follow - follow_best <= (_FOLLOWS * rise if same_quantity else 0.0)
    train_rose = np.logical_not((allowed & follows).any(axis=0))
    chosen = np.argmax(np.where(allowed & (follows | train_rose), clear, -2.0), axis=0), np.arange(points)
    calm, calm_train = medians[steady_width(len(val))]
    return Scales(
        smooth=calm,
        smooth_train=calm_train,
        index=index,
        lowest=best_so_far(val, points=points),
        width=np.array(widths)[chosen[0]],
        best=best[chosen],
        now=now[chosen],
        level=level[chosen],
        gain=gain[chosen],
        size=size[chosen],
        follow=follow[chosen],
        follow_best=follow_best[chosen],
        sigma=sigma[chosen],
        lost_all=lost_all[chosen],
        train_rose=train_rose,
    )
