"""EventDirectory: one directory of a log folder and what it has of one training."""

from __future__ import annotations

from collections.abc import Sequence

from diagnostics.logs.event_file import EventFile
from diagnostics.logs.histories import HistoryFile

LogFile = EventFile | HistoryFile


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
