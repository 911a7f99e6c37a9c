"""HistoryFile: a training history that is no event file, read as a whole when it changes."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from diagnostics.files import read_regular, without_waiting
from diagnostics.logs.event_files.source import FileState
from diagnostics.logs.histories.database import AHEAD, DATABASES, with_ahead
from diagnostics.logs.histories.formats import POINTER, WHOLE, is_surely_a_history, read_history, speaks_of_training
from diagnostics.logs.histories.history import DamagedError, History, HistoryError, RawFile
from diagnostics.logs.run import Rows, Skipped

POINTS_ELSEWHERE = "it is a Git LFS pointer, not the file itself; fetch it with: git lfs pull"
_SETTLED = 5.0  # seconds; a file that rested for so long has a last line, even without an end of line
_LARGEST = 64 << 20  # bytes; a larger table is data, not the history of a training
HEAD = 1 << 16  # bytes
_ENDS_OF_FIELDS = (b",", b";", b"\t", b"\n")
_MOST_FIELDS = 8_000_000  # each takes some hundred bytes while it is read


class HistoryPart:
    """One training of a history file; the same interface as ``EventFile`` but for the reading."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.stale = False
        self.scalars: Mapping[str, Rows] = {}
        self.texts: dict[str, str] = {}
        self.hparams: dict[str, bool | float | str] = {}
        self.weights: Mapping[str, Rows] = {}
        self.kinds: frozenset[str] = frozenset()
        self.skipped = Skipped()
        self.first_wall_time: float | None = None
        self.boosting: str | None = None
        self.exported = False

    def take(self, history: History) -> bool:
        """Hold what the file says now; whether that is something else than before."""
        before, self.scalars = self.scalars, history.scalars
        self.hparams = dict(history.hparams)
        self.boosting, self.exported = history.boosting, history.exported
        self.skipped = Skipped(records=history.damaged)
        self.first_wall_time = min((float(rows.wall_times[0]) for rows in self.scalars.values()), default=None)
        return not _are_equal(before, self.scalars)


class HistoryFile:
    """A file that may hold trainings: ``parts`` has them by name, ``""`` where there is one; other files have none."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.parts: dict[str, HistoryPart] = {}
        self._gone = False
        self._seen: FileState | None = None

    def poll(self) -> bool:
        """Read the file if it changed since the last poll; True when anything did.

        Raises ``OSError`` when it cannot be read.
        """
        try:
            state, changed = self.state()
        except FileNotFoundError:
            return self._set_gone(gone=True)
        if state == self._seen and not self._gone:
            return False
        self._set_gone(gone=False)
        self._seen = state
        rested = time.time() - changed >= _SETTLED
        try:
            histories = read_history(self._source(state[1], changed, rested=rested))
        except MemoryError as error:
            raise OSError(errno.ENOMEM, "reading it needs more memory than there is") from error
        except (HistoryError, RecursionError) as error:
            if not rested:  # it may be half written; look again
                self._seen = None
                return False
            if isinstance(error, DamagedError):
                raise OSError(errno.EINVAL, str(error)) from error
            if isinstance(error, RecursionError):
                raise OSError(errno.EINVAL, "it is nested too deeply") from error
            histories = []
        return self._take(histories)

    def state(self) -> tuple[FileState, float]:
        """Which file it is, its size and stamps; and when it was last written. Raises ``FileNotFoundError``."""
        status = os.stat(self.path)
        ahead = self._ahead()
        changed = max(status.st_mtime, ahead[1] / 1e9)
        return (status.st_ino, status.st_size + ahead[0], (status.st_mtime_ns, ahead)), changed

    def _ahead(self) -> tuple[int, int]:
        """Size and time of what a database that is open has written ahead of its file; zeros where nothing is."""
        if not self.path.name.endswith(DATABASES):
            return 0, 0
        try:
            status = os.stat(f"{self.path}{AHEAD}")
        except OSError:
            return 0, 0
        return status.st_size, status.st_mtime_ns

    def content(self, at_most: int) -> bytes:
        """The bytes of the whole file."""
        if not self._ahead()[0]:
            return read_regular(self.path, at_most=at_most)
        ahead = read_regular(f"{self.path}{AHEAD}", at_most=at_most)
        return with_ahead(read_regular(self.path, at_most=at_most), ahead)

    def speaks_of_training(self) -> bool:
        """Whether the beginning has a word that no history goes without, so that other files need not be read."""
        with open(self.path, "rb", buffering=0, opener=without_waiting) as file:
            return speaks_of_training(self.path, file.read(HEAD))

    def _source(self, size: int, changed: float, *, rested: bool) -> RawFile:
        surely = is_surely_a_history(self.path.absolute().as_posix())
        if surely and size > _LARGEST:
            raise OSError(errno.EFBIG, f"it has more than {_LARGEST >> 20} MiB, which is data and no history")
        if size > _LARGEST or not (surely or self.speaks_of_training()):
            raise HistoryError("it is no training history")
        content = self.content(_LARGEST)
        if content.startswith(POINTER):
            raise OSError(errno.ENODATA, POINTS_ELSEWHERE)
        if sum(map(content.count, _ENDS_OF_FIELDS)) > _MOST_FIELDS:
            raise OSError(errno.EFBIG, f"it has more than {_MOST_FIELDS:,} fields, which is data and no history")
        if not rested and not content.endswith((b"\n", b"\n\0")) and not self.path.name.endswith(WHOLE):
            content, self._seen = content[: content.rfind(b"\n") + 1], None  # the last line may not be finished
        return RawFile(self.path.absolute().as_posix(), content, changed)

    def _take(self, histories: list[History]) -> bool:
        changed = self.parts.keys() != {history.name for history in histories}
        self.parts = {history.name: self.parts.get(history.name) or HistoryPart(self.path) for history in histories}
        for history in histories:
            changed |= self.parts[history.name].take(history)
        return changed

    def _set_gone(self, *, gone: bool) -> bool:
        changed, self._gone = self._gone != gone, gone
        for part in self.parts.values():
            part.stale = gone
        return changed


def _are_equal(before: Mapping[str, Rows], after: Mapping[str, Rows]) -> bool:
    return before.keys() == after.keys() and all(
        np.array_equal(old, new, equal_nan=True)
        for tag in before
        for old, new in zip(before[tag][::2], after[tag][::2], strict=True)
    )
