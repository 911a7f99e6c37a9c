"""Screen: which of several regularizers does the work, from eight runs.

A two-level fractional factorial: every factor is off in four runs and on in the other four, in a different four for
each (Box and Hunter 1961, https://doi.org/10.1080/00401706.1961.10489951). Three factors are crossed in full; four have
resolution IV; five to seven have resolution III: an effect of one cannot be told from the interaction of two others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trainer.config import Config
from trainer.strengths import USUAL, Value
from trainer.tuning.plan import PlanError
from trainer.tuning.spaces import Choices, Point, Space

Values = NDArray[np.float64]
LEAST, MOST = 3, 7
FACTORS: dict[str, tuple[str, ...]] = {
    "mlp": ("dropout", "weight_decay", "l1", "label_smoothing", "mixup", "gradient_clipping", "ema"),
    "cnn": ("spatial_dropout", "weight_decay", "l1", "label_smoothing", "mixup", "augmentation", "ema"),
    "vit": ("dropout", "weight_decay", "drop_path", "label_smoothing", "mixup", "cutmix", "ema"),
    "transformer": ("dropout", "weight_decay", "l1", "label_smoothing", "gradient_clipping", "ema"),
}


class Contrast(NamedTuple):
    """``value`` is the mean with the factor on minus the mean with it off; ``error`` its standard error."""

    value: float
    error: float


@dataclass(frozen=True)
class Levels:
    """What each factor is when it is off, and when it is on."""

    off: Point
    on: Point


def levels(names: Sequence[str], space: Space | None = None) -> Levels:
    """The two ends of each range, or 0 and the usual strength. Raises ``PlanError`` for too few or many factors."""
    if not LEAST <= len(names) <= MOST or len(set(names)) < len(names):
        raise PlanError(
            f"a screen compares {LEAST} to {MOST} different factors, found {len(names)}: {', '.join(names)}; every "
            "combination of two is a --grid"
        )
    off: Point = {}
    on: Point = {}
    for name in names:
        if space is not None and name in space:
            off[name], on[name] = space[name].ends[0], space[name].ends[-1]
        elif name in USUAL:
            off[name], on[name] = 0, USUAL[name].screened
        else:
            raise PlanError(f"there is no usual strength of {name} to screen; say both: --space '{name}=OFF..ON'")
    return Levels(off, on)


def usual_factors(config: Config) -> tuple[str, ...]:
    """Up to seven regularizers that fit the network."""
    return FACTORS[config.model]


def columns() -> Values:
    """The eight runs (rows) of seven contrasts (columns), each -1 or 1: A, B, C, ABC, AB, AC, BC."""
    a, b, c = np.array([[x, y, z] for z in (-1, 1) for y in (-1, 1) for x in (-1, 1)], dtype=np.float64).T
    return np.column_stack([a, b, c, a * b * c, a * b, a * c, b * c])


def resolution(factors: int) -> str:
    """What the design can tell apart, in a sentence."""
    if factors <= 3:
        return "Every combination was run: main effects and interactions are told apart."
    if factors == 4:
        return "Resolution IV: an effect may hide the interaction of three others, not of two."
    return "Resolution III: an effect of one cannot be told from the interaction of two others."


def points(chosen: Levels) -> tuple[Point, ...]:
    """The eight points to train."""
    names = list(chosen.off)
    table = columns()[:, : len(names)]
    return tuple(
        {name: (chosen.on if x > 0 else chosen.off)[name] for name, x in zip(names, row, strict=True)} for row in table
    )


def space_of_levels(chosen: Levels) -> dict[str, Choices]:
    """The two values of each factor."""
    return {name: Choices((chosen.off[name], chosen.on[name])) for name in chosen.off}


def effects(values: Sequence[Sequence[float]], factors: int) -> list[Contrast]:
    """The effect of each factor; ``values`` has for each of the eight points, in order, one value a repeat.

    With repeats the error is that of their pooled variance; without, Lenth's pseudo standard error of all seven
    contrasts (1989, https://doi.org/10.1080/00401706.1989.10488595), which supposes that few of them are real.
    ``values`` are finite.
    """
    means = np.array([np.mean(repeats) for repeats in values])
    contrasts = columns().T @ means / 4
    error = _pooled(values) if min(map(len, values)) > 1 else lenth(contrasts)
    return [Contrast(float(contrast), error) for contrast in contrasts[:factors]]


def lenth(contrasts: Values) -> float:
    """``1.5 median(|c|)`` of those contrasts below ``2.5 * 1.5 median(|c|)`` of all."""
    size = np.abs(contrasts)
    first = 1.5 * float(np.median(size))
    kept = size[size < 2.5 * first]
    return 1.5 * float(np.median(kept)) if len(kept) else first


def _pooled(values: Sequence[Sequence[float]]) -> float:
    """Standard error of a difference between two means of four points each."""
    freedom = sum(len(repeats) - 1 for repeats in values)
    variance = sum(float(np.var(repeats, ddof=1)) * (len(repeats) - 1) for repeats in values) / freedom
    return float(np.sqrt(variance * sum(1 / len(repeats) for repeats in values))) / 4


def place(point: Mapping[str, Value], chosen: Sequence[Point]) -> int | None:
    """Which of the eight points it is."""
    return next((index for index, candidate in enumerate(chosen) if candidate == point), None)
