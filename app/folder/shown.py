"""Shown: the runs of a place as judged with one set of thresholds, and a version of them that tells whether to draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from typing import Any

from app.folder.entries import Entry, Snapshot, urgency
from diagnostics import GivenSetup

_versions = count(1)  # of all places and thresholds together: two that differ are never taken for the same


class Shown:
    """The runs as judged with one set of thresholds; ``due`` are those to judge anew, in their order.

    ``live`` are those in which more is to come. ``version`` is another one whenever anything that a page shows of them
    has changed.
    """

    def __init__(self, due: dict[str, None]) -> None:
        self.due, self.entries = due, dict[str, Entry]()
        self.given: Mapping[str, GivenSetup] = {}
        self.live: dict[str, None] = {}
        self.version = next(_versions)
        self._keys: dict[str, Any] = {}
        self._about: tuple[tuple[str, ...], int] = (), 0
        self._snapshot: Snapshot | None = None

    def put(self, entry: Entry) -> None:
        """Show the run so from now on."""
        before = self.entries.get(entry.name)
        if before is not None and _same(before, entry):
            return
        if before is None or not _same(_at_rest(before), _at_rest(entry)):
            self.version = next(_versions)
        self.entries[entry.name], self._keys[entry.name] = entry, urgency(entry)
        if entry.live:
            self.live[entry.name] = None
        else:
            self.live.pop(entry.name, None)
        self._snapshot = None

    def drop(self, name: str) -> None:
        """The run is gone."""
        if self.entries.pop(name, None) is not None:
            del self._keys[name]
            self.live.pop(name, None)
            self.version, self._snapshot = next(_versions), None

    def snapshot(self, place: str, problems: tuple[str, ...], unread: int) -> Snapshot:
        """All of them, worst first; the same one as before where nothing changed."""
        if self._about != (problems, unread):
            self._about, self.version, self._snapshot = (problems, unread), next(_versions), None
        if self._snapshot is None:
            names = sorted(self.entries, key=self._keys.__getitem__)
            self.entries = {name: self.entries[name] for name in names}  # what is almost in order is soon sorted again
            entries = tuple(self.entries.values())
            self._snapshot = Snapshot(place, entries, problems, unread=unread, version=self.version)
        return self._snapshot


def _same(before: Entry, after: Entry) -> bool:
    """Is everything the same, what was measured and found being the very same?"""
    parts = ("measured", "diagnosis")
    return all(getattr(before, part) is getattr(after, part) for part in parts) and (
        replace(before, measured=None, diagnosis=None) == replace(after, measured=None, diagnosis=None)
    )


def _at_rest(entry: Entry) -> Entry:
    """The same without the heartbeat of its process, which no page shows."""
    return entry if entry.job is None else replace(entry, job=replace(entry.job, heartbeat=0.0, beat=0.0))
