"""GrowingRows: one tag's rows, appended to at a cost that does not depend on how many there are."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from diagnostics.logs.run import Rows

_LEAST = 32  # rows


class GrowingRows:
    """Steps, wall times and values in one array with room to spare. Rows handed out earlier never change."""

    def __init__(self) -> None:
        self._length = 0
        self._room = Rows(np.empty(0, np.int64), np.empty(0), np.empty(0))

    def extend(
        self, steps: ArrayLike, wall_times: ArrayLike, values: ArrayLike, *, count: int, expected: int = 0
    ) -> None:
        """Append ``count`` rows; ``expected`` is a guess at how many this call and those after it will add."""
        start, stop = self._length, self._length + count
        if stop > len(self._room.steps):
            self._make_room(max(stop, start + expected, start + start // 2, _LEAST))
        self._room.steps[start:stop] = steps
        self._room.wall_times[start:stop] = wall_times
        self._room.values[start:stop] = values
        self._length = stop

    def rows(self) -> Rows:
        """Everything so far, as views."""
        steps, wall_times, values = self._room
        return Rows(steps[: self._length], wall_times[: self._length], values[: self._length])

    def _make_room(self, size: int) -> None:
        table = np.empty((3, size))
        room = Rows(table[0].view(np.int64), table[1], table[2])
        for old, new in zip(self.rows(), room, strict=True):
            new[: self._length] = old
        self._room = room
