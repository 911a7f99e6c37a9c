"""Template: many cycles of records that differ only in time, step and value, read at once."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from diagnostics.logs.event_files.crc import unmasked
from diagnostics.logs.event_files.cycle import Bytes, cycle_of
from diagnostics.logs.event_files.layout import FOOTER, HEADER, STEP_AT, WALL_AT, Layout

_TILE = 4096  # bytes in which short cycles are compared
_FEW, _MORE = 8, 16  # cycles that are looked at first, and how many times as many next


class Column(NamedTuple):
    """What the cycles hold for one of their records; all of shape ``(n,)``."""

    tag: str
    steps: NDArray[np.int64]
    wall_times: NDArray[np.float64]
    values: NDArray[Any]


class Template:
    """One cycle of intact records. Others are *like* it where the bytes that may not vary are equal.

    Checksums: a CRC is linear, so that of the exclusive or of some cycles is the exclusive or of theirs. Cycles are
    checked in groups and, only where a group is wrong, one by one. Damage in a group can hide behind equal damage in
    the same group; as there are two groupings, four or more records have to be damaged alike, at places that fit.
    """

    def __init__(self, cycle: Bytes, layouts: Sequence[Layout]) -> None:
        self.size = len(cycle)
        self.layouts = tuple(layouts)
        self.tags = [layout.tag for layout in layouts]
        self._cycle = cycle_of(self.layouts)
        tiles = max(1, _TILE // self.size)
        self._tiled_cycle, self._tiled_fixed = np.tile(cycle, tiles), np.tile(self._cycle.fixed, tiles)
        self._usual = 0  # cycles that were alike when last looked at, and one more
        self._header = cycle[:HEADER].tobytes()
        self._stored = self._stored_crcs(cycle.reshape(1, -1))

    def fits(self, data: Bytes) -> bool:
        """Whether ``data`` begins with a cycle like this one."""
        if len(data) < self.size or data[:HEADER].tobytes() != self._header:
            return False
        return not ((data[: self.size] ^ self._tiled_cycle[: self.size]) & self._cycle.fixed).any()

    def like(self, data: Bytes, difference: Bytes, scratch: Bytes) -> int:
        """How many cycles from the start of ``data`` on are like this one; their ``difference`` is left there.

        Both are at least as long as ``data``. At first so much is looked at as was alike the last time.
        """
        count, size = len(data) // self.size, self.size
        alike, stop = 0, max(_FEW, self._usual)
        while alike < count:
            few = min(count, stop) - alike
            found = self._alike(data[alike * size : (alike + few) * size], difference[alike * size :], scratch)
            alike += found
            if found < few:
                break
            stop *= _MORE
        self._usual = alike + 1
        return alike

    def _alike(self, data: Bytes, out: Bytes, scratch: Bytes) -> int:
        difference, fixed = self.difference(data, out[: len(data)]), scratch[: len(data)]
        _tiled(np.bitwise_and, difference, self._tiled_fixed, fixed)
        return int(np.argmax(fixed != 0)) // self.size if fixed.max() else len(data) // self.size

    def difference(self, data: Bytes, out: Bytes) -> Bytes:
        """``data``, whole cycles, exclusive or the template."""
        _tiled(np.bitwise_xor, data, self._tiled_cycle, out)
        return out

    def alike(self, difference: Bytes) -> NDArray[np.bool_]:
        """Which cycles are like this one, shape ``(n,)``, by their ``difference``, shape ``(n, size)``."""
        unlike = np.empty(difference.shape, np.uint8)
        _tiled(np.bitwise_and, difference.reshape(-1), self._tiled_fixed, unlike.reshape(-1))
        return unlike.max(axis=1) == 0 if unlike.max() else np.ones(len(difference), np.bool_)

    def damaged(self, difference: Bytes) -> NDArray[np.bool_] | None:
        """Which records have a wrong checksum, shape ``(cycles, records)``; ``None`` when all are right.

        Cycles like this one are told by their ``difference``, shape ``(n, size)``.
        """
        crcs = unmasked(self._stored_crcs(difference) ^ self._stored) ^ unmasked(self._stored)
        groupings = _groupings(len(difference))
        differences = np.concatenate([_combined(difference, groups) for groups in groupings])
        expected = np.concatenate([_combined(crcs, groups) for groups in groupings])
        wrong = self._checksums(differences) != expected
        return np.asarray(self._checksums(difference) != crcs) if wrong.any() else None

    def columns(self, cycles: Bytes) -> Iterator[Column]:
        """The numbers of each record of the cycles, shape ``(n, size)``."""
        steps = self._steps(cycles)
        for record, (start, layout) in enumerate(zip(self._cycle.starts, self.layouts, strict=True)):
            wall_times = _strided(cycles, start + WALL_AT, "<f8")
            values = _strided(cycles, start + layout.value_at, layout.value_kind)
            yield Column(layout.tag, steps[record], wall_times, values)

    def table(self, cycles: Bytes) -> NDArray[np.float64]:
        """The numbers of the columns together, the steps as int64; shape ``(records, 3, n)``."""
        table = np.empty((len(self.layouts), 3, len(cycles)))
        table[:, 0].view(np.int64)[:] = self._steps(cycles)
        for numbers, start, layout in zip(table, self._cycle.starts, self.layouts, strict=True):
            numbers[1] = _strided(cycles, start + WALL_AT, "<f8")
            numbers[2] = _strided(cycles, start + layout.value_at, layout.value_kind)
        return table

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
        return stored


def _groupings(rows: int) -> list[int]:
    """Two numbers of groups, or one, so that no two rows ``i`` are together in both: a row is in ``i % groups``."""
    groups = math.isqrt(rows) + 1  # groups * (groups + 1) > rows
    return [groups, groups + 1] if rows >= 3 * (groups + 1) else [rows]


def _combined(rows: NDArray[Any], groups: int) -> NDArray[Any]:
    """Exclusive or of the rows of each group."""
    grouped, width = len(rows) // groups * groups, rows.shape[1]
    combined = np.bitwise_xor.reduce(rows[:grouped].reshape(-1, groups * width), axis=0).reshape(groups, width)
    combined[: len(rows) - grouped] ^= rows[grouped:]
    return np.asarray(combined)


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
