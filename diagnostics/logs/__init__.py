"""Logs: which trainings a folder of event files holds, live or old."""

from __future__ import annotations

import math
import os
from collections import ChainMap
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import cast

import numpy as np

from diagnostics.curves import Curve
from diagnostics.logs.boosting import boosting_in
from diagnostics.logs.folders.directory import EventDirectory
from diagnostics.logs.folders.folder import EventFolder
from diagnostics.logs.folders.history_file import HistoryPart
from diagnostics.logs.folders.names import name_of
from diagnostics.logs.folders.nothing import no_curves
from diagnostics.logs.folders.remote import RemoteFolder, is_url
from diagnostics.logs.matching.membership import Membership
from diagnostics.logs.matching.pairing import MatchError, match, need_two_series
from diagnostics.logs.matching.tidy import curve as curve_of
from diagnostics.logs.matching.tidy import take
from diagnostics.logs.run import Key, Run, Skipped

__all__ = ["Logs", "open_logs"]

BEFORE = 60.0  # seconds before a session's first scalar in which the histograms of its first weights may lie


def open_logs(path: str | Path) -> Logs:
    """Open a folder of training logs and read what it holds.

    Parameters
    ----------
    path
        A run, a folder of runs or any folder above, with TensorBoard event files or with the histories that frameworks
        write as CSV or JSON. Also a URL, such as ``s3://bucket/logs`` or ``gs://bucket/logs``, whatever fsspec reads.

    Returns
    -------
    Logs
        ``runs`` maps a name, the run's directory relative to ``path``, to a ``Run`` with its curves and with the
        training and validation loss that were matched. ``problems`` has a sentence for each path that could not be
        read. ``poll()`` reads what was written since and returns the names of the runs that changed.

    Raises
    ------
    LogError
        ``path`` is missing, is no folder or cannot be read, or the package for its kind of URL is not installed. A
        damaged file raises nothing: what can be read of it is read, and ``Run.skipped`` says what could not.

    Notes
    -----
    ``diagnostics/logs/matching`` chooses the two series among all that was logged. ``Run.why`` says why, and
    ``Logs.override`` pairs two series by hand.

    Examples
    --------
    >>> logs = open_logs("runs")
    >>> list(logs.runs)
    ['exp', 'exp-try-1']
    >>> run = logs.runs["exp"]
    >>> run.primary.train.tag, run.primary.val.tag, run.points
    ('loss/train', 'loss/val', 60)
    >>> logs.poll()  # nothing was written since
    set()
    """
    logs = Logs(path)
    logs.poll()
    return logs


class Logs:
    """The runs of one folder, ``path`` as it was given. A poll reads new bytes only and matches only their runs."""

    def __init__(self, path: str | Path) -> None:
        self.path = str(path)
        remote = is_url(self.path)
        self._folder = RemoteFolder(self.path) if remote else EventFolder(path)
        self._root = name_of(PurePosixPath(self.path).name if remote else Path(os.path.expanduser(path)).resolve().name)
        self._directories: dict[str, EventDirectory] = {}
        self._membership = Membership()
        self._runs: dict[str, Run] = {}
        self._overrides: dict[str, tuple[Key | None, Key | None]] = {}

    @property
    def runs(self) -> Mapping[str, Run]:
        """Every run as a person means it, by name; a run whose train and val lie in two directories is one."""
        return MappingProxyType(self._runs)

    @property
    def problems(self) -> list[str]:
        """One sentence for each path that could not be read."""
        return [name_of(problem) for problem in self._folder.problems]

    @property
    def nothing(self) -> str | None:
        """Where there is no run: what lies in the folder, what is read, and the nearest step; else None."""
        return None if self._runs else self._folder.nothing

    @property
    def unread(self) -> int:
        """How many files are known and still to be read by later polls."""
        return self._folder.unread

    def poll(self, *, most: int | None = None, thorough: bool = True) -> set[str]:
        """Read what was written since the last poll; the names of the runs that changed, appeared or went away.

        At ``most`` so many new files are read. Of very many files, those that did not change for long are looked at in
        turn, unless the poll is ``thorough``.
        """
        touched: dict[str, EventDirectory | None] = {}
        for path in self._folder.poll(most=most, thorough=thorough):
            touched[name_of(path)] = self._folder.directories.get(path)
        for name, directory in touched.items():
            if directory is None:
                self._directories.pop(name, None)
            else:
                self._directories[name] = directory
        changed = self._membership.update({name: _tags(directory) for name, directory in touched.items()})
        changed |= {run for name in touched if (run := self._membership.run_of(name)) is not None}
        for name in sorted(changed):
            if name not in self._membership.runs:
                self._runs.pop(name, None)
                continue
            try:
                self._runs[name] = self._read(name)
            except MatchError:  # what was chosen by hand is gone, as in a new session without that series
                del self._overrides[name]
                self._runs[name] = self._read(name)
        return changed

    def run_of(self, directory: str) -> str:
        """The run that a directory of event files belongs to. Raises ``MatchError`` when there is no such directory."""
        if (name := self._membership.run_of(directory)) is not None:
            return name
        there = ", ".join(sorted(self._directories)) or "none"
        raise MatchError(f"{self.path} has no event files in {directory!r}; it has them in {there}")

    def override(self, name: str, *, train: Key | None = None, val: Key | None = None) -> Run:
        """Pair these series in run ``name`` from now on, instead of what would be matched; neither: match again.

        A side that is left out is the best partner of the other. Raises ``MatchError`` when the run has no such series,
        or one is chosen for both sides.
        """
        need_two_series(train, val)
        before = self._overrides.get(name, (None, None))
        self._overrides[name] = train, val
        try:
            self._runs[name] = self._read(name)
        except Exception:  # or every later poll would fail in the same way
            self._overrides[name] = before
            raise
        return self._runs[name]

    def _read(self, name: str) -> Run:
        directories = {member: self._directories[member] for member in self._membership.runs[name]}
        files = [file for directory in directories.values() for file in directory.files]
        scalars = {member: [file.scalars for file in directory.files] for member, directory in directories.items()}
        train, val = self._overrides.get(name, (None, None))
        run = match(name, scalars, root=self._root, train=train, val=val)
        named = (file.boosting for file in files if isinstance(file, HistoryPart) and file.boosting)
        boosting = next(named, None) or boosting_in(f"{self._root}/{member}" for member in directories)
        return replace(
            run,
            why=run.why if run.sessions else no_curves(files),
            curves=_with_weights(run, directories),
            x_axis="step" if boosting and run.x_axis == "epoch" else run.x_axis,
            boosting=boosting,
            stale=any(directory.stale for directory in directories.values()),
            texts={tag: text for file in files for tag, text in file.texts.items()},
            hparams={key: value for file in files for key, value in file.hparams.items()},
            skipped=Skipped(
                records=sum(file.skipped.records for file in files),
                files=tuple(name_of(sentence) for file in files for sentence in file.skipped.files),
            ),
        )


def _tags(directory: EventDirectory | None) -> set[str] | None:
    return None if directory is None else {tag for file in directory.files for tag in file.scalars}


def _with_weights(run: Run, directories: Mapping[str, EventDirectory]) -> Mapping[Key, Curve]:
    """The curves and what histograms of weights say, as far as it was logged in the session that is shown."""
    starts = [
        float(curve.wall_times[0]) for curve in run.curves.values() if curve.wall_times is not None and len(curve)
    ]
    begins = min(starts, default=-math.inf) - BEFORE
    more: dict[Key, Curve] = {}
    for name, directory in directories.items():
        weights = [file.weights for file in directory.files]
        for tag in sorted({tag for one in weights for tag in one}):
            if run.tagged(tag) is None:
                parts = [take(one[tag], np.flatnonzero(one[tag].wall_times >= begins)) for one in weights if tag in one]
                parts = [part for part in parts if len(part.steps)]
                more |= {Key(name, tag): curve_of(parts)} if parts else {}
    return ChainMap(more, cast("dict[Key, Curve]", run.curves)) if more else run.curves
