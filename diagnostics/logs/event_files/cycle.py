"""Cycle: where the bytes that may vary stand in a cycle of records, and what they do to the checksums."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from diagnostics.logs.event_files.crc import contributions
from diagnostics.logs.event_files.layout import FOOTER, STEP_AT, WALL_AT, Layout

Bytes = NDArray[np.uint8]


class Cycle(NamedTuple):
    """What can be said of a cycle before its bytes are known; ``n`` bytes, ``r`` records, ``v`` bytes that vary."""

    starts: list[int]  # of each record
    ends: list[int]
    fixed: Bytes  # (n,); the bits that are equal in every cycle
    varying: NDArray[np.intp]  # (v,); places of the bytes with other bits, checksums aside
    tables: NDArray[np.uint32]  # (d * 256,); what a byte adds to the CRC of its record, by its distance to the end
    table_starts: NDArray[np.intp]  # (v, 1); where that begins for each of the bytes that vary
    bounds: NDArray[np.intp]  # (r,); where the bytes of each record begin among those that vary


@lru_cache(64)
def cycle_of(layouts: tuple[Layout, ...]) -> Cycle:
    """What a cycle of records with these layouts has in common. Runs of one folder mostly share it."""
    lengths = np.array([layout.length for layout in layouts])
    ends = np.cumsum(lengths)
    fixed = np.concatenate([_fixed_bits(layout) for layout in layouts])
    payload_ends = np.repeat(ends - FOOTER, lengths)
    varying = np.flatnonzero((fixed != 0xFF) & (np.arange(len(fixed)) < payload_ends))
    distances = payload_ends[varying] - 1 - varying
    tables = contributions(int(distances.max()) + 1)
    starts = ends - lengths
    return Cycle(
        starts.tolist(),
        ends.tolist(),
        fixed,
        varying,
        tables.reshape(-1),
        table_starts=distances[:, np.newaxis] * 256,
        bounds=np.searchsorted(varying, starts),
    )


def _fixed_bits(layout: Layout) -> Bytes:
    fixed = np.full(layout.length, 0xFF, np.uint8)
    fixed[WALL_AT : WALL_AT + 8] = 0
    fixed[STEP_AT : STEP_AT + layout.step_width] = 0x80  # whether the number goes on
    fixed[layout.value_at : layout.value_at + int(layout.value_kind[-1])] = 0
    fixed[layout.value_at - 1 - layout.any_tag : layout.value_at - 1] = 0
    fixed[-FOOTER:] = 0
    return fixed
