"""Facts: what a dose is computed from, and whether there may be one at all."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from diagnostics.recommend.setup import Setup, Values
from diagnostics.verdict import Diagnosis, Verdict

NEAR_BEST = 0.02  # t* is when val is first this close to its minimum
MIN_POINTS = 5
SMALLEST, LARGEST = 1e-30, 1e30  # products of three such numbers are neither 0 nor infinite
MIN_VAL_SAMPLES = 100
LATEST_SHARE, SMALLEST_RISE, LARGEST_GAP = 0.8, 0.02, 0.30
MEMORIZED = 0.5  # of validation's first loss; below it training has gone far on its own samples
WORTH_SAYING = 0.005  # of a rise, below which it rounds to nothing
MANY_TIMES = 10.0
UNDER_CONFIDENT = 0.9  # a temperature below it
FLAT = (Verdict.PLATEAU, Verdict.HEALTHY)
# what makes the logged training loss larger than the plain one
INFLATING = ("dropout", "spatial_dropout", "drop_path", "dropconnect", "mixup", "cutmix", "label_smoothing")


@dataclass(frozen=True)
class Facts:
    """A diagnosis and a setup, and what follows from them; None for whatever cannot be known."""

    diagnosis: Diagnosis
    setup: Setup

    @cached_property
    def val(self) -> Values | None:
        """Validation up to its first value that is not finite, turned so that lower is better; at least 2 points."""
        if self.setup.val is None:
            return None
        values = self.setup.val.values * (-1.0 if self.setup.higher_is_better else 1.0)
        broken = np.flatnonzero(~np.isfinite(values))
        values = values[: broken[0]] if len(broken) else values
        return values if len(values) > 1 else None

    @property
    def has_level(self) -> bool:
        """Are the values measured from zero, so that 2 % of the best means something?"""
        return self.setup.val is not None and bool((self.setup.val.values[: self.points] > 0).all())

    @property
    def points(self) -> int | None:
        return None if self.val is None else len(self.val)

    @cached_property
    def best_index(self) -> int | None:
        """Index of validation's lowest value, which is that of the best checkpoint."""
        return None if self.val is None else int(np.argmin(self.val))

    @cached_property
    def t_star_index(self) -> int | None:
        """Index of t*, never 0: the onset of an overfitting run.

        Elsewhere it is where val first comes within 2 % of its minimum (of its range without a level).
        """
        if self.val is None or self.setup.val is None:
            return None
        onset = self.diagnosis.onset_step
        if onset is not None:
            return int(np.clip(np.searchsorted(self.setup.val.steps, onset), 1, len(self.val) - 1))
        low = float(self.val.min())
        near = NEAR_BEST * (abs(low) if self.has_level else float(self.val.max()) - low)
        return max(1, int(np.argmax(self.val <= low + near)))

    @property
    def unresolved(self) -> bool:
        """Is t* the second point, so that it may have been anywhere before?"""
        return self.t_star_index == 1

    @cached_property
    def t_star(self) -> float | None:
        """Optimizer steps until t*."""
        return self._at_t_star(self.setup.steps)

    @cached_property
    def t_star_epochs(self) -> float | None:
        """Epochs until t*."""
        return self._at_t_star(self.setup.epochs)

    @cached_property
    def share(self) -> float | None:
        """f: t* over the steps trained, in (0, 1]."""
        return None if self.t_star_index is None else self._share_done(self.t_star_index)

    @cached_property
    def best_share(self) -> float | None:
        """When validation was at its very best, as a share of the training."""
        return None if self.best_index is None else self._share_done(self.best_index)

    @cached_property
    def last_over_lowest(self) -> float | None:
        """How far val ended above its best, relative to it; at least 0."""
        if self.val is None or not self.has_level:
            rise = self.diagnosis.signals.get("relative_rise")
            return None if rise is None or not math.isfinite(rise) else max(0.0, rise)
        low = float(self.val.min())
        rise = (float(self.val[-1]) - low) / abs(low)
        return rise if math.isfinite(rise) else None

    @property
    def worse_since(self) -> str:
        """How far validation has got worse since its best, by the verdict's rise; empty where it has not."""
        rise = self.diagnosis.signals.get("relative_rise") if self.diagnosis.verdict is Verdict.OVERFITTING else None
        share = self.last_over_lowest if rise is None else rise
        if share is None or not share >= WORTH_SAYING:
            return ""
        much = f"{share:.0%}" if share < MANY_TIMES else "many times"
        return f"; validation is {much} worse now"

    @cached_property
    def end_gap_share(self) -> float | None:
        """What of validation's last loss training does not have: ``(val - train) / val``."""
        return None if self.val is None else self._gap_share(len(self.val) - 1)

    @cached_property
    def best_gap_share(self) -> float | None:
        """The same at the best checkpoint; None where training's loss is larger than the plain one for other reasons.

        A logged loss is the mean over the epoch, half an epoch behind: its mean with the next one's is used.
        """
        if self.best_index is None or (not self.setup.train_is_clean and any(map(self.in_use, INFLATING))):
            return None
        return self._gap_share(self.best_index, behind=not self.setup.train_is_clean)

    @cached_property
    def temperature(self) -> float | None:
        """What the logits of the best checkpoint are best divided by; None where it was not fitted."""
        return self._at_best(self.setup.temperature)

    @cached_property
    def scaled_gain(self) -> float | None:
        """What that takes off the best checkpoint's validation loss, relative to it."""
        scaled = self._at_best(self.setup.val_scaled)
        if scaled is None or self.val is None or self.best_index is None or not self.has_level:
            return None
        return max(0.0, 1 - scaled / float(self.val[self.best_index]))

    @property
    def under_confident(self) -> bool:
        """Is the best checkpoint less sure than it should be, or better on validation than on training?

        So it is with wrong labels in the training set alone and under strong augmentation: decay harms there.
        """
        return (self.best_gap_share is not None and self.best_gap_share < 0) or self.temperature_is_low

    @property
    def temperature_is_low(self) -> bool:
        """Does the temperature of the best checkpoint say that it is less sure than it should be?"""
        return self.temperature is not None and self.temperature < UNDER_CONFIDENT

    @property
    def memorized(self) -> bool:
        """Has training gone on learning its own samples while validation stays flat?"""
        train, gap = self.setup.train_end, self.end_gap_share
        if train is None or gap is None or self.val is None or self.diagnosis.verdict not in FLAT:
            return False
        return gap > LARGEST_GAP and train <= MEMORIZED * float(self.val[0])

    @cached_property
    def lr_time(self) -> float | None:
        """The learning rate summed over the steps until t*; what it does under SGD with momentum."""
        return self._lr_time(self.t_star_index)

    @cached_property
    def lr_time_of_run(self) -> float | None:
        """The same summed over the whole run."""
        return self._lr_time(None if self.points is None else self.points - 1)

    @cached_property
    def lr(self) -> float | None:
        """The mean learning rate until t*."""
        lr = self.setup.lr
        if lr is None or isinstance(lr, int | float):
            return positive(lr)
        values = np.asarray(lr, float)
        values = values[: max(1, math.ceil((self.share or 1.0) * len(values)))]
        return positive(float(values.mean())) if len(values) and np.isfinite(values).all() else None

    @cached_property
    def wd_hat(self) -> float | None:
        """The decay that pulls back as far as training moves weights: update / (lr_sum * norm) at the best point."""
        logged = self.setup.update_norm, self.setup.lr_sum, self.setup.l2_norm
        if self.val is None or any(values is None for values in logged):
            return None
        best = int(np.argmin(self.val))
        update, lr_sum, norm = (positive(float(values[best])) for values in logged if values is not None)
        if update is None or lr_sum is None or norm is None or self.momentum is None:
            return None
        return positive(update * (1 - self.momentum) / (lr_sum * norm))

    @property
    def momentum(self) -> float | None:
        """What multiplies a decay's effect by ``1 / (1 - momentum)``; None for SGD of which it is not known."""
        if self.setup.momentum is None and self.setup.optimizer != "sgd":
            return 0.0  # as AdamW decays, for which the dose is measured
        return self.setup.momentum

    @property
    def too_few_samples(self) -> bool:
        return self.setup.val_samples is not None and self.setup.val_samples < MIN_VAL_SAMPLES

    @property
    def too_few_points(self) -> bool:
        return self.points is not None and self.points < MIN_POINTS

    @property
    def needs_dose(self) -> bool:
        """Overfit enough, by enough points and samples, for a strength; what is not known stands in nobody's way."""
        overfits = self.diagnosis.verdict is Verdict.OVERFITTING or self.memorized
        if not overfits or self.too_few_points or self.too_few_samples:
            return False
        if self.share is not None and self.share >= LATEST_SHARE:
            return False
        rise, gap = self.last_over_lowest, self.end_gap_share
        if rise is None and gap is None:
            return True
        return (rise is not None and rise > SMALLEST_RISE) or (gap is not None and gap > LARGEST_GAP)

    def evidence(self) -> dict[str, float]:
        """The evidence that every recommendation of a dose shares."""
        numbers = {
            "t_star": self.t_star,
            "t_star_epochs": self.t_star_epochs,
            "f": self.share,
            "last_above_best": self.last_over_lowest,
            "gap": self.end_gap_share,
            "gap_at_best": self.best_gap_share,
            "temperature": self.temperature,
        }
        return {name: value for name, value in numbers.items() if value is not None}

    def in_use(self, lever: str) -> float | None:
        """The current strength of ``lever``, where it is known and a number that can be one."""
        strength = self.setup.strengths.get(lever)
        if strength is None or not 0 <= strength < LARGEST:
            return None
        return positive(strength) or 0.0

    def _share_done(self, index: int) -> float | None:
        if self.val is None or self.setup.val is None:
            return None
        counts = (self.setup.steps, self.setup.epochs, self.setup.val.steps)
        done = next(np.asarray(values, float) for values in counts if values is not None)[: len(self.val)]
        return positive(float(done[index] / done[-1])) if done[-1] > 0 else None

    def _at_t_star(self, done: Values | None) -> float | None:
        return None if done is None or self.t_star_index is None else positive(float(done[self.t_star_index]))

    def _lr_time(self, index: int | None) -> float | None:
        if index is None:
            return None
        logged, steps = self.setup.lr_sum, self.setup.steps
        summed = None if logged is None else positive(float(np.sum(logged[: index + 1])))
        if summed is None and steps is not None and self.lr is not None:
            summed = positive(float(steps[index]) * self.lr)
        momentum = self.momentum
        return None if summed is None or momentum is None else positive(summed / (1 - momentum))

    def _at_best(self, values: Values | None) -> float | None:
        return None if values is None or self.best_index is None else positive(float(values[self.best_index]))

    def _gap_share(self, index: int, *, behind: bool = False) -> float | None:
        """``(val - train) / val`` at a point; None where the two cannot be compared."""
        train = self.setup.train
        incomparable = self.setup.higher_is_better or "scale_mismatch" in self.diagnosis.notes
        if self.val is None or train is None or not self.has_level or incomparable:
            return None
        gap = 1 - float(np.mean(train[index : index + 1 + behind])) / float(self.val[index])
        return gap if math.isfinite(gap) else None


def positive(number: float | None) -> float | None:
    """The number itself when it is above 0 and of a size that a training can have; NaN and infinity are not."""
    return float(number) if number is not None and SMALLEST < number < LARGEST else None
