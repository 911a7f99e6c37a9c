"""Layout: where in a record of the usual form its step, wall time and value stand, and which records hold no number."""

from __future__ import annotations

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
_WALL_TIME, _STEP, _GRAPH, _SUMMARY = 0x09, 0x10, 0x22, 0x2A  # of Event
_META_GRAPH = 0x4A
_VALUE, _TAG = 0x0A, 0x0A  # of Summary and of Summary.Value
_SIMPLE_VALUE, _TENSOR, _METADATA = 0x15, 0x42, 0x4A
_BULK = {0x22: "image", 0x2A: "histogram", 0x32: "audio"}
_TENSOR_FORMS = {  # dtype and empty shape and packed value of a scalar tensor, up to the value -> its kind
    b"\x0a\x08\x01\x12\x00\x22\x04": "<f4",
    b"\x0a\x08\x01\x12\x00\x2a\x04": "<f4",
    b"\x0e\x08\x02\x12\x00\x22\x08": "<f8",
    b"\x0e\x08\x02\x12\x00\x32\x08": "<f8",
}
_LEAST_BULK = 32  # bytes; a scalar has 4, so no damage to a scalar's key can make it pass for one of these
_LEAST_GRAPH = 4096


class Layout(NamedTuple):
    """A record with one scalar. Positions are counted from the start of the record, ``length`` is all of it."""

    tag: str
    length: int
    step_width: int  # 0: the step is left out, it is 0
    value_at: int
    value_kind: str  # numpy's name
    tensor: bool


class Head(NamedTuple):
    """An event with one summary value whose lengths nest exactly: its tag and where the rest begins."""

    tag: bytes
    step_width: int
    rest_at: int


def head_of(record: bytes | memoryview, length: int) -> Head | None:
    """The head of the record of ``length`` bytes that begins with ``record``; ``None`` for any other form."""
    end = length - FOOTER
    if length < 32 or record[HEADER] != _WALL_TIME:
        return None
    width = 0
    at = STEP_KEY_AT
    if record[at] == _STEP:
        while record[STEP_AT + width] & 0x80 and width < MAX_STEP_WIDTH:
            width += 1
        width += 1
        at = STEP_AT + width
    if width > MAX_STEP_WIDTH:
        return None
    for key in (_SUMMARY, _VALUE):
        if record[at] != key:
            return None
        size, at = _varint(record, at + 1)
        if at + size != end:
            return None
    if record[at] != _TAG:
        return None
    size, at = _varint(record, at + 1)
    if at + size >= min(end, len(record) - 8):
        return None
    return Head(bytes(record[at : at + size]), width, at + size)


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


def is_bulk(record: memoryview, length: int) -> bool:
    """Whether the record of ``length`` bytes is a graph, or one histogram, image or audio clip, and nothing else.

    ``record`` holds its first bytes. Told by the key and by lengths that nest exactly, so the rest need not be read.
    """
    try:
        if length > _LEAST_GRAPH and _is_graph(record, length):
            return True
        head = head_of(record, length)
        if head is None or record[head.rest_at] not in _BULK:
            return False
        size, at = _varint(record, head.rest_at + 1)
        return size >= _LEAST_BULK and at + size == length - FOOTER
    except IndexError:
        return False


def _is_graph(record: memoryview, length: int) -> bool:
    if record[HEADER] != _WALL_TIME or record[STEP_KEY_AT] not in (_GRAPH, _META_GRAPH):
        return False
    size, at = _varint(record, STEP_AT)
    return at + size == length - FOOTER


def _varint(record: bytes | memoryview, at: int) -> tuple[int, int]:
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
