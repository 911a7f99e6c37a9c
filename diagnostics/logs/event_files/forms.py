"""Forms: what all records with one scalar of one length have in common, whatever their tags; many are read at once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from diagnostics.logs.event_files.crc import crc32c, masked, masked_crc_of_length
from diagnostics.logs.event_files.cycle import Bytes
from diagnostics.logs.event_files.layout import (
    FOOTER,
    OVERHEAD,
    STEP_KEY_AT,
    layout_of,
    opening_of_scalar,
)
from diagnostics.logs.event_files.template import Template

LONGEST = 1 << 10  # bytes of a record; longer ones are few
_WALL_TIME, _STEP, _TAG_SIMPLE_VALUE = 0x09, 0x10, 0x15
_AFTER_TAG = 1 + 4 + FOOTER  # bytes: key, value and checksum
_WIDTHS = (  # of a step, by the bits of the bytes from its key on that say so: without one, the summary follows
    (0xFF, 0x2A),
    (0x80_FF, 0x10),
    (0x80_80_FF, 0x80_10),
    (0x80_80_80_FF, 0x80_80_10),
    (0x80_80_80_80_FF, 0x80_80_80_10),
)
_ALL = np.uint64(0x80_80_80_80_FF)


class Form(NamedTuple):
    """Records of one length and one width of the step: ``template`` is one of them, in which the tag may vary, too."""

    template: Template
    tag_at: int
    tag_end: int


@lru_cache(256)
def form_of(length: int, step_width: int) -> Form | None:
    """The form of records of ``length`` bytes with one scalar as most writers log it; ``None`` where there is none."""
    if not 0 <= step_width <= 4 or length > LONGEST:
        return None
    step = [_STEP, *[0x80] * (step_width - 1), 0] if step_width else []
    opening, tag_length = opening_of_scalar(length - FOOTER - STEP_KEY_AT - len(step))
    if not tag_length:
        return None
    size = length - OVERHEAD
    header = size.to_bytes(8, "little") + masked_crc_of_length(size).to_bytes(4, "little")
    payload = bytes([_WALL_TIME, *bytes(8), *step, *opening, *b"x" * tag_length, _TAG_SIMPLE_VALUE, *bytes(4)])
    record = header + payload + masked(crc32c(payload)).to_bytes(FOOTER, "little")
    layout = layout_of(record)
    if layout is None:
        return None
    template = Template(np.frombuffer(record, np.uint8), [layout._replace(tag="", any_tag=tag_length)])
    return Form(template, length - _AFTER_TAG - tag_length, length - _AFTER_TAG)


def widths_in(rows: Bytes) -> Iterator[tuple[int, NDArray[np.intp] | slice]]:
    """The widths of the steps in records of one length, shape ``(n, length)``, and which rows have them."""
    words = np.ndarray((len(rows),), "<u8", rows, STEP_KEY_AT, (rows.strides[0],)) & _ALL
    first = next((width for width, (mask, code) in enumerate(_WIDTHS) if int(words[0]) & mask == code), None)
    if first is not None and (words == words[0]).all():
        yield first, slice(None)
        return
    for width, (mask, code) in enumerate(_WIDTHS):
        index = np.flatnonzero(words & np.uint64(mask) == code)
        if len(index):
            yield width, index
