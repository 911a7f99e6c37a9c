"""Memory: how the server's memory is parted, so that what one rerun gives back serves the next."""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress

ARENA_MAX, MMAP_THRESHOLD = -8, -3  # M_ARENA_MAX and M_MMAP_THRESHOLD of malloc.h
ARENAS = 2  # one thread at a time holds Python's lock, so that more would save no wait
LARGE = 2**17  # bytes


def spare_memory() -> None:
    """Let all threads share few of the pools that glibc takes memory from, and give large blocks back at once.

    It would make one pool after the other for the threads of reruns, eight for each core, and what is free in one is of
    no use to another. It also raises what counts as large with each block that is freed, until the data of charts lie
    among all else and leave holes: a server with many sessions grew for as long as it ran. On another C library nothing
    is done; ``MALLOC_ARENA_MAX`` and ``MALLOC_MMAP_THRESHOLD_`` have the last word.
    """
    with suppress(OSError, AttributeError, TypeError):  # another C library, or none to ask
        libc = ctypes.CDLL(None)
        for name, option, value in (
            ("MALLOC_ARENA_MAX", ARENA_MAX, ARENAS),
            ("MALLOC_MMAP_THRESHOLD_", MMAP_THRESHOLD, LARGE),
        ):
            if name not in os.environ:
                libc.mallopt(option, value)
