"""EventFolder: which directories of a log folder hold event files, and what grew in them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from diagnostics.logs.event_file import EventFile
from diagnostics.logs.tree import Tree, cause


class LogError(ValueError):
    """The path given is no log folder; the message says what was found and the way out."""


class EventDirectory:
    """One directory and its event files, ordered by the time of their first event."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.files: list[EventFile] = []

    @property
    def stale(self) -> bool:
        """Whether files that were read are gone by now; their rows are kept."""
        return any(file.stale for file in self.files)

    def __repr__(self) -> str:
        return f"EventDirectory({self.name!r}, {len(self.files)} files)"


class EventFolder:
    """Every directory with event files under ``path``, itself included. Raises ``LogError`` when that is no folder."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).expanduser()
        _check(self.path)
        self._tree = Tree(os.fspath(self.path))
        self._directories: dict[str, EventDirectory] = {}
        self._files: dict[str, tuple[EventFile, EventDirectory]] = {}
        self._unread: dict[str, str] = {}

    @property
    def directories(self) -> Mapping[str, EventDirectory]:
        """The directories with event files by their name relative to the folder, ``"."`` for itself."""
        return MappingProxyType(self._directories)

    @property
    def problems(self) -> list[str]:
        """One sentence for each path that could not be read at the last poll."""
        return [*self._tree.problems.values(), *self._unread.values()]

    def poll(self) -> set[str]:
        """Read what was added; the names of the directories whose content changed since the last poll."""
        changed = {self._take_in(name, path) for name, path in self._tree.new_files()}
        for path, (file, directory) in self._files.items():
            if self._grew(path, file):
                changed.add(directory.name)
        for name in changed:
            self._directories[name].files.sort(key=_age)
        return changed

    def _take_in(self, name: str, path: str) -> str:
        directory = self._directories.setdefault(name, EventDirectory(name))
        file = EventFile(path)
        directory.files.append(file)
        self._files[path] = file, directory
        return name

    def _grew(self, path: str, file: EventFile) -> bool:
        try:
            grew = file.poll()
        except OSError as error:
            self._unread[path] = f"{path} could not be read: {cause(error)}"
            return False
        if self._unread:
            self._unread.pop(path, None)
        return grew


def _check(path: Path) -> None:
    if not path.exists():
        raise LogError(f"{path} does not exist; give a folder with TensorBoard logs")
    if not path.is_dir():
        raise LogError(f"{path} is a file; give the folder it lies in: {path.parent}")


def _age(file: EventFile) -> tuple[bool, float, str]:
    return file.first_wall_time is None, file.first_wall_time or 0.0, file.path.name
