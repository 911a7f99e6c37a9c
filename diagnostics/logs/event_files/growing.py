"""GrowingRows: one tag's rows, appended to at a cost that does not depend on how many there are."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from diagnostics.logs.run import Rows

_LEAST = 32  # rows
_NO_ROWS = np.empty((3, 0))

Table = NDArray[np.float64]
"""Steps (as int64), wall times and values of some rows, shape ``(3, n)``."""


class GrowingRows:
    """Steps, wall times and values in one array with room to spare. Rows handed out earlier never change."""

    def __init__(self) -> None:
        self._length = 0
        self._use(_NO_ROWS)

    def extend(
        self, steps: ArrayLike, wall_times: ArrayLike, values: ArrayLike, *, count: int, expected: int = 0
    ) -> None:
        """Append ``count`` rows; ``expected`` is a guess at how many this call and those after it will add."""
        self._make_room(count, expected)
        start, self._length = self._length, self._length + count
        self._room.steps[start : self._length] = steps
        self._room.wall_times[start : self._length] = wall_times
        self._room.values[start : self._length] = values

    def extend_by_table(self, table: Table, *, expected: int = 0) -> None:
        """The same for rows that nothing else will change; the first are kept as they are."""
        start, count = self._length, table.shape[1]
        if not start and count >= expected:
            self._use(table)
        else:
            self._make_room(count, expected)
            self._table[:, start : start + count] = table
        self._length += count

    def rows(self) -> Rows:
        """Everything so far, as views."""
        steps, wall_times, values = self._room
        return Rows(steps[: self._length], wall_times[: self._length], values[: self._length])

    def _use(self, table: Table) -> None:
        self._table, self._room = table, Rows(table[0].view(np.int64), table[1], table[2])

    def _make_room(self, count: int, expected: int) -> None:
        least = self._length + count
        if least > self._table.shape[1]:
            table = np.empty((3, max(least, self._length + expected, self._length + self._length // 2, _LEAST)))
            table[:, : self._length] = self._table[:, : self._length]
            self._use(table)
