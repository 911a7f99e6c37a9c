"""Walk: records one by one with protobuf, the way that reads everything, watching for a cycle to repeat."""

from __future__ import annotations

from struct import Struct

import numpy as np

from diagnostics.logs.event_files.contents import Contents, ScalarRow
from diagnostics.logs.event_files.crc import crc32c, masked, masked_crc_of_length
from diagnostics.logs.event_files.cycle import Bytes
from diagnostics.logs.event_files.layout import (
    FOOTER,
    HEADER,
    OVERHEAD,
    STEP_AT,
    SURELY_NO_BULK,
    WALL_AT,
    Layout,
    bulk_of,
    layout_of,
)
from diagnostics.logs.event_files.template import Template

read_header = Struct("<QI").unpack_from
read_footer = Struct("<I").unpack_from
read_float = Struct("<f").unpack_from
read_double = Struct("<d").unpack_from

_LONGEST_CYCLE = 600  # records


class Walk:
    """A position in a block of records.

    ``damaged``: the length of the record there is not what was written. ``bulky``: there were records to be left out.
    ``lost``: nothing repeats for long.
    """

    def __init__(self, contents: Contents, block: Bytes, stop: int) -> None:
        self.position = 0
        self.damaged = False
        self.bulky = False
        self.lost = False
        self._contents = contents
        self._view = block.data[:stop]
        self._stop = stop

    def record_length(self) -> int:
        """Length of the record at the position, all of it; 0 when it is not whole, or damaged."""
        if self._stop - self.position < HEADER:
            return 0
        size, crc = read_header(self._view, self.position)
        if crc != masked_crc_of_length(size):
            self.damaged = True
            return 0
        length: int = size + OVERHEAD
        return length if length <= self._stop - self.position else 0

    def read_record(self) -> None:
        """Read one record, if there is a whole one."""
        if length := self.record_length():
            record = self._next(length)
            layout = self._usual_layout(record)
            if layout is None:
                self._read_unusual(record)
            else:
                self._contents.append(_row_of(record, layout))

    def to_a_cycle(self) -> Template | None:
        """Read on up to a tag that repeats: a cycle that begins at the position, to be read with those like it.

        Where the tag goes on in another layout, as after step 0, there may be one such cycle here, and more in other
        files. ``None`` at the end, at damage, behind an unusual record, or when nothing repeats for long.
        """
        run: list[tuple[Layout, bytes]] = []  # not read yet
        places: dict[str, int] = {}  # of each tag in the run
        while len(run) < _LONGEST_CYCLE and (length := self.record_length()):
            record = self._next(length)
            layout = self._usual_layout(record)
            if layout is None:
                self._read_run(run)
                self._read_unusual(record)
                return None
            before = places.get(layout.tag)
            if before is None:
                places[layout.tag] = len(run)
                run.append((layout, record))
                continue
            cycle = run[before:]
            self._read_run(run[:before])
            self.position -= length + sum(repeated.length for repeated, _ in cycle)
            return _template_of(cycle)
        self.lost = len(run) == _LONGEST_CYCLE
        self._read_run(run)
        return None

    def _next(self, length: int) -> bytes:
        start = self.position
        self.position = start + length
        return bytes(self._view[start : start + length])

    def _usual_layout(self, record: bytes) -> Layout | None:
        """The layout of an intact record with one scalar; ``None`` for any other."""
        layout = layout_of(record)
        if layout is None or not _is_intact(record):
            return None
        return None if layout.tensor and not self._contents.knows_as_scalars(layout.tag) else layout

    def _read_run(self, run: list[tuple[Layout, bytes]]) -> None:
        for layout, record in run:
            self._contents.append(_row_of(record, layout))

    def _read_unusual(self, record: bytes) -> None:
        tag = bulk_of(record, len(record), self._contents.bulk_tags) if len(record) > SURELY_NO_BULK else None
        if tag is not None:
            self.bulky = True
            self._contents.saw_bulk(tag, record, len(record))
            if tag and self._contents.weights.wants(tag, self.position - len(record)):
                self._contents.weights.offer(record)
        elif _is_intact(record):
            self._contents.add(record[HEADER:-FOOTER])
        else:
            self._contents.damaged += 1


def _template_of(cycle: list[tuple[Layout, bytes]]) -> Template:
    data = b"".join(record for _, record in cycle)
    return Template(np.frombuffer(data, np.uint8), [layout for layout, _ in cycle])


def _is_intact(record: bytes) -> bool:
    stored: int = read_footer(record, len(record) - FOOTER)[0]
    return masked(crc32c(record[HEADER:-FOOTER])) == stored


def _row_of(record: bytes, layout: Layout) -> ScalarRow:
    step = 0
    for byte in reversed(record[STEP_AT : STEP_AT + layout.step_width]):
        step = step << 7 | byte & 0x7F
    (wall_time,) = read_double(record, WALL_AT)
    (value,) = (read_double if layout.value_kind == "<f8" else read_float)(record, layout.value_at)
    return ScalarRow(layout.tag, step, wall_time, value)
