"""Template: many cycles of records that differ only in time, step and value, read at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from diagnostics.logs.event_files.crc import combined, groupings, unmasked
from diagnostics.logs.event_files.cycle import Bytes, cycle_of
from diagnostics.logs.event_files.layout import FOOTER, STEP_AT, WALL_AT, Layout

_TILE = 4096  # bytes in which short cycles are compared
_FEW = 8  # cycles that are looked at before all are, for where the first are unlike


class Column(NamedTuple):
    """What the cycles hold for one of their records; all of shape ``(n,)``."""

    tag: str
    steps: NDArray[np.int64]
    wall_times: NDArray[np.float64]
    values: NDArray[Any]


class Template:
    """One cycle of intact records. Others are *like* it where the bytes that may not vary are equal.

    Checksums: a CRC is linear, so that of the exclusive or of some cycles is the exclusive or of theirs. Cycles are
    checked in groups and, only in a group that is wrong, one by one. Damage in a group can hide behind equal damage in
    the same group; as there are two groupings, four or more records have to be damaged alike, at places that fit.
    """

    def __init__(self, cycle: Bytes, layouts: Sequence[Layout]) -> None:
        self.size = len(cycle)
        self.layouts = tuple(layouts)
        self._cycle = cycle_of(self.layouts)
        tiles = max(1, _TILE // self.size)
        self._tiled_cycle, self._tiled_fixed = np.tile(cycle, tiles), np.tile(self._cycle.fixed, tiles)
        self._crcs = self._stored_crcs(cycle.reshape(1, -1))

    def fits(self, data: Bytes) -> bool:
        """Whether ``data`` begins with a cycle like this one."""
        if len(data) < self.size:
            return False
        return not ((data[: self.size] ^ self._tiled_cycle[: self.size]) & self._cycle.fixed).any()

    def like(self, data: Bytes, scratch: Bytes) -> int:
        """How many cycles from the start of ``data`` on are like this one. ``scratch`` is at least twice as long."""
        few = self._alike(data[: _FEW * self.size], scratch)
        return few if few < _FEW else self._alike(data, scratch)

    def _alike(self, data: Bytes, scratch: Bytes) -> int:
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
        unlike = np.empty(difference.shape, np.uint8)
        _tiled(np.bitwise_and, difference.reshape(-1), self._tiled_fixed, unlike.reshape(-1))
        return unlike.max(axis=1) == 0 if unlike.max() else np.ones(len(difference), np.bool_)

    def damaged(self, cycles: Bytes, difference: Bytes) -> NDArray[np.bool_] | None:
        """Which records have a wrong checksum, shape ``(cycles, records)``; ``None`` when all are right.

        Both arguments have shape ``(n, size)``; the cycles are like this one.
        """
        crcs = self._stored_crcs(cycles) ^ self._crcs
        both_groupings = groupings(len(cycles))
        differences = np.concatenate([combined(difference, *grouping) for grouping in both_groupings])
        expected = np.concatenate([combined(crcs, *grouping) for grouping in both_groupings])
        wrong = (self._checksums(differences) != expected).any(axis=1)
        if not wrong.any():
            return None
        suspects = np.zeros(len(cycles), np.bool_)
        for groups, members in both_groupings:
            rows, wrong = np.split(wrong, [groups + len(cycles) - groups * members])
            suspects |= np.concatenate([np.tile(rows[:groups], members), rows[groups:]])
        damaged = np.zeros(crcs.shape, np.bool_)
        damaged[suspects] = self._checksums(difference[suspects]) != crcs[suspects]
        return damaged

    def columns(self, cycles: Bytes) -> Iterator[Column]:
        """The numbers of each record of the cycles, shape ``(n, size)``."""
        steps = self._steps(cycles)
        for record, (start, layout) in enumerate(zip(self._cycle.starts, self.layouts, strict=True)):
            wall_times = _strided(cycles, start + WALL_AT, "<f8")
            values = _strided(cycles, start + layout.value_at, layout.value_kind)
            yield Column(layout.tag, steps[record], wall_times, values)

    def _steps(self, cycles: Bytes) -> NDArray[np.int64]:
        """The step of each record of the cycles, shape ``(records, n)``."""
        steps = np.zeros((len(self.layouts), len(cycles)), np.int64)
        widths = [layout.step_width for layout in self.layouts]
        for width in set(widths) - {0}:
            records = [record for record, its in enumerate(widths) if its == width]
            kind = "<u4" if width <= 4 else "<u8"  # at least 4 and 8 bytes of the same record follow
            words = np.empty((len(records), len(cycles)), kind)
            for row, record in enumerate(records):
                words[row] = _strided(cycles, self._cycle.starts[record] + STEP_AT, kind)
            steps[records if len(records) < len(steps) else slice(None)] = _decoded(words, width)
        return steps

    def _checksums(self, differences: Bytes) -> NDArray[np.uint32]:
        """CRC of each record of each row, exclusive or that of the template, shape ``(n, records)``."""
        cycle = self._cycle
        contributions = cycle.tables[differences.T[cycle.varying] + cycle.table_starts]
        return np.bitwise_xor.reduceat(contributions, cycle.bounds, axis=0).T

    def _stored_crcs(self, cycles: Bytes) -> NDArray[np.uint32]:
        stored = np.empty((len(cycles), len(self.layouts)), np.uint32)
        for record, end in enumerate(self._cycle.ends):
            stored[:, record] = _strided(cycles, end - FOOTER, "<u4")
        return unmasked(stored)


def _tiled(operation: np.ufunc, data: Bytes, tile: Bytes, out: Bytes) -> None:
    """``out = operation(data, tile repeated)``, in rows of one tile, because numpy is slow on short rows."""
    whole = len(data) // len(tile) * len(tile)
    operation(data[:whole].reshape(-1, len(tile)), tile, out=out[:whole].reshape(-1, len(tile)))
    operation(data[whole:], tile[: len(data) - whole], out=out[whole:])


def _strided(cycles: Bytes, at: int, kind: str) -> NDArray[Any]:
    """The number at ``at`` in every cycle, as a view."""
    return np.ndarray((len(cycles),), kind, cycles, at, (cycles.strides[0],))


def _decoded(words: NDArray[Any], width: int) -> NDArray[Any]:
    """Varints of ``width`` bytes; 7 bits of each count, the lowest first."""
    numbers = words & 0x7F
    for byte in range(1, width):
        numbers |= words >> byte & words.dtype.type(0x7F << 7 * byte)
    return numbers
