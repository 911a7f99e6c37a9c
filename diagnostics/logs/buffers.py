"""Buffers: memory for a block of records, used again and again, because fresh memory costs as much as reading."""

from __future__ import annotations

import threading

import numpy as np

from diagnostics.logs.plan import Bytes


class _Buffers(threading.local):
    def __init__(self) -> None:
        self.by_use: dict[str, Bytes] = {}


_buffers = _Buffers()


def buffer_for(use: str, size: int) -> Bytes:
    """At least ``size`` bytes with any content; the same memory for the same use in the same thread, unless it grew."""
    buffer = _buffers.by_use.get(use)
    if buffer is None or len(buffer) < size:
        buffer = _buffers.by_use[use] = np.empty(size, np.uint8)
    return buffer
