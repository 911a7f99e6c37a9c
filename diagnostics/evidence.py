"""Evidence: everything that is measured of two curves before anybody judges them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from diagnostics.curves import Curve, align, overlap
from diagnostics.signals.excess import Bars, Excess, excess
from diagnostics.signals.gap import generalization_gap, mean_gap, relative_gap
from diagnostics.signals.onset import onset
from diagnostics.signals.rise import given_back
from diagnostics.signals.trend import least_squares_slope, theil_sen_slope

Values = NDArray[np.float64]


FEW_POINTS = 25
# From this many points on, the trailing median is this wide, and a rise must have lasted as long: about a tenth of the
# training, and never so long that an alarm would wait for more than 25 points.
WINDOWS = {1: 3, FEW_POINTS: 5, 50: 9, 100: 15, 200: 25}


def window(points: int) -> int:
    """Width of the trailing median, and the points a rise must last, when ``points`` points are known."""
    return max(width for start, width in WINDOWS.items() if start <= max(points, 1))


@dataclass(frozen=True)
class Thresholds:
    """When a rise counts. Each has a heading in docs/method.md that says where its value comes from."""

    min_points: int = 10
    min_rise: float = 0.02
    min_range: float = 0.04
    min_sigmas: float = 4.0

    @property
    def bars(self) -> Bars:
        """The three that a rise must clear."""
        return Bars(self.min_rise, self.min_range, self.min_sigmas)


@dataclass(frozen=True)
class Evidence:
    """Two finite curves on val's steps, ``n >= 1``, both lower-is-better, and what was measured of them."""

    steps: NDArray[np.int64]
    train: Values
    val: Values
    raw_train: Curve
    raw_val: Curve
    higher_is_better: bool
    limits: Thresholds
    known_noise: float = 0.0

    @cached_property
    def has_level(self) -> bool:
        """Are the values measured from zero, so that a rise may be compared with the best one?"""
        return bool((self.raw_val.values > 0).all())

    @cached_property
    def scale_ratio(self) -> float:
        """Val over train at the first common step; 1.0 where either is not positive."""
        first, other = float(self.raw_val.values[0]), float(abs(self.train[0]))
        return first / other if first > 0 and other > 0 else 1.0

    @property
    def same_scale(self) -> bool:
        """Do train and val seem to be in one unit? A factor over 5 at the start says no (sum against mean, percent)."""
        return 0.2 <= self.scale_ratio <= 5.0

    @property
    def window(self) -> int:
        """Width of the trailing median, and the points that a rise must last."""
        return window(len(self.val))

    @cached_property
    def recent(self) -> Excess:
        """The excess at as many of the latest points as must persist, on the scale that tells most.

        That is the window; where only a window twice as wide shows a rise, because the noise is loud, it is that.
        """
        narrow = self._excess(self.window)
        if self._persists(narrow) and not narrow.train_rose.any():
            return narrow
        wide = self._excess(2 * self.window - 1, narrow)
        if self._persists(wide) and not (self._persists(narrow) and wide.train_rose.any()):
            return wide
        return narrow

    def _excess(self, width: int, narrower: Excess | None = None) -> Excess:
        return excess(
            self.train,
            self.val,
            self.limits.bars,
            window=width,
            points=self.window,
            has_level=self.has_level,
            same_scale=self.same_scale,
            known_noise=self.known_noise,
            narrower=narrower,
        )

    def _persists(self, seen: Excess) -> bool:
        """Is the rise now more than the smallest that counts, and half of it for as long as the window is wide?"""
        return bool(seen.excess[-1] > 1 and (seen.excess > 0.5).all() and len(seen.excess) == self.window)

    @property
    def rose(self) -> bool:
        """Is val reliably worse than its best?"""
        return self._persists(self.recent)

    @property
    def overfits(self) -> bool:
        """Val rose, and train did not."""
        return self.rose and not bool(self.recent.train_rose.any())

    @cached_property
    def onset(self) -> int:
        """Index of val's best before the rise."""
        return onset(self.val, int(self.recent.best[-1]), window=self.recent.window)

    @property
    def lowest(self) -> int:
        """Index of the very best val value."""
        return int(np.argmin(self.val))

    @cached_property
    def rise(self) -> float:
        """Median of val's last 5 points (3 of a short run) above that of the 5 around its onset, in val's units."""
        half = min(2, self.window // 2)
        around = self.val[max(0, self.onset - half) : self.onset + half + 1]
        return max(0.0, float(np.median(self.val[-2 * half - 1 :]) - np.median(around)))

    @property
    def relative_rise(self) -> float:
        """The rise as a share of the best value, or of the range where the values are not measured from zero."""
        base = abs(float(self.recent.level[-1])) if self.has_level else float(self.recent.range[-1])
        return self.rise / base if base > 0 else 0.0

    @property
    def sigmas(self) -> float:
        """The rise in units of the noise, at most 1000."""
        sigma = float(self.recent.sigma[-1])
        return min(self.rise / sigma, 1000.0) if sigma > 0 else 1000.0 if self.rise > 0 else 0.0

    @property
    def still(self) -> float:
        """The smallest change of val that is a change: half its noise, or 0.5 % of the range, whichever is larger."""
        return max(0.5 * float(self.recent.sigma[-1]), 0.005 * float(self.recent.range[-1]))

    @cached_property
    def progress(self) -> float:
        """How much the best trailing median fell within the last fifth of the points, in val's units."""
        smooth = self.recent.smooth
        before = smooth[: max(1, len(smooth) - len(smooth) // 5)]
        return max(0.0, float(before.min() - smooth.min()))

    @cached_property
    def stalled(self) -> int:
        """Points since val first came as close to its best trailing median as ``still``."""
        smooth = self.recent.smooth
        return len(smooth) - 1 - int(np.argmax(smooth <= smooth.min() + self.still))

    @cached_property
    def train_fell(self) -> float:
        """How much the trailing median of train fell since val stalled, in train's units."""
        follow = self.recent.follow
        return float(follow[-1 - self.stalled] - follow[-1])

    @cached_property
    def gap_growth(self) -> float:
        """Growth of the gap between the trailing medians since val stalled, in val's units."""
        smooth = self.recent.smooth
        return self.train_fell + float(smooth[-1] - smooth[-1 - self.stalled])

    def signals(self, clean: Curve | None, floor: float) -> Mapping[str, float]:
        """The numbers for a page, by name; slopes in the units of the log, everything else positive when worse."""
        sign = -1.0 if self.higher_is_better else 1.0
        train, val = Curve(self.steps, self.train), Curve(self.steps, self.val)
        found = {
            "gap": mean_gap(self.train, self.val),
            "generalization_gap": generalization_gap(train, val) + floor,
            "relative_gap": relative_gap(train, val),
            "val_slope": sign * least_squares_slope(self.val),
            "val_trend": sign * theil_sen_slope(self.val),
            "rise": self.rise,
            "relative_rise": self.relative_rise,
            "given_back": given_back(self.recent.smooth),
            "noise": float(self.recent.sigma[-1]),
            "excess": float(min(self.recent.excess[-1], 1000.0)),
        }
        if clean is not None and overlap(clean, val):
            found["clean_gap"] = generalization_gap(Curve(clean.steps, sign * clean.values), val)
        return {name: value for name, value in found.items() if np.isfinite(value)}


def measure(
    train: Curve,
    val: Curve,
    *,
    higher_is_better: bool = False,
    limits: Thresholds | None = None,
    known_noise: float = 0.0,
) -> Evidence:
    """Both curves on val's steps, turned so that lower is better. Raises ``CurveError`` when they share no steps."""
    sign = -1.0 if higher_is_better else 1.0
    fitted, held_out = sign * align(train, val), sign * val.values
    return Evidence(val.steps, fitted, held_out, train, val, higher_is_better, limits or Thresholds(), known_noise)
