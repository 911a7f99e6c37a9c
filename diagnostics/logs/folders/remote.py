"""RemoteFolder: a log folder behind a URL, in any store that fsspec reads: one listing a poll, then what grew."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any

from diagnostics.logs.event_files.event_file import EventFile
from diagnostics.logs.event_files.workspace import Workspace
from diagnostics.logs.folders.directory import EventDirectory, LogError, by_age
from diagnostics.logs.folders.history_file import HistoryFile
from diagnostics.logs.folders.history_folder import HistoryFolder
from diagnostics.logs.folders.nothing import damage, nothing_in
from diagnostics.logs.folders.remote_file import RemoteFile, RemoteHistory
from diagnostics.logs.histories.formats import is_named_like_a_history

_URL = re.compile(r"[a-z][a-z0-9+.]+://", re.IGNORECASE)


def is_url(path: str) -> bool:
    """Whether the path names a remote folder, such as ``s3://bucket/logs``."""
    return _URL.match(path) is not None


class RemoteFolder:
    """Every directory with event files below a URL, and histories where there are none, as ``EventFolder`` gives them.

    Raises ``LogError`` when nothing is there, the store cannot be reached, or the package for it is not installed.
    """

    def __init__(self, url: str) -> None:
        self.path = PurePosixPath(url)
        self._unread: list[str] = []
        self._store, self._root = _store_of(url)
        self._url = url
        self._workspace = Workspace()
        self._sources: dict[str, RemoteFile] = {}
        self._files: dict[str, tuple[EventFile, EventDirectory]] = {}
        self._directories: dict[str, EventDirectory] = {}
        self._histories = HistoryFolder()
        self._all: dict[str, EventDirectory] = {}
        listing = self._listing()
        if not listing:
            raise LogError(self._unread[0] if self._unread else f"{url} holds nothing; give a folder with logs")
        if self._root in listing:
            raise LogError(f"{url} is a file; give the folder it lies in: {url.rpartition('/')[0]}")

    @property
    def directories(self) -> Mapping[str, EventDirectory]:
        """The directories with event files by their name relative to the URL, ``"."`` for itself."""
        return MappingProxyType(self._all)

    @property
    def problems(self) -> list[str]:
        """One sentence for each file that could not be read at the last poll, or not as a whole."""
        damaged = filter(None, (damage(file) for file, _ in self._files.values()))
        return [*self._unread, *damaged, *self._histories.left_out]

    @property
    def nothing(self) -> str:
        """What to say where no log was found: what is read, and the nearest step."""
        return nothing_in(self._url, {}, len(self._histories))

    unread = 0  # a store is read as a whole

    def poll(self, *, most: int | None = None, thorough: bool = True) -> set[str]:  # noqa: ARG002
        """Read what was added; the names of the directories whose content changed since the last poll."""
        listing = self._listing()
        if self._unread:
            return set()
        changed = {self._take_in(name) for name in listing.keys() - self._sources.keys() if _is_log(name)}
        for name in sorted(filter(is_named_like_a_history, listing.keys() - self._sources.keys())):
            source = self._sources[name] = RemoteFile(self._store, name, None)
            self._histories.add(self._place(name), RemoteHistory(source, name))
        for name, source in self._sources.items():
            source.info = listing.get(name)
        for file, directory in self._files.values():
            if self._grew(file):
                changed.add(directory.name)
        for name in changed:
            self._directories[name].files.sort(key=by_age)
        changed |= self._histories.poll(self._directories, self._grew)
        self._all = self._directories | self._histories.directories
        return changed

    def _listing(self) -> dict[str, Mapping[str, Any]]:
        """Every file by its name; nothing, and a problem, when the store cannot be reached."""
        self._unread = []
        try:
            self._store.invalidate_cache()
            return dict(self._store.find(self._root, detail=True))
        except Exception as error:  # each store has exceptions of its own
            self._unread = [f"{self._url} could not be listed: {_sentence(error)}"]
            return {}

    def _take_in(self, name: str) -> str:
        place = self._place(name)
        directory = self._directories.setdefault(place, EventDirectory(place))
        source = self._sources[name] = RemoteFile(self._store, name, None)
        file = EventFile(name, source=source, workspace=self._workspace)
        directory.files.append(file)
        self._files[name] = file, directory
        return place

    def _place(self, name: str) -> str:
        return str(PurePosixPath(name).parent.relative_to(self._root))

    def _grew(self, file: EventFile | HistoryFile) -> bool:
        try:
            return file.poll()
        except Exception as error:  # each store has exceptions of its own
            self._unread.append(f"{file.path} could not be read: {_sentence(error)}")
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
