"""Framing: where each record of a block begins, found without walking from one to the next."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from diagnostics.logs.event_files.crc import contributions, crc32c, masked
from diagnostics.logs.event_files.cycle import Bytes
from diagnostics.logs.event_files.layout import OVERHEAD

_LENGTHS = 1 << 16  # payloads from here on are too long for the search, which looks for six zeros in the length

Positions = NDArray[np.int64]


def records_in(block: Bytes, start: int, stop: int, scratch: Bytes) -> tuple[Positions, Positions]:
    """Offset and length of the records that follow one another from ``start`` and are whole, shape ``(n,)`` each.

    A record can begin only where a length and its checksum agree. The places found prove each other: each record must
    end where the next one begins. ``scratch`` is at least twice as long as the block.
    """
    places = start + _places(block[start:stop], scratch)
    lengths = _numbers(block, places, "<u2").astype(np.int64) + OVERHEAD
    ends = places + lengths
    if len(places) and places[0] == start and np.array_equal(ends[:-1], places[1:]):
        whole = len(places) - int(ends[-1] > stop)
        return places[:whole], lengths[:whole]
    return _chained(start, stop, dict(zip(places.tolist(), lengths.tolist(), strict=True)))


def _chained(start: int, stop: int, lengths: dict[int, int]) -> tuple[Positions, Positions]:
    """Where the places found do not all follow one another: those that do, from ``start`` on."""
    places: list[int] = []
    at = start
    while at in lengths and at + lengths[at] <= stop:
        places.append(at)
        at += lengths[at]
    return np.array(places, np.int64), np.array([lengths[at] for at in places], np.int64)


def _places(data: Bytes, scratch: Bytes) -> Positions:
    """Where 8 bytes are a length under 65536 and the 4 after them its checksum."""
    usable = len(data) - OVERHEAD + 1
    if usable <= 0:
        return np.empty(0, np.int64)
    first, second = scratch[: len(data)], scratch[len(data) : 2 * len(data)]
    np.bitwise_or(data[2:-1], data[3:], out=first[: len(data) - 3])  # of 2 bytes, from the third of the length on
    np.bitwise_or(first[: len(data) - 5], first[2 : len(data) - 3], out=second[: len(data) - 5])  # of 4
    np.bitwise_or(second[:usable], first[4 : 4 + usable], out=second[:usable])  # of 6
    places = np.flatnonzero(np.equal(second[:usable], 0, out=first[:usable].view(np.bool_)))
    expected = _masked_crcs_of_lengths()[_numbers(data, places, "<u2")]
    return np.asarray(places[_numbers(data, places + 8, "<u4") == expected])


def _numbers(data: Bytes, places: Positions, kind: str) -> NDArray[np.uint32]:
    """The little-endian numbers at ``places``."""
    numbers = np.zeros(len(places), np.uint32)
    for byte in range(int(kind[-1])):
        numbers |= data[places + byte].astype(np.uint32) << np.uint32(8 * byte)
    return numbers


@cache
def _masked_crcs_of_lengths() -> NDArray[np.uint32]:
    """The checksum of every length below 65536, shape ``(65536,)``."""
    table = contributions(8)
    low, high = table[7], table[6]
    crcs = (high[:, np.newaxis] ^ low).reshape(-1) ^ np.uint32(crc32c(bytes(8)))
    rotated = crcs >> np.uint32(15) | crcs << np.uint32(17)
    return np.asarray(rotated + np.uint32(masked(0)))
