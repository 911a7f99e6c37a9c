"""Walk: records one by one with protobuf, the way that reads everything, watching for a cycle to repeat."""

from __future__ import annotations

from struct import Struct

from diagnostics.logs.contents import Contents, Row
from diagnostics.logs.crc import crc32c, masked, masked_crc_of_length
from diagnostics.logs.layout import (
    FOOTER,
    HEADER,
    OVERHEAD,
    STEP_AT,
    SURELY_NO_BULK,
    WALL_AT,
    Layout,
    is_bulk,
    layout_of,
)
from diagnostics.logs.plan import Bytes
from diagnostics.logs.template import Template

read_header = Struct("<QI").unpack_from
read_footer = Struct("<I").unpack_from
read_float = Struct("<f").unpack_from
read_double = Struct("<d").unpack_from

_LONGEST_CYCLE = 600  # records


class Walk:
    """A position in a block of records. ``damaged``: the length of the record there is not what was written."""

    def __init__(self, contents: Contents, block: Bytes, stop: int) -> None:
        self.position = 0
        self.damaged = False
        self.bulky = False
        self._contents = contents
        self._block = block
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

    def one(self) -> None:
        """Read one record, if there is a whole one."""
        if length := self.record_length():
            record = self._record(length)
            self._take(record, layout_of(record))

    def to_a_cycle(self) -> Template | None:
        """Read on up to a record with the layout of an earlier one: those from that one on are a cycle.

        ``None`` at the end, at damage, or when nothing repeats for long.
        """
        run: list[tuple[int, Layout]] = []  # where each record begins, and its layout
        latest: dict[str, int] = {}
        while len(run) < _LONGEST_CYCLE and (length := self.record_length()):
            start, record = self.position, self._record(length)
            layout = layout_of(record)
            if layout is not None and layout.tag in latest and run[latest[layout.tag]][1] == layout:
                cycle = run[latest[layout.tag] :]
                if len({known.tag for _, known in cycle}) == len(cycle):
                    return Template(self._block[cycle[0][0] : start], [known for _, known in cycle])
            if self._take(record, layout) and layout is not None:
                latest[layout.tag] = len(run)
                run.append((start, layout))
            else:
                run, latest = [], {}
        return None

    def _record(self, length: int) -> bytes:
        return bytes(self._view[self.position : self.position + length])

    def _take(self, record: bytes, layout: Layout | None) -> bool:
        """Read the record and go past it. Whether it is one of a usual layout that others may be read like."""
        self.position += len(record)
        if len(record) > SURELY_NO_BULK and layout is None and is_bulk(record, len(record)):
            self.bulky = True
            return False
        payload = record[HEADER:-FOOTER]
        if masked(crc32c(payload)) != read_footer(record, len(record) - FOOTER)[0]:
            self._contents.damaged += 1
            return False
        if layout is None or (layout.tensor and not self._contents.knows_as_scalars(layout.tag)):
            self._contents.add(payload)
            return False
        self._contents.append(_row_of(record, layout))
        return True


def _row_of(record: bytes, layout: Layout) -> Row:
    step = 0
    for byte in reversed(record[STEP_AT : STEP_AT + layout.step_width]):
        step = step << 7 | byte & 0x7F
    (wall_time,) = read_double(record, WALL_AT)
    (value,) = (read_double if layout.value_kind == "<f8" else read_float)(record, layout.value_at)
    return Row(layout.tag, step, wall_time, value)
