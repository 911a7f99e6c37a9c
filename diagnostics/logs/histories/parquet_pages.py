"""Parquet pages: how much memory the pages of a file take, by their own headers, which decide how much is allocated.

A header is a Thrift struct in the compact protocol:
https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
"""

from __future__ import annotations

from typing import Any

_UNPACKED, _PACKED = 2, 3  # the fields with the sizes of a page's content
_STOP, _TRUE, _FALSE, _BYTE, _I64, _DOUBLE, _BINARY, _LIST, _SET, _STRUCT = 0, 1, 2, 3, 6, 7, 8, 9, 10, 12
_DEEPEST = 8  # structs in structs; a header has three
_LONGEST = 1 << 10  # elements of a list; a header has none
_MOST = 100_000  # pages; of a history, each holds thousands of rows


class PageError(ValueError):
    """The bytes are no header of a page."""


def unpacked_size(content: bytes, metadata: Any) -> int:
    """The bytes that the pages of all columns take unpacked, ``metadata`` being pyarrow's of the file ``content``.

    Raises ``PageError`` where a page has no header.
    """
    size, left = 0, _MOST
    for group in map(metadata.row_group, range(metadata.num_row_groups)):
        for column in map(group.column, range(group.num_columns)):
            start = min(filter(None, (column.dictionary_page_offset, column.data_page_offset)), default=0)
            pages = _sizes(content, start, start + column.total_compressed_size, left)
            size, left = size + sum(pages), left - len(pages)
    return size


def _sizes(content: bytes, at: int, end: int, most: int) -> list[int]:
    """What each of the pages takes unpacked."""
    if not 0 <= at <= end <= len(content):
        raise PageError("its columns lie outside of it")
    sizes: list[int] = []
    while at < end:
        header, at = _struct(content, at)
        unpacked, packed = header.get(_UNPACKED, -1), header.get(_PACKED, -1)
        if unpacked < 0 or packed < 0 or len(sizes) >= most:
            raise PageError("a page has no size, or there are very many pages")
        sizes.append(unpacked)
        at += packed
    return sizes


def _struct(content: bytes, at: int, depth: int = 0) -> tuple[dict[int, int], int]:
    """The whole numbers of a struct by their fields, and where it ends."""
    numbers: dict[int, int] = {}
    field = 0
    while (head := _byte(content, at)) != _STOP:
        at += 1
        if head >> 4:
            field += head >> 4
        else:
            field, at = _number(content, at)
        kind = head & 0x0F
        if _BYTE < kind <= _I64:
            numbers[field], at = _number(content, at)
        elif kind not in (_TRUE, _FALSE):  # these have no bytes of their own
            at = _after(content, at, kind, depth)
    return numbers, at + 1


def _after(content: bytes, at: int, kind: int, depth: int) -> int:
    """Where a value of this kind ends."""
    if depth > _DEEPEST:
        raise PageError("its header is nested too deeply")
    if kind in (_TRUE, _FALSE, _BYTE):
        return at + 1
    if kind <= _I64:
        return _number(content, at)[1]
    if kind == _DOUBLE:
        return at + 8
    if kind == _BINARY:
        length, at = _varint(content, at)
        return at + length
    if kind in (_LIST, _SET):
        head, at = _byte(content, at), at + 1
        length, at = _varint(content, at) if head >> 4 == 15 else (head >> 4, at)
        if length > _LONGEST:
            raise PageError("a list in its header is too long")
        for _ in range(length):
            at = _after(content, at, head & 0x0F, depth + 1)
        return at
    if kind == _STRUCT:
        return _struct(content, at, depth + 1)[1]
    raise PageError(f"a field has the unknown kind {kind}")


def _number(content: bytes, at: int) -> tuple[int, int]:
    """A signed number: 0, -1, 1, -2 … are written as 0, 1, 2, 3 …"""
    number, at = _varint(content, at)
    return number >> 1 ^ -(number & 1), at


def _varint(content: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while (byte := _byte(content, at)) >= 0x80 and shift < 64:
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
    return number | byte << shift, at + 1


def _byte(content: bytes, at: int) -> int:
    if at >= len(content):
        raise PageError("the file ends in a header")
    return content[at]
