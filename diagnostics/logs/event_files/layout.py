"""Layout: where in a record of the usual form its step, wall time and value stand, and which records hold no number."""

from __future__ import annotations

from collections.abc import Container
from functools import lru_cache
from typing import NamedTuple

from google.protobuf.message import DecodeError
from tensorboard.compat.proto import summary_pb2

HEADER, FOOTER = 12, 4
OVERHEAD = HEADER + FOOTER

WALL_AT = HEADER + 1
STEP_KEY_AT = HEADER + 9
STEP_AT = STEP_KEY_AT + 1
MAX_STEP_WIDTH = 7  # bytes; read as one 8-byte word whose last byte belongs to the next field

# Keys of fields as they stand in the bytes: number << 3 | wire type.
_WALL_TIME, _STEP, _SUMMARY = 0x09, 0x10, 0x2A  # of Event
_GRAPHS = (0x22, 0x4A)
_VALUE, _TAG = 0x0A, 0x0A  # of Summary and of Summary.Value
_SIMPLE_VALUE, _TENSOR, _METADATA = 0x15, 0x42, 0x4A
IMAGE, HISTOGRAM, AUDIO = _BULK = (0x22, 0x2A, 0x32)
_TENSOR_FORMS = {  # dtype and empty shape and packed value of a scalar tensor, up to the value -> its kind
    b"\x0a\x08\x01\x12\x00\x22\x04": "<f4",
    b"\x0a\x08\x01\x12\x00\x2a\x04": "<f4",
    b"\x0e\x08\x02\x12\x00\x22\x08": "<f8",
    b"\x0e\x08\x02\x12\x00\x32\x08": "<f8",
}
HEAD = 512
SURELY_NO_BULK = 64  # bytes of payload
_LEAST_BULK = 32  # bytes; a scalar has 14 at most, so no damage to a scalar's key can make it pass for one of these
_LEAST_GRAPH = 4096


class Layout(NamedTuple):
    """A record with one scalar. Positions are counted from the start of the record, ``length`` is all of it."""

    tag: str
    length: int
    step_width: int  # 0: the step is left out, it is 0
    value_at: int
    value_kind: str  # numpy's name
    tensor: bool
    any_tag: int = 0  # bytes of a tag that may be any of that length; 0 where it is ``tag``


class Head(NamedTuple):
    """An event with one summary value whose lengths nest exactly: its tag and where the rest begins."""

    tag: bytes
    step_width: int
    rest_at: int


def head_of(record: bytes, length: int) -> Head | None:
    """The head of the record of ``length`` bytes that begins with ``record``; ``None`` for any other form."""
    if record[HEADER] != _WALL_TIME:
        return None
    at = STEP_KEY_AT
    if record[at] == _STEP:
        at += 2
        while record[at - 1] >= 0x80:
            at += 1
    width = max(0, at - STEP_AT)
    opening = _opening(length - FOOTER - at)
    tag_at = at + len(opening) + 1
    if width > MAX_STEP_WIDTH or not opening or record[at : tag_at - 1] != opening:
        return None
    size = record[tag_at - 1]
    if size >= 0x80:
        size, tag_at = _varint(record, tag_at - 1)
    if tag_at + size > length - FOOTER - 2:
        return None
    return Head(record[tag_at : tag_at + size], width, tag_at + size)


@lru_cache(4096)
def _opening(room: int) -> bytes:
    """How a summary with one value opens that fills ``room`` bytes, up to the length of its tag; empty if none can."""
    outer = _length_to_fill(room - 1)
    inner = _length_to_fill(outer - 1)
    if inner < 2:
        return b""
    return bytes([_SUMMARY, *_as_varint(outer), _VALUE, *_as_varint(inner), _TAG])


def opening_of_scalar(room: int) -> tuple[bytes, int]:
    """How a summary with one scalar opens that fills ``room`` bytes, up to its tag; and the length of that, 0 if none.

    Behind the tag come the key of the value and its 4 bytes.
    """
    opening = _opening(room)
    tag_length = _length_to_fill(room - len(opening) - 5)
    if not opening or tag_length < 1:
        return b"", 0
    return bytes([*opening, *_as_varint(tag_length)]), tag_length


def _length_to_fill(room: int) -> int:
    """The length that fills ``room`` bytes together with its own varint; -1 if there is none."""
    fitting = (room - width for width in range(1, 6) if len(_as_varint(max(0, room - width))) == width)
    return next(fitting, -1)


def _as_varint(number: int) -> list[int]:
    digits = [number & 0x7F]
    while number := number >> 7:
        digits[-1] |= 0x80
        digits.append(number & 0x7F)
    return digits


def layout_of(record: bytes) -> Layout | None:
    """The layout of a record with exactly one scalar in one of the usual forms, ``None`` for any other record.

    A tensor counts if its own metadata names the ``scalars`` plugin.
    """
    try:
        head = head_of(record, len(record))
        return None if head is None else _scalar_layout(record, head)
    except (IndexError, DecodeError, UnicodeDecodeError):
        return None


def _scalar_layout(record: bytes, head: Head) -> Layout | None:
    at, end = head.rest_at, len(record) - FOOTER
    tag = head.tag.decode()
    if record[at] == _SIMPLE_VALUE and at + 5 == end:
        return Layout(tag, len(record), head.step_width, at + 1, "<f4", tensor=False)
    form = record[at + 1 : at + 8]
    if record[at] != _TENSOR or form not in _TENSOR_FORMS:
        return None
    kind = _TENSOR_FORMS[form]
    after = at + 8 + int(kind[-1])
    if form[0] != after - at - 2 or after >= end or record[after] != _METADATA:
        return None
    size, after = _varint(record, after + 1)
    if after + size != end:
        return None
    metadata = summary_pb2.SummaryMetadata.FromString(record[after:end])
    if metadata.plugin_data.plugin_name != "scalars":
        return None
    return Layout(tag, len(record), head.step_width, at + 8, kind, tensor=True)


def bulk_of(record: bytes, length: int, bulk_tags: Container[bytes]) -> bytes | None:
    """The tag of a record of ``length`` bytes that is one histogram, image or audio clip, and nothing else.

    Empty for a graph, and None for any other record.

    A tensor is if it is one of ``bulk_tags``, those that are known to hold neither scalars nor texts.
    ``record`` holds its first bytes, ``HEAD`` of them or all. Told by the key and by lengths that nest exactly, so the
    rest need not be read.
    """
    try:
        if length > _LEAST_GRAPH and record[STEP_KEY_AT] in _GRAPHS:
            return b"" if _is_graph(record, length) else None
        head = head_of(record, length)
        if head is None:
            return None
        size, at = _varint(record, head.rest_at + 1)
        if record[head.rest_at] in _BULK:
            return head.tag if size >= _LEAST_BULK and at + size == length - FOOTER else None
        is_bulk_tensor = record[head.rest_at] == _TENSOR and head.tag in bulk_tags
        return head.tag if is_bulk_tensor and size >= _LEAST_BULK and at + size <= length - FOOTER else None
    except IndexError:
        return None


def _is_graph(record: bytes, length: int) -> bool:
    if record[HEADER] != _WALL_TIME:
        return False
    size, at = _varint(record, STEP_AT)
    return at + size == length - FOOTER


def _varint(record: bytes, at: int) -> tuple[int, int]:
    """The number that begins at ``at``, and where the next thing begins."""
    byte = record[at]
    if byte < 0x80:
        return byte, at + 1
    number, shift = byte & 0x7F, 7
    while True:
        at += 1
        byte = record[at]
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at + 1
        shift += 7
