"""RemoteFolder: a log folder behind a URL, in any store that fsspec reads: one listing a poll, then what grew."""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import SEEK_CUR, SEEK_SET, RawIOBase
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any

from diagnostics.logs.event_files.event_file import EventFile
from diagnostics.logs.event_files.source import FileState
from diagnostics.logs.event_files.workspace import Workspace
from diagnostics.logs.folders.directory import EventDirectory, LogError, by_age

_URL = re.compile(r"[a-z][a-z0-9+.]+://", re.IGNORECASE)
_READ_AT_ONCE = 8 << 20  # bytes; a request costs as much as reading some megabytes
_STAMPS = ("ETag", "etag", "md5Hash", "LastModified", "last_modified", "updated", "mtime", "created")


def is_url(path: str) -> bool:
    """Whether the path names a remote folder, such as ``s3://bucket/logs``."""
    return _URL.match(path) is not None


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

    def open(self) -> RawIOBase:
        return _Ranges(self._store, self._name, self.state()[1])


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


class RemoteFolder:
    """Every directory with event files below a URL; the same interface as ``EventFolder``.

    Raises ``LogError`` when nothing is there, the store cannot be reached, or the package for it is not installed.
    """

    def __init__(self, url: str) -> None:
        self.path = PurePosixPath(url)
        self.problems: list[str] = []
        self._store, self._root = _store_of(url)
        self._url = url
        self._workspace = Workspace()
        self._sources: dict[str, RemoteFile] = {}
        self._files: dict[str, tuple[EventFile, EventDirectory]] = {}
        self._directories: dict[str, EventDirectory] = {}
        listing = self._listing()
        if not listing:
            raise LogError(self.problems[0] if self.problems else f"{url} holds nothing; give a folder with logs")
        if self._root in listing:
            raise LogError(f"{url} is a file; give the folder it lies in: {url.rpartition('/')[0]}")

    @property
    def directories(self) -> Mapping[str, EventDirectory]:
        """The directories with event files by their name relative to the URL, ``"."`` for itself."""
        return MappingProxyType(self._directories)

    @property
    def nothing(self) -> str:
        """What to say where no log was found; behind a URL, event files alone are read."""
        return f"found no event files (events.out.tfevents.*) in {self._url}. Next: give the folder that holds them"

    unread = 0  # a store is read as a whole

    def poll(self, *, most: int | None = None, thorough: bool = True) -> set[str]:  # noqa: ARG002
        """Read what was added; the names of the directories whose content changed since the last poll."""
        listing = self._listing()
        if self.problems:
            return set()
        changed = {self._take_in(name) for name in listing.keys() - self._sources.keys() if _is_log(name)}
        for name, (file, directory) in self._files.items():
            self._sources[name].info = listing.get(name)
            if self._grew(file):
                changed.add(directory.name)
        for name in changed:
            self._directories[name].files.sort(key=by_age)
        return changed

    def _listing(self) -> dict[str, Mapping[str, Any]]:
        """Every file by its name; nothing, and a problem, when the store cannot be reached."""
        self.problems = []
        try:
            self._store.invalidate_cache()
            return dict(self._store.find(self._root, detail=True))
        except Exception as error:  # each store has exceptions of its own
            self.problems = [f"{self._url} could not be listed: {_sentence(error)}"]
            return {}

    def _take_in(self, name: str) -> str:
        place = str(PurePosixPath(name).parent.relative_to(self._root))
        directory = self._directories.setdefault(place, EventDirectory(place))
        source = self._sources[name] = RemoteFile(self._store, name, None)
        file = EventFile(name, source=source, workspace=self._workspace)
        directory.files.append(file)
        self._files[name] = file, directory
        return place

    def _grew(self, file: EventFile) -> bool:
        try:
            return file.poll()
        except Exception as error:  # each store has exceptions of its own
            self.problems.append(f"{file.path} could not be read: {_sentence(error)}")
            return False


def _store_of(url: str) -> tuple[Any, str]:
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise LogError(f"{url} is read by fsspec, which is not installed; pip install fsspec") from error
    try:
        store, root = url_to_fs(url)
    except ImportError as error:
        raise LogError(f"{url} needs a package that is not installed: {_sentence(error)}") from error
    except Exception as error:
        raise LogError(f"{url} cannot be opened: {_sentence(error)}") from error
    return store, root.rstrip("/")


def _is_log(name: str) -> bool:
    return "tfevents" in PurePosixPath(name).name


def _sentence(error: Exception) -> str:
    return (str(error) or type(error).__name__).strip().splitlines()[0]
