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
    zeros = _zeros(block[start:stop], scratch)
    for places in (_last_of_each(zeros), zeros):
        offsets, lengths = _headers(block[start:stop], np.flatnonzero(places))
        ends = offsets + lengths
        if len(offsets) and offsets[0] == 0 and np.array_equal(ends[:-1], offsets[1:]):
            whole = len(offsets) - int(ends[-1] > stop - start)
            return start + offsets[:whole], lengths[:whole]
    return _chained(start, stop, dict(zip((start + offsets).tolist(), lengths.tolist(), strict=True)))


def _chained(start: int, stop: int, lengths: dict[int, int]) -> tuple[Positions, Positions]:
    """Where the places found do not all follow one another: those that do, from ``start`` on."""
    places: list[int] = []
    at = start
    while at in lengths and at + lengths[at] <= stop:
        places.append(at)
        at += lengths[at]
    return np.array(places, np.int64), np.array([lengths[at] for at in places], np.int64)


def _zeros(data: Bytes, scratch: Bytes) -> NDArray[np.bool_]:
    """Where 8 bytes are a length under 65536, which has six zeros behind two bytes."""
    usable = max(0, len(data) - OVERHEAD + 1)
    first, second = scratch[: len(data)], scratch[len(data) : 2 * len(data)]
    if usable:
        np.bitwise_or(data[2:-1], data[3:], out=first[: len(data) - 3])  # of 2 bytes
        np.bitwise_or(first[: len(data) - 5], first[2 : len(data) - 3], out=second[: len(data) - 5])  # of 4
        np.bitwise_or(second[:usable], first[4 : 4 + usable], out=second[:usable])  # of 6
    return np.equal(second[:usable], 0, out=first[:usable].view(np.bool_))


def _last_of_each(places: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The last of neighboring places: a length under 256 has seven zeros, and its checksum rarely begins with one."""
    last = places.copy()
    np.greater(places[:-1], places[1:], out=last[:-1])
    return last


def _headers(data: Bytes, places: Positions) -> tuple[Positions, Positions]:
    """At which of these places the checksum follows that the length there has; and how long such records are."""
    anywhere = np.ndarray((max(0, len(data) - OVERHEAD + 1),), f"V{OVERHEAD}", data, 0, (1,))
    heads = anywhere[places].view("<u4").reshape(-1, OVERHEAD // 4)
    sizes = heads[:, 0].astype(np.int64)
    right = heads[:, 2] == _masked_crcs_of_lengths()[sizes]
    if not right.all():
        places, sizes = places[right], sizes[right]
    return places, sizes + OVERHEAD


@cache
def _masked_crcs_of_lengths() -> NDArray[np.uint32]:
    """The checksum of every length below 65536, shape ``(65536,)``."""
    table = contributions(8)
    low, high = table[7], table[6]
    crcs = (high[:, np.newaxis] ^ low).reshape(-1) ^ np.uint32(crc32c(bytes(8)))
    rotated = crcs >> np.uint32(15) | crcs << np.uint32(17)
    return np.asarray(rotated + np.uint32(masked(0)))
