"""RemoteFile: a file of a store behind a URL, and a history in one; only what is needed is fetched."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from io import SEEK_CUR, SEEK_SET, RawIOBase
from typing import Any

from diagnostics.logs.event_files.source import FileState
from diagnostics.logs.folders.history_file import HEAD, HistoryFile
from diagnostics.logs.histories.formats import speaks_of_training

_READ_AT_ONCE = 8 << 20  # bytes; a request costs as much as reading some megabytes
_STAMPS = ("ETag", "etag", "md5Hash", "LastModified", "last_modified", "updated", "mtime", "created")
_TIMES = ("LastModified", "last_modified", "updated", "mtime", "created")


class RemoteFile:
    """A file of a store, as the last listing showed it."""

    def __init__(self, store: Any, name: str, info: Mapping[str, Any] | None) -> None:
        self.info = info
        self._store = store
        self._name = name

    def state(self) -> FileState:
        if self.info is None:
            raise FileNotFoundError(self._name)
        return self._name, int(self.info["size"]), tuple(str(self.info.get(name)) for name in _STAMPS)

    def changed(self) -> float:
        """When it was last written, in seconds since 1970; now, where the store does not say."""
        times = [self.info[name] for name in _TIMES if self.info and self.info.get(name)]
        return next((seconds for stamp in times if (seconds := _seconds(stamp)) is not None), time.time())

    def open(self) -> RawIOBase:
        return _Ranges(self._store, self._name, self.state()[1])


def _seconds(stamp: Any) -> float | None:
    try:
        stamp = datetime.fromisoformat(stamp) if isinstance(stamp, str) else stamp
        return float(stamp.timestamp() if isinstance(stamp, datetime) else stamp)
    except (TypeError, ValueError):
        return None


class _Ranges(RawIOBase):
    """The first ``size`` bytes of a file of a store, fetched in large ranges."""

    def __init__(self, store: Any, name: str, size: int) -> None:
        self._store, self._name, self._size = store, name, size
        self._at = self._start = 0
        self._data = b""

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        self._at = offset + (self._at if whence == SEEK_CUR else 0)
        return self._at

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        wanted = min(len(buffer), self._size - self._at)
        if wanted <= 0:
            return 0
        if not self._start <= self._at < self._start + len(self._data):
            stop = min(self._size, self._at + max(wanted, _READ_AT_ONCE))
            self._data, self._start = self._store.cat_file(self._name, start=self._at, end=stop), self._at
        data = self._data[self._at - self._start :][:wanted]
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


class RemoteHistory(HistoryFile):
    """A training history in a file of a store."""

    def __init__(self, source: RemoteFile, name: str) -> None:
        super().__init__(name)
        self._remote = source

    def poll(self) -> bool:
        try:
            return super().poll()
        except Exception:  # each store has exceptions of its own; the next poll tries again
            self._seen = None
            raise

    def state(self) -> tuple[FileState, float]:
        return self._remote.state(), self._remote.changed()

    def content(self, at_most: int) -> bytes:
        with self._remote.open() as file:
            return file.read(at_most)

    def speaks_of_training(self) -> bool:
        if self.path.suffix.lower() == ".parquet":  # its columns stand at the end
            return True
        with self._remote.open() as file:
            return speaks_of_training(self.path, file.read(HEAD))
