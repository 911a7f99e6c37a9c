"""Alarms: at which points the evidence amounts to overfitting."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from diagnostics.signals.scales import Scales
from diagnostics.thresholds import Thresholds

NOISE_POINTS = 25  # with fewer, what bends is hard to tell from what jumps
SOME_POINTS, SOME = 6, 0.5  # from so many on, half of the noise's threshold is asked for
LATELY = 5  # points; a best value within the width of the median, and within these, is too fresh to be past
LOST_ALL = 0.1  # of the level: the yardstick of a rise that lost twice what was ever gained
RELEASE = 0.75  # of each threshold: an alarm ends below it
MEMORY = 10  # points for which an alarm may last below a threshold


def alarms(seen: Scales, chances: NDArray[np.float64], limits: Thresholds) -> NDArray[np.bool_]:
    """Is it overfitting, at each of the latest points? Shape ``(points,)``; the first ``MEMORY`` may be too quiet.

    An alarm is raised above all thresholds and ends somewhat below one, so that what wavers does not make the verdict
    flicker.
    """
    is_past = seen.index - seen.lowest >= np.minimum(seen.width, LATELY)
    enough = (seen.index + 1 >= max(limits.min_points, 2)) & ~seen.train_rose & (seen.rise > 0) & is_past
    raised = enough & _clears(seen, chances, limits, 1.0)
    lasts = enough & _clears(seen, chances, limits, RELEASE) & (raised | (seen.index + 1 >= NOISE_POINTS))
    here = np.arange(len(raised))
    since = np.maximum.accumulate(np.where(raised, here, -1))
    ended = np.maximum.accumulate(np.where(lasts, -1, here))
    return np.asarray((since >= 0) & (since > ended) & (here - since <= MEMORY))


def minor(seen: Scales, limits: Thresholds) -> NDArray[np.bool_]:
    """Is the rise too small to count, or within what the noise does by itself?"""
    return np.logical_not(_counts(seen, limits, 1.0))


def _clears(seen: Scales, chances: NDArray[np.float64], limits: Thresholds, share: float) -> NDArray[np.bool_]:
    """Are all thresholds, or a ``share`` of them, reached?"""
    return np.asarray(_counts(seen, limits, share) & (chances >= share * limits.min_probability))


def _counts(seen: Scales, limits: Thresholds, share: float) -> NDArray[np.bool_]:
    """The same of those of the rise; one that lost all that was ever gained need not be large beside the level."""
    size = np.where(seen.lost_all, LOST_ALL * seen.size, seen.size)
    points = seen.index + 1
    part = np.where(points >= NOISE_POINTS, 1.0, np.where(points >= SOME_POINTS, SOME, 0.0))
    loud = seen.rise >= share * part * limits.min_sigmas * seen.sigma
    large = (seen.rise >= share * limits.min_rise * size) & (seen.rise >= share * limits.min_range * seen.gain)
    return np.asarray(loud & large)
