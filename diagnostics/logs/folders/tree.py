"""Tree: every log file below a folder, links followed once, and the new ones since the last look."""

from __future__ import annotations

import errno
import os
import time
from collections import Counter
from collections.abc import Iterator

from diagnostics.logs.folders.nothing import kind_of
from diagnostics.logs.folders.turns import Turns
from diagnostics.logs.histories.formats import is_named_like_a_history

_SETTLED = 2.0  # seconds; a directory changed this recently may change again without its time stamp moving
_UNSETTLED = -1
_NEVER_LOGS = {".git", "__pycache__", "node_modules", "site-packages"}  # large, and no training writes there


class Tree:
    """The directories below ``root``. Those whose time stamp did not move are not listed again.

    ``problems`` has one sentence for each path that could not be read, ``seen`` the number of files of each kind that
    a training leaves beside its log.
    """

    def __init__(self, root: str) -> None:
        self.problems: dict[str, str] = {}
        self.seen: Counter[str] = Counter()
        self._root = root
        self._stamps: dict[str, int] = {}
        self._paths: dict[tuple[int, int], str] = {}  # of each directory by its device and number there
        self._identities: dict[str, tuple[int, int]] = {}  # and the other way round
        self._files: set[str] = set()
        self._turns: Turns[str] = Turns()
        self._inner: set[str] = {root}

    def new_files(self, *, thorough: bool = True) -> Iterator[tuple[str, str]]:
        """``(directory relative to root, path)`` of each log file that appeared; ``"."`` is the root itself.

        Of very many directories, those without directories of their own that did not change for long are looked at in
        turn, unless the look is ``thorough``.
        """
        directories, links = [self._root], list[str]()
        due = dict.fromkeys([*self._inner, *self._turns.due(all_of_them=thorough)])
        directories += [path for path in due if path != self._root]
        while directories or links:  # links last: a directory goes by its own name, not by that of a link to it
            path = directories.pop() if directories else links.pop()
            for entry in self._listing(path):
                if entry.is_symlink():
                    self._follow(entry, links)
                if entry.path not in self._stamps and entry.is_dir(follow_symlinks=False):
                    directories += [] if entry.name in _NEVER_LOGS else [entry.path]
                    self._inner.add(path)
                elif _is_log(entry.path, entry.name) and entry.path not in self._files and self._is_file(entry):
                    self._files.add(entry.path)
                    yield self._name(path), entry.path
                elif (kind := kind_of(entry.name)) and entry.path not in self._files:
                    self._files.add(entry.path)
                    self.seen[kind] += 1

    def _name(self, path: str) -> str:
        return path[len(self._root) :].strip(os.sep).replace(os.sep, "/") or "."

    def _listing(self, path: str) -> list[os.DirEntry[str]]:
        """What lies in the directory; nothing when it did not change, cannot be read or goes by another name."""
        try:
            status = os.stat(path)
            stamp = status.st_mtime_ns
            if self._stamps.get(path) == stamp:
                return []
            identity = status.st_dev, status.st_ino
            if self._paths.setdefault(identity, path) != path:
                return []
            if (before := self._identities.get(path)) not in (None, identity):
                del self._paths[before]  # another directory may get its number
            self._identities[path] = identity
            self._turns.add(path)
            if path in self._stamps:
                self._turns.changed(path)
            self._stamps[path] = stamp if abs(time.time() - stamp / 1e9) > _SETTLED else _UNSETTLED
            with os.scandir(path) as entries:
                listing = sorted(entries, key=lambda entry: entry.name)
        except FileNotFoundError:
            self._forget(path)
            return []
        except OSError as error:
            self._stamps[path] = _UNSETTLED
            self.problems[path] = f"{path} could not be read: {cause(error)}"
            return []
        self.problems.pop(path, None)
        return listing

    def _forget(self, path: str) -> None:
        self._stamps.pop(path, None)
        self._turns.remove(path)
        self._inner.discard(path)
        self.problems.pop(path, None)
        if (identity := self._identities.pop(path, None)) is not None:
            del self._paths[identity]

    def _follow(self, entry: os.DirEntry[str], links: list[str]) -> None:
        try:
            linked_directory = entry.is_dir()
        except OSError as error:
            loops = error.errno == errno.ELOOP
            self.problems[entry.path] = f"{entry.path} {'is a link to itself' if loops else 'leads nowhere'}; left out"
            return
        if not linked_directory or entry.path in self._stamps:
            return
        here, target = os.path.realpath(os.path.dirname(entry.path)), os.path.realpath(entry.path)
        if os.path.commonpath([here, target]) == target:
            self.problems[entry.path] = f"{entry.path} is a link to a folder it lies in; not followed"
        else:
            links.append(entry.path)

    def _is_file(self, entry: os.DirEntry[str]) -> bool:
        try:
            if entry.is_file():
                return True
        except OSError:
            pass
        self.problems.setdefault(entry.path, f"{entry.path} is named like a log and is no file; left out")
        return False


def _is_log(path: str, name: str) -> bool:
    return "tfevents" in name or is_named_like_a_history(path)


def cause(error: OSError) -> str:
    """Why the operating system refused, in its words."""
    reason = error.strerror or str(error)
    return reason[:1].lower() + reason[1:]
