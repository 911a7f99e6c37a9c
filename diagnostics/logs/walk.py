"""Walk: records one by one with protobuf, the way that reads everything, watching for a cycle to repeat."""

from __future__ import annotations

from struct import Struct

from diagnostics.logs.contents import Contents
from diagnostics.logs.crc import crc32c, masked, masked_crc_of_length
from diagnostics.logs.layout import FOOTER, HEADER, OVERHEAD, Layout, is_bulk, layout_of
from diagnostics.logs.template import Bytes, Template

read_header = Struct("<QI").unpack_from
read_footer = Struct("<I").unpack_from

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

    def take(self, length: int) -> Layout | None:
        """Read the record of ``length`` bytes at the position and go past it; its layout if it has a usual one."""
        start, end = self.position, self.position + length
        self.position = end
        if is_bulk(self._view[start:end], length):
            self.bulky = True
            return None
        record = bytes(self._view[start:end])
        payload = record[HEADER:-FOOTER]
        if masked(crc32c(payload)) != read_footer(record, length - FOOTER)[0]:
            self._contents.damaged += 1
            return None
        self._contents.add(payload)
        layout = layout_of(record)
        if layout is not None and layout.tensor and not self._contents.holds_scalars(layout.tag):
            return None
        return layout

    def one(self) -> None:
        """Read one record, if there is a whole one."""
        if length := self.record_length():
            self.take(length)

    def to_a_cycle(self) -> Template | None:
        """Read on until a record has the layout of an earlier one: what follows that one, up to here, is a cycle.

        ``None`` at the end, at damage, or when nothing repeats for long.
        """
        run: list[tuple[int, Layout]] = []  # where each record ends, and its layout
        latest: dict[str, int] = {}
        while len(run) < _LONGEST_CYCLE and (length := self.record_length()):
            layout = self.take(length)
            if layout is None:
                run, latest = [], {}
                continue
            before = latest.get(layout.tag)
            latest[layout.tag] = len(run)
            run.append((self.position, layout))
            if before is not None and run[before][1] == layout:
                layouts = [layout for _, layout in run[before + 1 :]]
                if len({layout.tag for layout in layouts}) == len(layouts):
                    return Template(self._block[run[before][0] : self.position], layouts)
        return None
