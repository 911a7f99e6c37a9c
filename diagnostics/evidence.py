"""Evidence: everything that is measured of two curves before anybody judges them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from diagnostics.alarms import MEMORY, NOISE_POINTS, alarms, minor
from diagnostics.context import Context
from diagnostics.curves import Curve, align, overlap
from diagnostics.diagnosis import Best
from diagnostics.probability import Kind, chance, terms
from diagnostics.signals.gap import generalization_gap, mean_gap, relative_gap
from diagnostics.signals.noise import noise
from diagnostics.signals.onset import onset
from diagnostics.signals.rise import given_back
from diagnostics.signals.sampling import sampling_error
from diagnostics.signals.scales import TINY, Scales, scales, steady_width
from diagnostics.signals.trend import least_squares_slope, theil_sen_slope
from diagnostics.thresholds import Thresholds

Values = NDArray[np.float64]

FEW_POINTS = 25
HUGE = 1e300  # beyond, differences are no longer finite
EVEN = 0.5  # no rise that is small or within the noise is more likely than not
_LATEST = MEMORY + 1  # points that are looked at closely


@dataclass(frozen=True)
class Evidence:
    """Two finite curves on val's steps, ``n >= 1``, both lower-is-better, and what was measured of them.

    ``same_quantity`` is False where train is a loss and val another metric; ``raw_val`` has val's values as logged.
    """

    steps: NDArray[np.int64]
    train: Values
    val: Values
    raw_val: Curve
    limits: Thresholds
    higher_is_better: bool = False
    same_quantity: bool = True
    val_samples: int | None = None
    known_noise: float = 0.0
    points: int | None = _LATEST

    @cached_property
    def has_level(self) -> bool:
        """Are the values measured from zero, so that a rise may be compared with the best one?"""
        return bool((self.raw_val.values > 0).all())

    @cached_property
    def scale_ratio(self) -> float:
        """Val over train at the first common step; 1.0 where either is not positive."""
        first, other = float(self.val[0]), float(self.train[0])
        return first / other if first > 0 and other > 0 else 1.0

    @property
    def same_scale(self) -> bool:
        """Do train and val seem to be in one unit? A factor over 5 at the start says no (sum against mean, percent)."""
        return self.same_quantity and 0.2 <= self.scale_ratio <= 5.0

    @property
    def kind(self) -> Kind:
        """What val is beside train."""
        return "loss" if self.same_scale else "other unit" if self.same_quantity else "metric"

    @cached_property
    def recent(self) -> Scales:
        """The rise at each of the latest points, on the scale that shows it best."""
        return scales(
            self.train,
            self.val,
            points=self.points,
            has_level=np.logical_and.accumulate(self.raw_val.values > 0),
            same_quantity=self.same_scale,
            known_noise=self.known_noise,
        )

    @cached_property
    def chances(self) -> Values:
        """P(going on past validation's best cost test loss) at each of the latest points."""
        columns = terms(self.recent, self.val, val_samples=self.val_samples)
        chances = chance(columns, self.recent, kind=self.kind, samples_known=self.val_samples is not None)
        return np.where(minor(self.recent, self.limits), np.minimum(chances, EVEN), chances)

    @property
    def probability(self) -> float:
        """The same at the last point."""
        return float(self.chances[-1])

    @property
    def chance_of_rise(self) -> float:
        """The same if training had not got worse: how likely it is that validation's rise is one of test, too."""
        seen = replace(self.recent, train_rose=np.zeros_like(self.recent.train_rose))
        columns = terms(seen, self.val, val_samples=self.val_samples)
        return float(chance(columns, seen, kind=self.kind, samples_known=self.val_samples is not None)[-1])

    @cached_property
    def alarms(self) -> NDArray[np.bool_]:
        """Overfitting at each of the latest points."""
        return alarms(self.recent, self.chances, self.limits)

    @property
    def overfits(self) -> bool:
        """Val rose, most likely at a cost, and train did not."""
        return bool(self.alarms[-1])

    @property
    def rose(self) -> bool:
        """Is val worse than its best by more than 3 % (of its level) and by more than 4 times its noise?"""
        seen = self.recent
        return bool(seen.rise[-1] > 0.03 * seen.size[-1] and seen.rise[-1] > 4 * seen.sigma[-1])

    @property
    def train_rose(self) -> bool:
        """Is training, too, worse than where it was at val's best?"""
        return bool(self.recent.train_rose[-1])

    @cached_property
    def onset(self) -> int:
        """Index of val's best before the rise."""
        return onset(self.val, int(np.argmin(self.medians)), window=steady_width(len(self.val)))

    @property
    def lowest(self) -> int:
        """Index of the very best val value."""
        return int(np.argmin(self.val))

    @property
    def best(self) -> Best:
        """The best val value as it was logged, and its step."""
        return Best(int(self.steps[self.lowest]), float(self.raw_val.values[self.lowest]))

    @property
    def rise(self) -> float:
        """How far val's trailing median stands above its best, on the scale that shows it best, in val's units."""
        return float(self.recent.rise[-1])

    @property
    def size(self) -> float:
        """The yardstick of a rise: val's best level, or what it had gained where it is not measured from zero."""
        return float(self.recent.size[-1])

    @property
    def relative_rise(self) -> float:
        """The rise as a share of its yardstick."""
        return min(self.rise / self.size, 1e6) if self.size > TINY else 0.0

    @cached_property
    def noise(self) -> float:
        """Standard deviation of one val value."""
        return max(noise(self.val), self.known_noise if self.known_noise > 0 else 0.0)

    @property
    def sigmas(self) -> float:
        """The rise in units of the noise of one value, at most 1000."""
        return min(self.rise / self.noise, 1000.0) if self.noise > 0 else 1000.0 if self.rise > 0 else 0.0

    @property
    def sampling_error(self) -> float | None:
        """Standard error of the relative rise that the number of validation samples leaves."""
        return None if self.val_samples is None else sampling_error(self.relative_rise, self.val_samples)

    @property
    def ends_above_best(self) -> float:
        """How far the last val value stands above the very best one, as a share of that, or of the yardstick."""
        lowest = float(self.val[self.lowest])
        return min((float(self.val[-1]) - lowest) / max(abs(lowest) if self.has_level else self.size, TINY), 1e6)

    @property
    def still(self) -> float:
        """The smallest change of val that is one: half its noise, where that can be told, or 0.5 % of the yardstick."""
        return max(0.5 * self.noise if len(self.val) >= NOISE_POINTS else 0.0, 0.005 * self.size)

    @property
    def medians(self) -> Values:
        """Trailing medians of val, an eighth of the points wide."""
        return self.recent.smooth

    @cached_property
    def progress(self) -> float:
        """How much val's best trailing median fell within the last fifth of the points, in val's units."""
        before = self.medians[: max(1, len(self.medians) - max(1, len(self.medians) // 5))]
        return max(0.0, float(before.min() - self.medians.min()))

    @property
    def stalled(self) -> int:
        """Points since val was best."""
        return len(self.val) - 1 - self.lowest

    @cached_property
    def standing(self) -> int:
        """Points since val's trailing median first came as close to its best as ``still``."""
        return len(self.val) - 1 - int(np.argmax(self.medians <= self.medians.min() + self.still))

    @cached_property
    def train_fell(self) -> float:
        """How much the trailing median of train fell since val stands still, in train's units."""
        follow = self.recent.smooth_train
        return float(follow[-1 - self.standing] - follow[-1])

    @property
    def gap_growth(self) -> float:
        """Growth of the gap between the trailing medians since val stands still, in val's units."""
        return self.train_fell + float(self.medians[-1] - self.medians[-1 - self.standing])

    def signals(self, clean: Curve | None, floor: float) -> Mapping[str, float]:
        """The numbers for a page, by name; slopes in the units of the log, everything else positive when worse."""
        sign = -1.0 if self.higher_is_better else 1.0
        train, val = Curve(self.steps, self.train), Curve(self.steps, self.val)
        found = {
            "val_slope": sign * least_squares_slope(self.val),
            "val_trend": sign * theil_sen_slope(self.val),
            "rise": self.rise,
            "relative_rise": self.relative_rise,
            "given_back": given_back(self.medians),
            "noise": self.noise,
            "probability": self.probability,
        }
        if self.sampling_error is not None:
            found["sampling_error"] = self.sampling_error
        if self.same_quantity:
            found["gap"] = float(self.val[-1] - self.train[-1])
            found["textbook_gap"] = mean_gap(self.train, self.val)
            found["generalization_gap"] = generalization_gap(train, val) + floor
            found["relative_gap"] = relative_gap(train, val)
            if clean is not None and overlap(clean, val):
                found["clean_gap"] = generalization_gap(Curve(clean.steps, sign * clean.values), val)
        return {name: value for name, value in found.items() if np.isfinite(value)}


def measure(
    train: Curve,
    val: Curve,
    *,
    context: Context | None = None,
    higher_is_better: bool = False,
    limits: Thresholds | None = None,
    known_noise: float = 0.0,
    points: int | None = _LATEST,
) -> Evidence:
    """Both finite curves on val's steps, turned so that lower is better; the latest ``points`` are looked at closely.

    Where ``context`` names a metric, train is a loss. Raises ``CurveError`` when the two share no steps.
    """
    context = context or Context()
    aligned, held_out = align(train, val), val.values
    if context.perplexity:
        aligned, held_out = np.log(np.maximum(aligned, TINY)), np.log(np.maximum(held_out, TINY))
    aligned, held_out = np.clip(aligned, -HUGE, HUGE), np.clip(held_out, -HUGE, HUGE)
    sign = -1.0 if higher_is_better else 1.0
    same = context.metric is None
    return Evidence(
        val.steps,
        aligned * (sign if same else 1.0),
        held_out * sign,
        val,
        limits or Thresholds(),
        higher_is_better,
        same,
        context.val_samples,
        known_noise,
        points,
    )
