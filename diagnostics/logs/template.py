"""Template: many cycles of records that differ only in time, step and value, read at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from diagnostics.logs.crc import contributions, unmasked
from diagnostics.logs.layout import FOOTER, STEP_AT, WALL_AT, Layout

_GROUP = 15  # cycles whose checksums are compared as one; odd, so that a group still looks like a cycle
_TILE = 4096  # bytes in which short cycles are compared

Bytes = NDArray[np.uint8]


class Column(NamedTuple):
    """What the cycles hold for one of their records; all of shape ``(n,)``."""

    tag: str
    steps: NDArray[np.int64]
    wall_times: NDArray[np.float64]
    values: NDArray[Any]


class Template:
    """One cycle of intact records. Others are *like* it where the bytes that may not vary are equal.

    Checksums: a CRC is linear over exclusive or, so that of the exclusive or of some cycles is the exclusive or of
    theirs. Cycles are compared in groups far apart from each other and, only in a group that is wrong, one by one. Two
    damaged records hide each other if their damage has the same checksum, at the same place of two cycles of a group.
    """

    def __init__(self, cycle: Bytes, layouts: Sequence[Layout]) -> None:
        self.size = len(cycle)
        self.layouts = tuple(layouts)
        self._starts = np.cumsum([0, *(layout.length for layout in layouts)])[:-1]
        self._ends = self._starts + np.array([layout.length for layout in layouts])
        self._cycle = cycle.copy()
        self._fixed = self._fixed_bits()
        tiles = max(1, _TILE // self.size)
        self._tiled_cycle, self._tiled_fixed = np.tile(self._cycle, tiles), np.tile(self._fixed, tiles)
        self._crcs = self._stored_crcs(self._cycle[np.newaxis])
        self._varying, self._tables, self._bounds = self._checksum_plan()

    def like(self, data: Bytes, scratch: Bytes) -> int:
        """How many cycles from the start of ``data`` on are like this one. ``scratch`` is at least twice as long."""
        count = len(data) // self.size
        used = count * self.size
        difference = self.difference(data[:used], scratch[:used])
        fixed = scratch[used : 2 * used]
        _tiled(np.bitwise_and, difference, self._tiled_fixed, fixed)
        if not used or not fixed.max():
            return count
        return int(np.argmax(fixed != 0)) // self.size

    def difference(self, data: Bytes, out: Bytes) -> Bytes:
        """``data``, whole cycles, exclusive or the template."""
        _tiled(np.bitwise_xor, data, self._tiled_cycle, out)
        return out

    def alike(self, difference: Bytes) -> NDArray[np.bool_]:
        """Which cycles are like this one, shape ``(n,)``, by their ``difference``, shape ``(n, size)``."""
        return np.asarray((difference & self._fixed).max(axis=1) == 0)

    def damaged(self, cycles: Bytes, difference: Bytes) -> NDArray[np.bool_] | None:
        """Which records have a wrong checksum, shape ``(cycles, records)``; ``None`` when all are right.

        Both arguments have shape ``(n, size)``; the cycles are like this one.
        """
        crcs = self._stored_crcs(cycles) ^ self._crcs
        per_group = len(cycles) // _GROUP
        grouped = per_group * _GROUP
        rows = np.concatenate([_combined(difference[:grouped], per_group), difference[grouped:]])
        expected = np.concatenate([_combined(crcs[:grouped], per_group), crcs[grouped:]])
        wrong = (self._checksums(rows) != expected).any(axis=1)
        if not wrong.any():
            return None
        suspects = np.concatenate([np.tile(wrong[:per_group], _GROUP), wrong[per_group:]]).nonzero()[0]
        damaged = np.zeros(crcs.shape, np.bool_)
        damaged[suspects] = self._checksums(difference[suspects]) != crcs[suspects]
        return damaged

    def columns(self, cycles: Bytes) -> Iterator[Column]:
        """The numbers of each record of the cycles, shape ``(n, size)``."""
        for start, layout in zip(self._starts.tolist(), self.layouts, strict=True):
            wall_times = _strided(cycles, start + WALL_AT, "<f8")
            values = _strided(cycles, start + layout.value_at, layout.value_kind)
            yield Column(layout.tag, _steps(cycles, start + STEP_AT, layout.step_width), wall_times, values)

    def _fixed_bits(self) -> Bytes:
        fixed = np.full(self.size, 0xFF, np.uint8)
        for start, layout in zip(self._starts, self.layouts, strict=True):
            fixed[start + WALL_AT : start + WALL_AT + 8] = 0
            fixed[start + STEP_AT : start + STEP_AT + layout.step_width] = 0x80  # whether the number goes on
            value_at = start + layout.value_at
            fixed[value_at : value_at + int(layout.value_kind[-1])] = 0
            fixed[start + layout.length - FOOTER : start + layout.length] = 0
        return fixed

    def _checksum_plan(self) -> tuple[NDArray[np.intp], NDArray[np.uint32], NDArray[np.intp]]:
        """The bytes that vary, what each may add to the CRC of its record, and where each record's bytes begin."""
        payload_ends = np.repeat(self._ends - FOOTER, self._ends - self._starts)
        varying = np.flatnonzero((self._fixed != 0xFF) & (np.arange(self.size) < payload_ends))
        distances = payload_ends[varying] - 1 - varying
        tables = contributions(int(distances.max()) + 1)[distances]
        return varying, tables.reshape(-1), np.searchsorted(varying, self._starts)

    def _checksums(self, differences: Bytes) -> NDArray[np.uint32]:
        """CRC of each record of each row, exclusive or that of the template, shape ``(n, records)``."""
        index = differences[:, self._varying] + np.arange(len(self._varying)) * 256
        return np.bitwise_xor.reduceat(self._tables[index], self._bounds, axis=1)

    def _stored_crcs(self, cycles: Bytes) -> NDArray[np.uint32]:
        stored = np.empty((len(cycles), len(self.layouts)), np.uint32)
        for record, end in enumerate(self._ends.tolist()):
            stored[:, record] = _strided(cycles, end - FOOTER, "<u4")
        return unmasked(stored)


def _tiled(operation: np.ufunc, data: Bytes, tile: Bytes, out: Bytes) -> None:
    """``out = operation(data, tile repeated)``, in rows of one tile, because numpy is slow on short rows."""
    whole = len(data) // len(tile) * len(tile)
    operation(data[:whole].reshape(-1, len(tile)), tile, out=out[:whole].reshape(-1, len(tile)))
    operation(data[whole:], tile[: len(data) - whole], out=out[whole:])


def _combined(rows: NDArray[Any], groups: int) -> NDArray[Any]:
    """Exclusive or of the rows ``i, i + groups, i + 2 * groups, ...`` for each ``i < groups``."""
    stacked = rows.reshape(_GROUP, groups * rows.shape[1])
    return np.asarray(np.bitwise_xor.reduce(stacked, axis=0).reshape(groups, rows.shape[1]))


def _strided(cycles: Bytes, at: int, kind: str) -> NDArray[Any]:
    """The number at ``at`` in every cycle, as a view."""
    return np.ndarray((len(cycles),), kind, cycles, at, (cycles.strides[0],))


def _steps(cycles: Bytes, at: int, width: int) -> NDArray[np.int64]:
    """Varints of ``width`` bytes; 7 bits of each count, the lowest first."""
    if width == 0:
        return np.zeros(len(cycles), np.int64)
    kind = "<u4" if width <= 4 else "<u8"  # at least 4 and 8 bytes of the same record follow
    words = _strided(cycles, at, kind).copy()
    steps = words & 0x7F
    for byte in range(1, width):
        steps |= words >> byte & words.dtype.type(0x7F << 7 * byte)
    return steps.astype(np.int64)
