"""EventFolder: which directories of a log folder hold event files, and what grew in them."""

from __future__ import annotations

import errno
import os
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from diagnostics.logs.event_files.event_file import EventFile
from diagnostics.logs.event_files.workspace import Workspace
from diagnostics.logs.folders.directory import EventDirectory, LogError, by_age
from diagnostics.logs.folders.history_file import HistoryFile
from diagnostics.logs.folders.history_folder import HistoryFolder
from diagnostics.logs.folders.nothing import damage, nothing_in
from diagnostics.logs.folders.tree import Tree, cause
from diagnostics.logs.folders.turns import WARM, Turns

__all__ = ["EventDirectory", "EventFolder", "LogError"]

_TOGETHER = 16  # files


class EventFolder:
    """Every directory with event files under ``path``, itself included, and training histories where there are none.

    Raises ``LogError`` when ``path`` is no folder.
    """

    def __init__(self, path: str | Path) -> None:
        if not os.fspath(path):
            raise LogError("found an empty path; give a folder with logs, or . for the one you are in")
        self.path = Path(os.path.expanduser(path))  # Path.expanduser raises where there is no such user
        _check(self.path)
        self._tree = Tree(os.fspath(self.path))
        self._directories: dict[str, EventDirectory] = {}
        self._files: dict[EventFile, EventDirectory] = {}
        self._turns: Turns[EventFile] = Turns()
        self._new: deque[tuple[str, str]] = deque()
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
        return [
            *self._tree.problems.values(),
            *self._unread.values(),
            *self._damaged.values(),
            *self._histories.left_out,
        ]

    @property
    def nothing(self) -> str:
        """What to say where no log was found: what lies there, what is read, and the nearest step."""
        return nothing_in(str(self.path), self._tree.seen, len(self._histories))

    @property
    def unread(self) -> int:
        """How many files are known and still to be read."""
        return len(self._new)

    def poll(self, *, most: int | None = None, thorough: bool = True) -> set[str]:
        """Read what was added; the names of the directories whose content changed since the last poll.

        At ``most`` so many new files are read, the others by later polls. Of very many files, those that did not change
        for long are looked at in turn, unless the poll is ``thorough``.
        """
        self._new.extend(self._tree.new_files(thorough=thorough))
        changed, fresh = set(), list[EventFile]()
        for _ in range(len(self._new) if most is None else min(most, len(self._new))):
            name, path = self._new.popleft()
            if (file := self._take_in(name, path)) is not None:
                changed.add(name)
                fresh.append(file)
        for file in self._grown(self._turns.due(all_of_them=thorough)):
            changed.add(self._files[file].name)
            self._turns.changed(file)
        self._grown(fresh)
        for file in fresh:
            self._turns.add(file)
            if _is_young(file):
                self._turns.changed(file)
        for name in changed:
            self._directories[name].files.sort(key=by_age)
        changed |= self._histories.poll(self._directories, lambda file: self._could(file.poll, file))
        if changed:
            self._all = self._directories | self._histories.directories
        return changed

    def _take_in(self, name: str, path: str) -> EventFile | None:
        """Follow the file from now on; gives it where it is an event file."""
        if "tfevents" not in os.path.basename(path):
            self._histories.add(name, HistoryFile(path))
            return None
        directory = self._directories.setdefault(name, EventDirectory(name))
        file = EventFile(path, workspace=self._workspace)
        directory.files.append(file)
        self._files[file] = directory
        return file

    def _grown(self, files: Sequence[EventFile]) -> list[EventFile]:
        """Those of the files in which there was something new, read several together, as small ones are quicker so."""
        all_grown = []
        for first in range(0, len(files), _TOGETHER):
            grown = [file for file in files[first : first + _TOGETHER] if self._could(file.read_on, file)]
            for file in grown:
                file.publish()
                self._note_damage(file)
            all_grown += grown
        return all_grown

    def _could(self, read: Callable[[], bool], file: EventFile | HistoryFile) -> bool:
        """Whether reading the file gave something new; why it could not be read is a problem."""
        try:
            grew = read()
        except OSError as error:
            self._unread[file] = f"{file.path} could not be read: {cause(error)}"
            return False
        if self._unread:
            self._unread.pop(file, None)
        return grew

    def _note_damage(self, file: EventFile) -> None:
        self._damaged.pop(file, None)
        if sentence := damage(file):
            self._damaged[file] = sentence


def _is_young(file: EventFile) -> bool:
    """Was it written lately, so that more is to be expected?"""
    try:
        return abs(time.time() - file.path.stat().st_mtime) < WARM
    except OSError:
        return False


def _check(path: Path) -> None:
    try:
        os.lstat(path)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            name = f"a name of {len(str(path)):,} characters"
            raise LogError(f"found {name}, longer than a path can be; give a folder with TensorBoard logs") from None
    except ValueError:  # a NUL, which no path has
        pass
    if not path.exists():
        raise LogError(f"{path} does not exist; give a folder with TensorBoard logs")
    if not path.is_dir():
        raise LogError(f"{path} is a file; give the folder it lies in: {path.parent}")
