"""Membership: which directories make up each run, kept as directories appear, change and go."""

from __future__ import annotations

from bisect import insort
from collections.abc import Collection, Mapping
from posixpath import dirname

from diagnostics.logs.matching.grouping import run_of, side_of
from diagnostics.logs.matching.vocabulary import Split


def group(directories: Mapping[str, Collection[str]]) -> dict[str, list[str]]:
    """Run name -> the directories that make it up, from directory -> its tags; both sorted by name.

    Names are relative to the opened folder.
    """
    membership = Membership()
    membership.update(directories)
    return dict(sorted(membership.runs.items()))


class Membership:
    """The directories of each run, sorted, by its name in ``runs``.

    When a directory changes, only its run and the runs of those that depend on it are looked for anew: what is added
    to very many directories costs no more than what is added to few.
    """

    def __init__(self) -> None:
        self.runs: dict[str, list[str]] = {}
        self._tags: dict[str, frozenset[str]] = {}
        self._run_of: dict[str, str] = {}
        self._parts: dict[str, tuple[str, Split]] = {}  # directory -> the run that it would be one side of, and which
        self._sides: dict[str, dict[Split, set[str]]] = {}  # the same by the run and the side
        self._below: dict[str, set[str]] = {}  # parent -> directories
        self._shared: dict[frozenset[str], frozenset[str]] = {}  # most directories have the tags of others

    def update(self, changed: Mapping[str, Collection[str] | None]) -> set[str]:
        """Take in the tags of these directories, ``None`` for one that is gone; the runs whose directories changed."""
        due: set[str] = set()
        for directory, tags in changed.items():
            after = None if tags is None else frozenset(tags)
            if after != self._tags.get(directory):
                due |= self._set_tags(directory, after)
        return {run for directory in due for run in self._move(directory)}

    def run_of(self, directory: str) -> str | None:
        """The run that a directory belongs to; ``None`` where there is no such directory."""
        return self._run_of.get(directory)

    def _set_tags(self, directory: str, tags: frozenset[str] | None) -> set[str]:
        """The directories whose run depends on what has changed."""
        due = {directory, *self._alike(directory)}
        beside = self._below.setdefault(dirname(directory) or ".", set())
        if tags is None or directory not in self._tags:
            due |= self._below.get(directory, set())
        due |= self._leave(directory)
        if tags is None:
            beside.discard(directory)
            del self._tags[directory]
            return due
        beside.add(directory)
        self._tags[directory] = self._shared.setdefault(tags, tags)
        return due | self._join(directory, side_of(directory, tags))

    def _alike(self, run: str) -> set[str]:
        """The directories that would be a side of that run."""
        return set().union(*self._sides.get(run, {}).values())

    def _leave(self, directory: str) -> set[str]:
        """Be no side of a run any more; all that would be one, where it has one side less to choose from."""
        if (part := self._parts.pop(directory, None)) is None:
            return set()
        run, side = part
        self._sides[run][side].discard(directory)
        if self._sides[run][side]:
            return set()
        del self._sides[run][side]
        return self._alike(run)

    def _join(self, directory: str, part: tuple[str, Split] | None) -> set[str]:
        """Be this side of a run; all that would be one, where it is the first of this side."""
        if part is None:
            return set()
        self._parts[directory] = run, side = part
        sides = self._sides.setdefault(run, {})
        first = side not in sides
        sides.setdefault(side, set()).add(directory)
        return self._alike(run) if first else set()

    def _move(self, directory: str) -> list[str]:
        """Put the directory into the run that it belongs to now; the runs that it has left and joined."""
        before, after = self._run_of.pop(directory, None), None
        if directory in self._tags:
            part = self._parts.get(directory)
            two_sided = part is not None and len(self._sides[part[0]]) > 1
            after = self._run_of[directory] = run_of(directory, self._tags, part, two_sided=two_sided)
        if before == after:
            return []
        if before is not None:
            self.runs[before].remove(directory)
            if not self.runs[before]:
                del self.runs[before]
        if after is not None:
            insort(self.runs.setdefault(after, []), directory)
        return [run for run in (before, after) if run is not None]
