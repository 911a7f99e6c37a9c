"""Sessions: which files, and which part of a file, belong to one training from its start to its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from diagnostics.logs.matching.tidy import File, Session, take
from diagnostics.logs.run import Rows

Side = Literal["train", "val"]

_LARGEST = np.iinfo(np.int64).max
_TOGETHER = 1.0  # seconds: writers that start closer than this belong to one program


def sessions(directories: Mapping[str, Sequence[File]], *, side: Callable[[str, str], Side | None]) -> list[Session]:
    """The trainings that the files of one run hold, oldest first; a resumed training is one.

    ``side`` says which side of the fit a tag of a directory measures; those that measure none may start again whenever
    they like.
    """
    split = {name: _within(files, partial(_counts, side, name)) for name, files in directories.items()}
    split = {name: parts for name, parts in split.items() if parts}
    if not split:
        return []
    spine = max(split, key=lambda name: (len(split[name]), _weight(split[name]), name))
    spans = [_span(part) for part in split[spine]]
    trainings: list[Session] = [{spine: part} for part in split[spine]]
    for name, parts in split.items():
        if name != spine:
            for part in parts:
                trainings[_nearest(_span(part), spans)].setdefault(name, []).extend(part)
    return trainings


def newest_worth_showing(trainings: Sequence[Session], *, side: Callable[[str, str], Side | None]) -> Session:
    """The newest session with both sides, 3 points of validation and a quarter of what the longest has.

    Where no session has both sides, those with validation count, else those with training.
    """
    points = [(_points(session, side, "train"), _points(session, side, "val")) for session in trainings]
    pool = [i for i, (train, val) in enumerate(points) if train and val] or [
        i for i, (_, val) in enumerate(points) if val
    ]
    lengths = [val if pool else train for train, val in points]
    pool = pool or list(range(len(trainings)))
    enough = max(3.0, max(lengths[i] for i in pool) / 4)
    return trainings[next((i for i in reversed(pool) if lengths[i] >= enough), pool[-1])]


def _points(session: Session, side: Callable[[str, str], Side | None], wanted: Side) -> int:
    """The most points that a series of one side has."""
    lengths: dict[tuple[str, str], int] = {}
    for directory, files in session.items():
        for file in files:
            for tag, rows in file.items():
                if side(directory, tag) == wanted:
                    lengths[directory, tag] = lengths.get((directory, tag), 0) + _distinct(rows)
    return max(lengths.values(), default=0)


def _distinct(rows: Rows) -> int:
    """Points without those that repeat the step before; all of them where the writer had no step."""
    same = int(np.count_nonzero(rows.steps[1:] == rows.steps[:-1]))
    return len(rows.steps) - (same if same < len(rows.steps) - 1 else 0)


def _counts(side: Callable[[str, str], Side | None], directory: str, tag: str) -> bool:
    return side(directory, tag) is not None


def _within(files: Sequence[File], counts: Callable[[str], bool]) -> list[list[File]]:
    """One directory's files as its trainings, in order of time."""
    trainings: list[list[File]] = []
    last: dict[str, tuple[int, int]] = {}  # tag -> first and last step in the training so far
    began = -np.inf
    for file in files:
        for index, part in enumerate(_cut(file, counts)):
            if not part:
                continue
            judged = {tag: rows for tag, rows in part.items() if counts(tag)}
            begins = _span([part])[0]
            together = bool(trainings) and (begins - began <= _TOGETHER or _overlaps(part, trainings[-1]))
            if not trainings or index or (not together and _starts_again(judged, last)):
                trainings.append([])
                last, began = {}, begins
            trainings[-1].append(part)
            for tag, rows in judged.items():
                first = last[tag][0] if tag in last else int(rows.steps[0])
                last[tag] = first, int(rows.steps.max())
    return trainings


def _starts_again(new: Mapping[str, Rows], last: Mapping[str, tuple[int, int]]) -> bool:
    """Whether series go back to near their beginning: not further from it than their own spacing."""
    votes = [_again(rows, *last[tag]) for tag, rows in new.items() if tag in last]
    return bool(votes) and 2 * sum(votes) >= len(votes)


def _again(rows: Rows, first: int, last: int) -> bool:
    start = int(rows.steps[0])
    if start > last or (start == last and start > first):
        return False
    spacing = float(np.median(np.diff(rows.steps[:1000].astype(np.float64)))) if len(rows.steps) > 1 else 0.0
    return start <= max(first, 1.5 * max(spacing, 1))


def _overlaps(part: File, session: Sequence[File]) -> bool:
    """Several writers at work at the same time: the new part begins before the last one of its session ends."""
    begin, end = _span([part])
    start, stop = _span(session[-1:])
    return start <= begin < stop and end > begin


def _cut(file: File, counts: Callable[[str], bool]) -> list[File]:
    """A file in which every series that measures the fit starts again as often as the others, cut where it does."""
    file = {tag: rows for tag, rows in file.items() if len(rows.steps)}
    judged = {tag: rows for tag, rows in file.items() if counts(tag) and len(rows.steps) > 1}
    breaks = {tag: _restarts(rows) for tag, rows in judged.items()}
    numbers = {len(places) for places in breaks.values()}
    if len(numbers) != 1 or not 0 < (number := numbers.pop()) <= 20:
        return [file]
    moments = [min(float(judged[tag].wall_times[places[i]]) for tag, places in breaks.items()) for i in range(number)]
    edges = {
        tag: [0, *(breaks[tag] if tag in breaks else np.searchsorted(rows.wall_times, moments)), len(rows.steps)]
        for tag, rows in file.items()
    }
    return [
        {tag: take(file[tag], slice(at[i], at[i + 1])) for tag, at in edges.items() if at[i] < at[i + 1]}
        for i in range(number + 1)
    ]


def _restarts(rows: Rows) -> NDArray[np.intp]:
    """Where a series goes back to near its first step."""
    steps = rows.steps
    back: NDArray[np.intp] = np.flatnonzero(steps[1:] < steps[:-1]) + 1
    near = int(steps[0]) + max(int(steps[1]) - int(steps[0]), 1) // 2
    return np.asarray(back[steps[back] <= min(near, _LARGEST)])


def _span(files: Sequence[File]) -> tuple[float, float]:
    walls = [rows.wall_times for file in files for rows in file.values() if len(rows.steps)]
    return min(float(wall[0]) for wall in walls), max(float(wall[-1]) for wall in walls)


def _nearest(span: tuple[float, float], spans: Sequence[tuple[float, float]]) -> int:
    """The span that shares most time with this one, or comes nearest to it."""
    shared = [min(span[1], other[1]) - max(span[0], other[0]) for other in spans]
    return int(np.argmax(shared))


def _weight(parts: Sequence[Sequence[File]]) -> int:
    return sum(len(rows.steps) for part in parts for file in part for rows in file.values())
