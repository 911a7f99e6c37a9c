"""Source: where the bytes of a log file come from, and how to tell that they changed."""

from __future__ import annotations

import os
from collections.abc import Hashable
from io import RawIOBase
from typing import Protocol

from diagnostics.files import without_waiting

FileState = tuple[Hashable, int, Hashable]
"""Which file it is, its size in bytes, and a stamp that moves when it is written to."""


class Source(Protocol):
    """A file anywhere."""

    def state(self) -> FileState:
        """The file as it is now, at the cost of a ``stat`` at most. Raises ``FileNotFoundError`` when it is gone."""

    def open(self) -> RawIOBase:
        """The file to read from, unbuffered. Raises ``OSError`` when it cannot be read."""


class LocalFile:
    """A file of this machine."""

    def __init__(self, name: str) -> None:
        self._name = name

    def state(self) -> FileState:
        status = os.stat(self._name)
        return (status.st_dev, status.st_ino), status.st_size, status.st_mtime_ns

    def open(self) -> RawIOBase:
        return open(self._name, "rb", buffering=0, opener=without_waiting)
