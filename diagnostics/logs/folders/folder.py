"""EventFolder: which directories of a log folder hold event files, and what grew in them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from diagnostics.logs.event_files.event_file import EventFile
from diagnostics.logs.event_files.workspace import Workspace
from diagnostics.logs.folders.directory import EventDirectory, LogError, by_age
from diagnostics.logs.folders.history_file import HistoryFile
from diagnostics.logs.folders.history_folder import HistoryFolder
from diagnostics.logs.folders.nothing import nothing_in
from diagnostics.logs.folders.tree import Tree, cause

__all__ = ["EventDirectory", "EventFolder", "LogError"]


class EventFolder:
    """Every directory with event files under ``path``, itself included, and training histories where there are none.

    Raises ``LogError`` when ``path`` is no folder.
    """

    def __init__(self, path: str | Path) -> None:
        if not os.fspath(path):
            raise LogError("found an empty path; give a folder with logs, or . for the one you are in")
        self.path = Path(path).expanduser()
        _check(self.path)
        self._tree = Tree(os.fspath(self.path))
        self._directories: dict[str, EventDirectory] = {}
        self._files: list[tuple[EventFile, EventDirectory]] = []
        self._histories = HistoryFolder()
        self._workspace = Workspace()
        self._all: dict[str, EventDirectory] = {}
        self._unread: dict[EventFile | HistoryFile, str] = {}
        self._damaged: dict[EventFile | HistoryFile, str] = {}

    @property
    def directories(self) -> Mapping[str, EventDirectory]:
        """The directories with log files by their name relative to the folder, ``"."`` for itself."""
        return MappingProxyType(self._all)

    @property
    def problems(self) -> list[str]:
        """One sentence for each path that could not be read at the last poll."""
        return [*self._tree.problems.values(), *self._unread.values(), *self._damaged.values()]

    @property
    def nothing(self) -> str:
        """What to say where no log was found: what lies there, what is read, and the nearest step."""
        return nothing_in(str(self.path), self._tree.seen, len(self._histories))

    def poll(self) -> set[str]:
        """Read what was added; the names of the directories whose content changed since the last poll."""
        changed = {name for name, path in self._tree.new_files() if self._take_in(name, path)}
        for file, directory in self._files:
            if self._grew(file):
                changed.add(directory.name)
        for name in changed:
            self._directories[name].files.sort(key=by_age)
        changed |= self._histories.poll(self._directories, self._grew)
        if changed:
            self._all = self._directories | self._histories.directories
        return changed

    def _take_in(self, name: str, path: str) -> bool:
        """Follow the file from now on; whether it is an event file."""
        if "tfevents" not in os.path.basename(path):
            self._histories.add(name, HistoryFile(path))
            return False
        directory = self._directories.setdefault(name, EventDirectory(name))
        file = EventFile(path, workspace=self._workspace)
        directory.files.append(file)
        self._files.append((file, directory))
        return True

    def _grew(self, file: EventFile | HistoryFile) -> bool:
        try:
            grew = file.poll()
        except OSError as error:
            self._unread[file] = f"{file.path} could not be read: {cause(error)}"
            return False
        if self._unread:
            self._unread.pop(file, None)
        if grew and isinstance(file, EventFile):
            self._damaged.pop(file, None)
            if file.skipped.files:
                self._damaged[file] = f"{file.path.parent}/{file.skipped.files[0]}"
        return grew


def _check(path: Path) -> None:
    if not path.exists():
        raise LogError(f"{path} does not exist; give a folder with TensorBoard logs")
    if not path.is_dir():
        raise LogError(f"{path} is a file; give the folder it lies in: {path.parent}")
