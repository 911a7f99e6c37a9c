"""Curve: one quantity over the course of a training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


class CurveError(ValueError):
    """The numbers given are no usable curve; the message says what was found, what is needed and the way out."""


@dataclass(frozen=True, eq=False)
class Curve:
    """Values at strictly increasing steps; all arrays have shape ``(n,)``.

    ``wall_times`` are seconds since 1970, or ``None`` where nobody recorded them. Values may be NaN or infinite: that is
    a finding, not an error.
    """

    steps: NDArray[np.int64]
    values: NDArray[np.float64]
    wall_times: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        if self.steps.ndim != 1 or self.steps.shape != self.values.shape:
            raise CurveError(
                f"steps have shape {self.steps.shape} and values {self.values.shape}; give one value for each step"
            )
        if len(self.steps) > 1 and not bool((np.diff(self.steps) > 0).all()):
            raise CurveError("steps repeat or go backwards; sort them and keep one value a step")

    def __len__(self) -> int:
        return len(self.steps)

    @classmethod
    def of(cls, values: Curve | Sequence[float] | ArrayLike) -> Curve:
        """The curve itself, or plain numbers as a curve over the steps ``0 .. n-1``."""
        if isinstance(values, Curve):
            return values
        try:
            array = np.asarray(values, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise CurveError(f"a curve needs numbers, found {values!r:.80}") from error
        return cls(np.arange(len(array), dtype=np.int64) if array.ndim == 1 else np.empty(0, np.int64), array)
