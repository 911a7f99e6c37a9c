"""GrowingRows: one tag's rows, appended to at a cost that does not depend on how many there are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from diagnostics.logs.run import Rows

_GROWTH = 1.5


class GrowingRows:
    """Steps, wall times and values in arrays with room to spare. Rows handed out earlier never change."""

    def __init__(self) -> None:
        self._length = 0
        self._steps = np.empty(0, np.int64)
        self._wall_times = np.empty(0, np.float64)
        self._values = np.empty(0, np.float64)

    def extend(self, steps: ArrayLike, wall_times: ArrayLike, values: ArrayLike) -> None:
        """Append rows; the three have the same length."""
        start, stop = self._length, self._length + len(np.atleast_1d(steps))
        if stop > len(self._steps):
            self._make_room(stop)
        self._steps[start:stop] = steps
        self._wall_times[start:stop] = wall_times
        self._values[start:stop] = values
        self._length = stop

    def rows(self) -> Rows:
        """Everything so far, as views."""
        stop = self._length
        return Rows(self._steps[:stop], self._wall_times[:stop], self._values[:stop])

    def _make_room(self, needed: int) -> None:
        size = max(needed, int(self._length * _GROWTH))
        self._steps = _enlarged(self._steps, self._length, size)
        self._wall_times = _enlarged(self._wall_times, self._length, size)
        self._values = _enlarged(self._values, self._length, size)


def _enlarged(array: NDArray[Any], used: int, size: int) -> NDArray[Any]:
    larger = np.empty(size, array.dtype)
    larger[:used] = array[:used]
    return larger
