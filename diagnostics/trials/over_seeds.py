"""Over seeds: what a change did to a run and to its repetitions with other seeds, taken together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np

from diagnostics.trials.outcome import CHANCE, STANDARD_ERRORS, Outcome, compared


@dataclass(frozen=True)
class OverSeeds:
    """The ``differences`` of each seed, as in ``Outcome``; ``difference`` is their mean, ``error`` its standard error.

    A difference counts from ``errors`` standard errors on.
    """

    seeds: tuple[int, ...]
    differences: tuple[float, ...]
    difference: float
    error: float
    errors: float

    @property
    def word(self) -> Literal["confirmed", "refuted", "not distinguishable"]:
        """Better or worse on the mean over seeds by more than chance, or neither."""
        if abs(self.difference) <= self.errors * self.error:
            return "not distinguishable"
        return "confirmed" if self.difference < 0 else "refuted"

    @property
    def sentence(self) -> str:
        """All of it for a person."""
        each = ", ".join(f"{compared(difference)} (seed {seed})" for seed, difference in self._by_seed())
        change = compared(self.difference, self.error)
        return f"Over {len(self.seeds)} seeds, {self.word}: {change} on average. Each seed: {each}."

    def _by_seed(self) -> list[tuple[int, float]]:
        return list(zip(self.seeds, self.differences, strict=True))


def over_seeds(seeds: Sequence[int], outcomes: Sequence[Outcome]) -> OverSeeds:
    """Put the outcomes of one change together, each against the run of its own seed. Raises ``ValueError`` below two.

    Two or three differences say little of how much they vary, and may lie close together by chance. So the variance of
    one of them is the larger of two: their own, and what the validation samples of each say. Without the latter,
    Student's t takes the place of two standard errors.
    """
    if len(outcomes) < 2 or len(seeds) != len(outcomes):
        raise ValueError(f"{len(outcomes)} outcomes of {len(seeds)} seeds; give one each, of two seeds or more")
    differences = np.array([outcome.difference for outcome in outcomes])
    spread = float(differences.var(ddof=1))
    within = [outcome.error for outcome in outcomes if outcome.error is not None and outcome.paired]
    errors = STANDARD_ERRORS
    if len(within) == len(outcomes):
        spread = max(spread, float(np.mean(np.square(within))))
    else:
        errors = _student(len(outcomes) - 1)
    mean, error = float(differences.mean()), sqrt(spread / len(outcomes))
    return OverSeeds(tuple(seeds), tuple(differences.tolist()), mean, error, errors)


def _student(degrees: int) -> float:
    """How many standard errors chance exceeds as rarely as two where the error is known."""
    from scipy.special import stdtrit  # takes a noticeable part of the app's start, which never asks

    return float(stdtrit(degrees, CHANCE))
