"""EventDirectory: one directory of a log folder and what it has of one training."""

from __future__ import annotations

from collections.abc import Sequence

from diagnostics.logs.event_files.event_file import EventFile
from diagnostics.logs.folders.history_file import HistoryPart

LogFile = EventFile | HistoryPart


class LogError(ValueError):
    """The path given is no log folder; the message says what was found and the way out."""


class EventDirectory:
    """One directory and its log files, ordered by the time of their first event."""

    def __init__(self, name: str, files: Sequence[LogFile] = ()) -> None:
        self.name = name
        self.files = list(files)

    @property
    def stale(self) -> bool:
        """Whether files that were read are gone by now; their rows are kept."""
        return any(file.stale for file in self.files)

    def __repr__(self) -> str:
        return f"EventDirectory({self.name!r}, {len(self.files)} files)"


def by_age(file: LogFile) -> tuple[bool, float, str]:
    """Sorts files by the time of their first event; those without one come last."""
    return file.first_wall_time is None, file.first_wall_time or 0.0, file.path.name
