"""CRC-32C: is a record what was written? Event files mask it (rotate right by 15 and add a constant)."""

from __future__ import annotations

import math
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

_POLYNOMIAL = 0x82F63B78  # Castagnoli, bits reversed
_MASK_DELTA = 0xA282EAD8
_TABLED = 128  # bytes; the length of most records with a scalar
_SHORT = 640  # bytes; below it the plain loop is quicker than numpy's folding
_BYTES = np.arange(256).astype(np.uint32)


def _byte_table() -> NDArray[np.uint32]:
    table = _BYTES
    for _ in range(8):
        table = np.where(table & 1, table >> 1 ^ _POLYNOMIAL, table >> 1).astype(np.uint32)
    return table


TABLE = _byte_table()
"""What one byte contributes to the raw CRC when it is the last byte of the message, shape ``(256,)``."""
_LOOP_TABLE: list[int] = TABLE.tolist()


def advance(table: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Contributions after one more zero byte has followed: ``table`` one byte further from the end of the message."""
    return np.asarray(TABLE[table & 0xFF] ^ table >> 8)


def _after_zeros(levels: int) -> list[NDArray[np.uint32]]:
    """Level ``k``: what each of a state's 4 bytes becomes after ``2 ** k`` zero bytes, shape ``(4, 256)``."""
    after_one = np.stack([advance(_BYTES << np.uint32(8 * byte)) for byte in range(4)])
    tables = [after_one]
    for _ in range(levels - 1):
        tables.append(_shifted(tables[-1], tables[-1]))
    return tables


def _shifted(states: NDArray[np.uint32], tables: NDArray[np.uint32]) -> NDArray[np.uint32]:
    low = tables[0][states & 0xFF] ^ tables[1][states >> 8 & 0xFF]
    high = tables[2][states >> 16 & 0xFF] ^ tables[3][states >> 24]
    return np.asarray(low ^ high)


_AFTER_ZEROS = _after_zeros(32)


def contributions(distances: int) -> NDArray[np.uint32]:
    """What a byte adds to the CRC when ``d`` bytes follow it, for all ``d < distances`` at least: ``(n, 256)``."""
    return _contributions((distances - 1).bit_length())


@cache
def _contributions(levels: int) -> NDArray[np.uint32]:
    if levels == 0:
        return TABLE[np.newaxis]
    nearer = _contributions(levels - 1)
    return np.concatenate([nearer, _shifted(nearer, _AFTER_ZEROS[levels - 1])])


def crc32c(data: bytes | memoryview) -> int:
    """CRC-32C of ``data``, unmasked."""
    if 4 <= len(data) <= _TABLED:
        return _by_tables(data)
    return _by_loop(data) if len(data) < _SHORT else _by_folding(data)


def _by_tables(data: bytes | memoryview) -> int:
    """Each byte by the table of its place: half the work of the loop, but a table for each place."""
    tables, crc = _tables_by_place(len(data))
    for table, byte in zip(tables, data, strict=False):
        crc ^= table[byte]
    return crc ^ 0xFFFFFFFF


@cache
def _tables_by_place(length: int) -> tuple[list[list[int]], int]:
    """The table of each place of a message of ``length`` bytes, and what its usual start value adds to the CRC."""
    tables = [_as_list(length - 1 - place) for place in range(length)]
    start = 0
    for table in tables[:4]:
        start ^= table[0xFF]
    return tables, start


@cache
def _as_list(distance: int) -> list[int]:
    table: list[int] = contributions(distance + 1)[distance].tolist()
    return table


def _by_loop(data: bytes | memoryview) -> int:
    table, crc = _LOOP_TABLE, 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def _by_folding(data: bytes | memoryview) -> int:
    return int(crc32c_of_rows(np.frombuffer(data, np.uint8)[np.newaxis])[0])


def crc32c_of_rows(rows: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """CRC-32C of each row of bytes, unmasked, shape ``(n,)``; rows have 4 bytes at least.

    The CRC is linear: neighbors are combined, the left one moved past the right one's bytes, until one is left.
    """
    length = 1 << (rows.shape[1] - 1).bit_length()
    padded = np.zeros((len(rows), length), np.uint8)  # zeros in front change nothing
    start = length - rows.shape[1]
    padded[:, start:] = rows
    padded[:, start : start + 4] ^= 0xFF  # the usual start value, as a change of the first 4 bytes
    states = TABLE[padded]
    for tables in _AFTER_ZEROS[: length.bit_length() - 1]:
        states = _shifted(states[:, 0::2], tables) ^ states[:, 1::2]
    return np.asarray(states[:, 0] ^ np.uint32(0xFFFFFFFF))


def damaged_rows(rows: NDArray[np.uint8], stored: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Which rows of bytes have another CRC-32C than the masked one ``stored`` for each, shape ``(n,)``.

    As in a template, the exclusive or of some rows is checked for all of them; four or more must be damaged alike, at
    places that fit, to hide that.
    """
    expected = unmasked(stored)
    if all(
        np.array_equal(crc32c_of_rows(combined(rows, *grouping)), combined(expected[:, np.newaxis], *grouping)[:, 0])
        for grouping in groupings(len(rows))
    ):
        return np.zeros(len(rows), np.bool_)
    return np.asarray(crc32c_of_rows(rows) != expected)


def groupings(rows: int) -> list[tuple[int, int]]:
    """Two ways, each a number of groups and of rows a group, so that no two rows are together in both.

    The number of rows a group is odd, so that the exclusive or of a group still looks like a row.
    """
    groups = math.isqrt(rows) + 1  # groups * (groups + 1) > rows
    if rows < 3 * (groups + 1):
        return [(rows, 1)]
    return [(number, rows // number - 1 + rows // number % 2) for number in (groups, groups + 1)]


def combined(rows: NDArray[Any], groups: int, members: int) -> NDArray[Any]:
    """Exclusive or of the rows ``i, i + groups, i + 2 * groups, ...`` for ``i < groups``; then the rows left over."""
    if members == 1:
        return rows
    grouped, width = groups * members, rows.shape[1]
    combined = np.bitwise_xor.reduce(rows[:grouped].reshape(members, groups * width), axis=0)
    return np.concatenate([combined.reshape(groups, width), rows[grouped:]])


@lru_cache(4096)
def masked_crc_of_length(length: int) -> int:
    """The checksum that must follow the 8 bytes of a record's length."""
    return masked(_by_loop(length.to_bytes(8, "little")))


def masked(crc: int) -> int:
    """A CRC as event files store it."""
    return ((crc >> 15 | crc << 17) + _MASK_DELTA) & 0xFFFFFFFF


def unmasked(stored: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """The CRCs behind what event files store."""
    rotated = stored - np.uint32(_MASK_DELTA)
    return rotated >> np.uint32(17) | rotated << np.uint32(15)
