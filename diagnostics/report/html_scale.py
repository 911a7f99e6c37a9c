"""HTML scale: where a number stands in a chart, and which round numbers stand beside its axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
TICKS = 8


@dataclass(frozen=True)
class Scale:
    """A map from the numbers between ``low`` and ``high`` to the percent of a side of the chart."""

    low: float
    high: float
    log: bool = False
    room: float = 0.0

    def __call__(self, numbers: Values | Sequence[float] | float) -> Values:
        values = np.asarray(numbers, dtype=float)
        with np.errstate(all="ignore"):
            low, high, at = np.log([self.low, self.high, 1.0]) if self.log else (self.low, self.high, 0.0)
            share = ((np.log(values) if self.log else values) - low) / (high - low) if high > low else values * 0 + 0.5
        return np.asarray(100 * (self.room + at + (1 - 2 * self.room) * share))

    def ticks(self) -> list[float]:
        """Round numbers within the chart: 1, 2 and 5 times powers of ten on a logarithmic scale."""
        if not self.high > self.low:
            return [self.low]
        if not self.log:
            return round_numbers(self.low, self.high)
        powers = range(int(np.floor(np.log10(self.low))), int(np.ceil(np.log10(self.high))) + 1)
        for digits in ((1, 2, 5), (1, 3), (1,)):
            ticks = [digit * 10.0**power for power in powers for digit in digits]
            ticks = [tick for tick in ticks if self.low <= tick <= self.high]
            if len(ticks) <= TICKS:
                break
        ticks = ticks[:: -(-len(ticks) // TICKS)] if ticks else ticks
        return ticks if len(ticks) > 1 else round_numbers(self.low, self.high)


def round_numbers(low: float, high: float, *, whole: bool = False) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten, about ``TICKS``."""
    if not high > low:
        return [low]
    power = 10.0 ** np.floor(np.log10((high - low) / TICKS))
    step = next(power * digit for digit in (1, 2, 5, 10) if (high - low) / (power * digit) <= TICKS)
    step = max(step, 1.0) if whole else step
    return [float(number) for number in np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step]
