"""IrregularReader: records in no order, sorted by form and tag so that each kind is read at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diagnostics.logs.event_files.contents import Contents
from diagnostics.logs.event_files.crc import crc32c, masked
from diagnostics.logs.event_files.cycle import Bytes
from diagnostics.logs.event_files.framing import records_in
from diagnostics.logs.event_files.layout import FOOTER, HEAD, HEADER, STEP_AT, STEP_KEY_AT, bulk_of, layout_of
from diagnostics.logs.event_files.template import Template

_FEW = 8  # records; that many of a kind are not worth a template
_VALUE_KEY_FROM_END = 9  # the usual record ends in key, 4 bytes of value, 4 of checksum
_SIMPLE_VALUE, _STEP = 0x15, 0x10
_MIXERS = np.random.default_rng(0).integers(1 << 63, size=64, dtype=np.uint64) | np.uint64(1)

Positions = NDArray[np.int64]
Part = tuple[Positions, NDArray[np.int64], NDArray[np.float64], NDArray[Any]]  # places in the file, and the rows there


class IrregularReader:
    """Reads records of any order. Templates are kept, so that a tag is learned once."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._templates: dict[bytes, Template] = {}

    def read(self, block: Bytes, start: int, stop: int, *, scratch: Bytes, to_come: int) -> int:
        """Take in the records that follow one another from ``start``; where that ends, for whatever reason.

        There are bytes ``to_come`` after this block.
        """
        offsets, lengths = records_in(block, start, stop, scratch)
        if not len(offsets):
            return start
        parts: dict[str, list[Part]] = defaultdict(list)
        left = np.ones(len(offsets), np.bool_)
        for members, width in _kinds(block, offsets, lengths):
            rows = _rows(block, offsets[members], int(lengths[members[0]]))
            for same in _same_tag(rows, width):
                taken = self._take(rows[same], width, offsets[members[same]], parts)
                left[members[same[taken]]] = False
        self._take_one_by_one(block.data, offsets[left].tolist(), lengths[left].tolist(), parts)
        end = int(offsets[-1] + lengths[-1])
        to_come_in_parts = (stop - end + to_come) / (end - start)
        for tag, several in parts.items():
            steps, wall_times, values = _in_file_order(several)
            expected = len(steps) + int(len(steps) * to_come_in_parts)
            self._contents.extend(tag, steps, wall_times, values, count=len(steps), expected=expected)
        return end

    def _take(self, rows: Bytes, width: int, places: Positions, parts: dict[str, list[Part]]) -> Positions:
        """Take in the rows that are like the first one; their indices."""
        nothing = np.empty(0, np.int64)
        template = self._template(rows[0], width) if len(rows) >= _FEW else None
        if template is None:
            return nothing
        difference = template.difference(rows.reshape(-1), np.empty(rows.size, np.uint8)).reshape(rows.shape)
        like = template.alike(difference)
        if not like.all():
            rows, difference, places = rows[like], difference[like], places[like]
        damaged = template.damaged(rows, difference)
        column = next(template.columns(rows))
        part: Part = (places, *column[1:])
        if damaged is not None:
            self._contents.damaged += int(damaged.sum())
            part = tuple(numbers[~damaged[:, 0]] for numbers in part)  # type: ignore[assignment]
        parts[column.tag].append(part)
        return np.flatnonzero(like)

    def _template(self, row: Bytes, width: int) -> Template | None:
        """The template of the record's form and tag, learned from it unless known; ``None`` if it is damaged."""
        identity = row[STEP_AT + width : -8].tobytes() + bytes([width])
        if identity not in self._templates:
            record = row.tobytes()
            layout = layout_of(record)
            if layout is None or masked(crc32c(record[HEADER:-FOOTER])) != int.from_bytes(record[-FOOTER:], "little"):
                return None
            self._templates[identity] = Template(row, [layout])
        return self._templates[identity]

    def _take_one_by_one(
        self, view: memoryview, offsets: list[int], lengths: list[int], parts: dict[str, list[Part]]
    ) -> None:
        for offset, length in zip(offsets, lengths, strict=True):
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
                part = tuple(np.array([number]) for number in (offset, *row[1:]))
                parts[row.tag].append(part)  # type: ignore[arg-type]


def _kinds(block: Bytes, offsets: Positions, lengths: Positions) -> Iterator[tuple[Positions, int]]:
    """Indices of the records that have the same length and the same width of step, and that width."""
    long_enough = lengths >= 48
    widths = _step_widths(block, np.where(long_enough, offsets, offsets[0]))
    simple = block[offsets + lengths - _VALUE_KEY_FROM_END] == _SIMPLE_VALUE
    codes = np.where(long_enough & simple & (widths < 5), lengths * 8 + widths, 0)
    kinds, order, bounds = _sorted(codes)
    for kind, (first, last) in zip(kinds.tolist(), pairwise(bounds), strict=True):
        if kind and last - first >= _FEW:
            yield order[first:last], kind % 8


def _step_widths(block: Bytes, offsets: Positions) -> Positions:
    """Bytes of each record's step, at most 5; 0 where there is none."""
    width = (block[offsets + STEP_KEY_AT] == _STEP).astype(np.int64)
    going_on = width.astype(np.bool_)
    for byte in range(4):
        going_on &= block[offsets + (STEP_AT + byte)] >= 0x80
        width += going_on
    return np.asarray(width)


def _rows(block: Bytes, offsets: Positions, length: int) -> Bytes:
    """The records as a matrix, shape ``(n, length)``."""
    return np.asarray(np.lib.stride_tricks.sliding_window_view(block, length)[offsets])


def _same_tag(rows: Bytes, width: int) -> Iterator[Positions]:
    """Indices of rows that are equal, as far as a hash tells, between step and value."""
    identity = rows[:, STEP_AT + width : -8]
    words = -(-identity.shape[1] // 8)
    padded = np.zeros((len(rows), words * 8), np.uint8)
    padded[:, : identity.shape[1]] = identity
    hashes = (padded.view(np.uint64) * np.resize(_MIXERS, words)).sum(axis=1)
    _, order, bounds = _sorted((hashes >> np.uint64(48)).astype(np.uint16))
    for first, last in pairwise(bounds):
        yield order[first:last]


def _sorted(codes: NDArray[Any]) -> tuple[Positions, Positions, list[int]]:
    """The different codes, the indices in their order, earlier ones first, and where each code begins in that."""
    order = np.argsort(codes, kind="stable")
    ordered = codes[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    return ordered[starts], order, [*starts.tolist(), len(codes)]


def _in_file_order(parts: list[Part]) -> list[NDArray[Any]]:
    """Steps, wall times and values of one tag, put together by their place in the file."""
    if len(parts) == 1:
        return list(parts[0][1:])
    places, *columns = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    order = np.argsort(places, kind="stable")
    return [column[order] for column in columns]
