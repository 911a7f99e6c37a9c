"""Memory: how the server's memory is parted, so that what one rerun gives back serves the next."""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress

ARENA_MAX = -8  # M_ARENA_MAX of malloc.h
ARENAS = 2  # one thread at a time holds Python's lock, so that more would save no wait


def few_arenas() -> None:
    """Let all threads share few of the pools that glibc takes memory from; elsewhere, do nothing.

    It would make one after the other for the threads of reruns, eight for each core, and what is free in one is of no
    use to another: a server with many sessions grew for as long as it ran. ``MALLOC_ARENA_MAX`` has the last word.
    """
    if "MALLOC_ARENA_MAX" not in os.environ:
        with suppress(OSError, AttributeError, TypeError):  # another C library, or none to ask
            ctypes.CDLL(None).mallopt(ARENA_MAX, ARENAS)
