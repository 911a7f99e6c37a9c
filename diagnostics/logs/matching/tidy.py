"""Tidy: the rows of one tag, as several files hold them, into one curve."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from diagnostics.curves import Curve
from diagnostics.logs.run import Key, Rows

File = Mapping[str, Rows]
POINTS_PER_FILE = 3  # with fewer, a new file is a habit of the writer and no resume
Session = dict[str, list[File]]  # directory -> its files, or the parts of them, ordered by time


def curve(parts: Sequence[Rows]) -> Curve:
    """One series over a session, its parts in order of time: a later part wins where it overlaps, repeats are averaged.

    Where the steps of a part go back, row ``i`` stays only if ``step[i] < min(step[i+1:])``, TensorBoard's own rule. A
    series whose points all stand at one step is counted 0, 1, 2 …: its writer had no step.
    """
    if len({int(step) for part in parts for step in part.steps[[0, -1]]}) == 1:
        parts = [_counted(_joined(parts))]
    newest_first = [_tidy(part) for part in reversed(_writers_merged(parts))]
    kept = newest_first[:1]
    for part in newest_first[1:]:
        stop = int(np.searchsorted(part.steps, kept[-1].steps[0]))
        if stop:
            kept.append(take(part, slice(stop)))
    rows = _joined(kept[::-1])
    timed = bool(np.isfinite(rows.wall_times).all())  # a writer may have logged any times, or none
    return Curve(rows.steps, rows.values.astype(np.float64, copy=False), rows.wall_times if timed else None)


class Curves(Mapping[Key, Curve]):
    """Every series of a session, each made when it is first asked for: a run may have hundreds that nobody looks at."""

    def __init__(self, session: Session) -> None:
        self._parts: dict[Key, list[Rows]] = {}
        for directory, files in sorted(session.items()):
            for tag in sorted({tag for file in files for tag in file}):
                parts = [file[tag] for file in files if tag in file and len(file[tag].steps)]
                if parts:
                    self._parts[Key(directory, tag)] = parts
        self._made: dict[Key, Curve] = {}

    def __getitem__(self, key: Key) -> Curve:
        if key not in self._made:
            self._made[key] = curve(self._parts[key])
        return self._made[key]

    def resumed_at(self, key: Key) -> tuple[int, ...]:
        """The steps at which a later file goes on with a series; none where files merely change every few points."""
        parts, points = self._parts[key], len(self[key])
        starts = [
            int(after.steps[0])
            for before, after in pairwise(parts)
            if after.steps[0] > before.steps.max() and after.wall_times[0] > before.wall_times[-1]
        ]
        return tuple(starts) if POINTS_PER_FILE * len(starts) <= points else ()

    def __iter__(self) -> Iterator[Key]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)


def _counted(rows: Rows) -> Rows:
    """Rows whose writer had no step, numbered; two or fewer stay as they are."""
    if len(rows.steps) < 3 or not bool((rows.steps == rows.steps[0]).all()):
        return rows
    return rows._replace(steps=np.arange(len(rows.steps), dtype=np.int64))


def _joined(parts: Sequence[Rows]) -> Rows:
    if len(parts) == 1:
        return parts[0]
    return Rows(
        np.concatenate([part.steps for part in parts]),
        np.concatenate([part.wall_times for part in parts]),
        np.concatenate([part.values for part in parts]),
    )


def take(rows: Rows, index: slice | NDArray[np.intp]) -> Rows:
    """Some of the rows."""
    return Rows(rows.steps[index], rows.wall_times[index], rows.values[index])


def _writers_merged(parts: Sequence[Rows]) -> list[Rows]:
    """Parts written at the same time as one part in order of steps, so that their repeats are averaged."""
    merged = [parts[0]]
    for part in parts[1:]:
        if part.wall_times[0] < merged[-1].wall_times[-1]:
            both = _joined([merged[-1], part])
            order = np.argsort(both.steps, kind="stable")
            merged[-1] = take(both, order)
        else:
            merged.append(part)
    return merged


def _rising(steps: NDArray[np.int64]) -> bool:
    return bool((steps[1:] > steps[:-1]).all())


def _tidy(rows: Rows) -> Rows:
    """Strictly rising steps: rows that a later one supersedes go, rows that share a step become their mean."""
    steps, walls, values = rows.steps, rows.wall_times, rows.values.astype(np.float64, copy=False)
    if _rising(steps):
        return Rows(steps, walls, values)
    if (steps[1:] < steps[:-1]).any():
        later = np.minimum.accumulate(steps[::-1])[::-1]
        keep = np.append(steps[:-1] < later[1:], True)
        return Rows(steps[keep], walls[keep], values[keep])
    starts = np.flatnonzero(np.append(True, steps[1:] != steps[:-1]))
    sizes = np.diff(np.append(starts, len(steps)))
    with np.errstate(invalid="ignore", over="ignore"):
        mean = np.add.reduceat(values, starts) / sizes
    return Rows(steps[starts], walls[starts + sizes - 1], mean)
