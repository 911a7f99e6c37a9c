"""IrregularReader: records in no order: those of one form are read at once, then all are parted by tag."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diagnostics.logs.event_files.contents import Contents
from diagnostics.logs.event_files.crc import crc32c, masked
from diagnostics.logs.event_files.cycle import Bytes
from diagnostics.logs.event_files.forms import LONGEST, Form, form_of, widths_in
from diagnostics.logs.event_files.framing import Positions, records_in
from diagnostics.logs.event_files.layout import FOOTER, HEAD, HEADER, bulk_of
from diagnostics.logs.event_files.tag_numbers import UNKNOWN, TagNumbers

_FEW = 4  # records; so many are read one by one as quickly
_LEAST = 48  # bytes of a record


class IrregularReader:
    """Reads records of any order."""

    def __init__(self, contents: Contents, tags: TagNumbers) -> None:
        self._contents = contents
        self._tags = tags

    def read(self, block: Bytes, start: int, stop: int, *, scratch: Bytes, to_come: int) -> int:
        """Take in the records that follow one another from ``start``; where that ends, for whatever reason.

        There are bytes ``to_come`` after this block.
        """
        offsets, lengths = records_in(block, start, stop, scratch)
        if not len(offsets):
            return start
        scalars = _Scalars(len(offsets))
        for members in _of_one_length(lengths):
            self._take(_rows(block, offsets[members], int(lengths[members[0]])), members, scalars)
        end = int(offsets[-1] + lengths[-1])
        left = np.flatnonzero(scalars.left)
        self._take_one_by_one(block.data, left, offsets[left].tolist(), lengths[left].tolist(), scalars)
        to_come_in_parts = (stop - end + to_come) / (end - start)
        for number, steps, wall_times, values in scalars.parted():
            expected = len(steps) + int(len(steps) * to_come_in_parts)
            tag = self._tags.tags[number]
            self._contents.extend(tag, steps, wall_times, values, count=len(steps), expected=expected)
        return end

    def _take(self, rows: Bytes, members: Positions, scalars: _Scalars) -> None:
        """Take in those of the records ``rows``, all of one length, that have a form."""
        for width, index in widths_in(rows):
            form = form_of(rows.shape[1], width)
            if form is not None:
                self._take_form(form, rows[index], members[index], scalars)

    def _take_form(self, form: Form, rows: Bytes, members: Positions, scalars: _Scalars) -> None:
        difference = form.template.difference(rows.reshape(-1), np.empty(rows.size, np.uint8)).reshape(rows.shape)
        numbers = self._tags.look_up(rows, form.tag_at, form.tag_end)
        taken = form.template.alike(difference) & (numbers != UNKNOWN)
        if not taken.all():
            rows, difference, members, numbers = rows[taken], difference[taken], members[taken], numbers[taken]
        if not len(rows):
            return
        damaged = form.template.damaged(difference)
        scalars.left[members] = False
        column = next(form.template.columns(rows))
        if damaged is None:
            scalars.put(members, numbers, *column[1:])
        else:
            self._contents.damaged += int(damaged.sum())
            intact = ~damaged[:, 0]
            scalars.put(members[intact], numbers[intact], *(values[intact] for values in column[1:]))

    def _take_one_by_one(
        self, view: memoryview, members: Positions, offsets: list[int], lengths: list[int], scalars: _Scalars
    ) -> None:
        for member, offset, length in zip(members.tolist(), offsets, lengths, strict=True):
            head = bytes(view[offset : offset + min(length, HEAD)])
            tag = bulk_of(head, length, self._contents.bulk_tags)
            if tag is not None:
                self._contents.saw_bulk(tag, head, length)
                if tag and self._contents.weights.wants(tag, offset):
                    self._contents.weights.offer(bytes(view[offset : offset + length]))
                continue
            payload = bytes(view[offset + HEADER : offset + length - FOOTER])
            stored = int.from_bytes(view[offset + length - FOOTER : offset + length], "little")
            if masked(crc32c(payload)) != stored:
                self._contents.damaged += 1
                continue
            for row in self._contents.rows_of(payload):
                scalars.more.append((member, self._tags.number(row.tag.encode()), *row[1:]))


class _Scalars:
    """The scalars of some records; ``left`` says which records are still to be read."""

    def __init__(self, records: int) -> None:
        self.left = np.ones(records, np.bool_)
        self.more: list[tuple[int, int, int, float, float]] = []  # the columns below of single scalars
        self._parts: list[tuple[NDArray[Any], ...]] = []  # places, numbers of the tags, steps, wall times and values

    def put(self, *columns: NDArray[Any]) -> None:
        """Take in the place among the records, the tag's number, the step, wall time and value of several scalars."""
        self._parts.append(columns)

    def parted(self) -> Iterator[tuple[int, NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]]:
        """Each tag's number, and its steps, wall times and values in file order."""
        parts = [*self._parts, *([tuple(zip(*self.more, strict=True))] if self.more else [])]
        if not parts:
            return
        places, numbers, *columns = (np.concatenate(column) for column in zip(*parts, strict=True))
        order = _in_order(places) if len(parts) > 1 else np.arange(len(places))
        by_tag = _in_order(numbers[order])
        order = order[by_tag]
        numbers, steps, wall_times, values = (column[order] for column in (numbers, *columns))
        for first, last in pairwise(_bounds(numbers)):
            yield int(numbers[first]), steps[first:last], wall_times[first:last], values[first:last]


def _of_one_length(lengths: Positions) -> Iterator[Positions]:
    """Indices of the records of each length, earlier ones first, where there are several that may have a form."""
    lengths = np.where((lengths >= _LEAST) & (lengths <= LONGEST), lengths, 0)
    order = _in_order(lengths)
    for first, last in pairwise(_bounds(lengths[order])):
        if last - first >= _FEW and lengths[order[first]]:
            yield order[first:last]


def _rows(block: Bytes, offsets: Positions, length: int) -> Bytes:
    """The records as a matrix, shape ``(n, length)``."""
    anywhere = np.ndarray((len(block) - length + 1,), f"V{length}", block, 0, (1,))  # quicker than bytes by index
    return anywhere[offsets].view(np.uint8).reshape(len(offsets), length)


def _in_order(numbers: NDArray[np.int64]) -> Positions:
    """The indices in the order of the numbers, none of them negative; of equal ones the earlier first."""
    small = numbers.max() < 1 << 16  # these are sorted by counting
    return np.argsort(numbers.astype(np.uint16) if small else numbers, kind="stable")


def _bounds(ordered: NDArray[np.int64]) -> list[int]:
    """Where each number begins, and the end."""
    changes = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    return [0, *changes.tolist(), len(ordered)]
