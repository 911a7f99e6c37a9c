"""Excess: validation's rise over its best, in units of the smallest rise that counts.

    excess = rise / max(min_rise |best|, min_range range, min_sigmas sigma sqrt(4 / max(4, window)))

A person who looks at two curves sees the rise against three things at once: its level, the height of the chart, and
the jitter. ``range`` is the height of the chart: the larger of what validation and what training have gained so far, at
most four times the best value, so that a huge first loss hides nothing. Wider trailing medians jitter less.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from diagnostics.curves import trailing_median
from diagnostics.signals.noise import noise_so_far
from diagnostics.signals.rise import best_so_far

Values = NDArray[np.float64]
_RANGE_CAP = 4.0  # times |best|
_FLAT = 0.01  # of the range: training that stands still at its best has not got worse


class Bars(NamedTuple):
    """What a rise must clear: shares of the best value and of the range, and multiples of the noise."""

    min_rise: float = 0.02
    min_range: float = 0.04
    min_sigmas: float = 4.0


@dataclass(frozen=True)
class Excess:
    """Known at each of the latest points, arrays of one shape ``(points,)``; lower values are better.

    ``smooth`` and ``follow`` are the trailing medians of all of val and train, shape ``(n,)``; ``level`` is the best of
    ``smooth`` so far and ``best`` its index; ``magnitude`` is the bar without the noise, ``jitter`` that of the noise.
    ``train_rose`` is True where training, too, stands above where it was at validation's best: no overfitting then.
    """

    window: int
    smooth: Values
    follow: Values
    best: NDArray[np.int64]
    level: Values
    rise: Values
    range: Values
    sigma: Values
    excess: Values
    magnitude: Values
    jitter: Values
    train_rose: NDArray[np.bool_]


def excess(
    train: Values,
    val: Values,
    bars: Bars | None = None,
    *,
    window: int = 5,
    points: int | None = None,
    has_level: bool | NDArray[np.bool_] = True,
    same_scale: bool = True,
    known_noise: float = 0.0,
    narrower: Excess | None = None,
) -> Excess:
    """Measure the latest ``points`` (all by default) of two curves of shape ``(n,)``, both finite, ``n >= 1``.

    ``has_level`` says, for all points or for each, that the values are measured from zero (losses above 0), so that a
    rise may be compared with the best value; ``same_scale`` that train and val are in the same unit.
    ``known_noise`` is a standard deviation of val known from elsewhere; the noise is never taken to be smaller.
    ``narrower`` is the answer for the same points over a narrower window, whose noise and train are taken over.
    Uses no value from after the point measured.
    """
    points = len(val) if points is None else min(points, len(val))
    smooth = trailing_median(val, window)
    follow = trailing_median(train, window) if narrower is None else narrower.follow
    best = best_so_far(smooth)[-points:]
    level, rise = smooth[best], smooth[-points:] - smooth[best]
    lowest_train = np.minimum.accumulate(follow)[-points:]
    gained = val[0] - level
    if same_scale:
        gained = np.maximum(gained, train[0] - lowest_train)
    span = np.where(has_level, np.minimum(gained, _RANGE_CAP * np.abs(level)), gained)
    bars = bars or Bars()
    magnitude = np.maximum(np.where(has_level, bars.min_rise * np.abs(level), 0.0), bars.min_range * span)
    sigma = np.maximum(noise_so_far(val, points=points), known_noise) if narrower is None else narrower.sigma
    jitter = bars.min_sigmas * sigma * np.sqrt(4 / max(4, window))
    smallest = np.maximum(magnitude, jitter)
    ratio = np.divide(rise, smallest, out=np.where(rise > 0, np.inf, 0.0), where=smallest > 0)
    now, still = follow[-points:], _FLAT * np.abs(train[0] - lowest_train)
    rose = (now >= follow[best]) & (now > lowest_train + still)
    return Excess(window, smooth, follow, best, level, rise, span, sigma, ratio, magnitude, jitter, rose)
