"""Batch: cycles of several files that are like one template, put together so that their numbers are read at once."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from diagnostics.logs.event_files.cycle import Bytes
from diagnostics.logs.event_files.growing import Table
from diagnostics.logs.event_files.template import Template

SMALL = 1 << 18  # bytes of cycles, up to which fixed costs outweigh that of a copy
_MOST = 1 << 19  # bytes of a batch

Tables = NDArray[np.float64]
"""Steps (as int64), wall times and values of some records, shape ``(records, 3, n)``."""


class Batch:
    """Collects cycles up to ``_MOST`` bytes, then begins anew."""

    def __init__(self, template: Template) -> None:
        self._room: Bytes = np.empty(0, np.uint8)
        self._numbers = _Numbers(template)

    def room_for(self, size: int) -> Bytes:
        """Room for so many bytes of cycles, to be filled with their ``difference`` from the template."""
        filled = len(self._numbers.data)
        if self._numbers.is_read or filled + size > max(_MOST, size):
            self._numbers.read()
            self._numbers, filled = _Numbers(self._numbers.template), 0
        stop = filled + size
        if stop > len(self._room):
            room = np.empty(min(2 * stop, max(_MOST, stop)), np.uint8)
            room[:filled] = self._room[:filled]
            self._room = room
        return self._room[filled:stop]

    def take(self, cycles: int) -> Share:
        """Take in so many cycles from where there was room."""
        size = self._numbers.template.size
        first = len(self._numbers.data) // size
        self._numbers.data = self._room[: (first + cycles) * size]
        return Share(self._numbers, first, first + cycles)


class _Numbers:
    """What all cycles of one filling of a batch hold."""

    def __init__(self, template: Template) -> None:
        self.template = template
        self.data: Bytes = np.empty(0, np.uint8)
        self.is_read = False
        self._table: Tables = np.empty((len(template.layouts), 3, 0))
        self._damaged: NDArray[np.bool_] | None = None

    def read(self) -> tuple[Tables, NDArray[np.bool_] | None]:
        """Steps, wall times and values, shape ``(records, 3, cycles)``; which records are damaged, if any."""
        if not self.is_read:
            rows = self.data.reshape(-1, self.template.size)
            self._damaged = self.template.damaged(rows)
            self.template.difference(self.data, self.data)  # from that of the template: the cycles themselves
            self._table = self.template.table(rows)
            self.data, self.is_read = self.data[:0], True
        return self._table, self._damaged


class Share(NamedTuple):
    """The cycles that one file has in a batch. Their numbers are read with all others when they are first asked for."""

    numbers: _Numbers
    first: int
    last: int

    @property
    def tags(self) -> list[str]:
        """The tag of each record."""
        return self.numbers.template.tags

    def read(self) -> tuple[Tables, NDArray[np.bool_] | None]:
        """Steps (as int64), wall times and values, shape ``(records, 3, n)``; which records are damaged, if any."""
        table, damaged = self.numbers.read()
        return table[:, :, self.first : self.last], None if damaged is None else damaged[self.first : self.last]


class Shares:
    """What one file has, one after the other, in batches whose cycles have the same tags."""

    def __init__(self, tags: list[str]) -> None:
        self.tags = tags
        self._shares: list[Share] = []

    def add(self, share: Share) -> None:
        """Append what comes next."""
        self._shares.append(share)

    @cached_property
    def damaged(self) -> int:
        """How many records have a wrong checksum."""
        return sum(0 if damaged is None else int(damaged.sum()) for _, damaged in map(Share.read, self._shares))

    @cached_property
    def rows(self) -> list[Table]:
        """Steps (as int64), wall times and values of each tag where they are intact, shape ``(3, n)``."""
        tables = [share.read() for share in self._shares]
        if not self.damaged:
            return [*np.concatenate([table for table, _ in tables], axis=2)]
        intact = [np.ones((table.shape[2], len(table)), np.bool_) if bad is None else ~bad for table, bad in tables]
        return [
            np.concatenate(
                [table[tag][:, good[:, tag]] for (table, _), good in zip(tables, intact, strict=True)], axis=1
            )
            for tag in range(len(self.tags))
        ]
