"""Resumes: sessions that go on where the one before ended, though their steps start again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from diagnostics.logs.matching.tidy import File, Session
from diagnostics.logs.run import Key, Rows

NEAR = 0.1  # of what a series has moved since its start: so close must the first value be to the last one before
AGREEING = 0.75  # of the series that measure the fit
SAME_AXIS = 2.0  # series whose ends differ by less than this factor count the same
LARGEST = 1 << 60  # a step

Fits = Callable[[str, str], bool]


def join_resumed(trainings: Sequence[Session], *, fits: Fits) -> list[Session]:
    """The sessions, oldest first, those that were resumed as one, with steps that count on.

    A resumed training begins with the values that it ended with; one that was started anew begins as high as the first.
    ``fits`` says of a directory's tag whether it measures the fit.
    """
    joined: list[Session] = []
    for session in trainings:
        if joined and _goes_on(joined[-1], session, fits):
            joined[-1] = _appended(joined[-1], session, fits)
        else:
            joined.append(session)
    return joined


def _goes_on(before: Session, after: Session, fits: Fits) -> bool:
    """Whether the series begin with the values that they ended with before."""
    if not (_is_countable(before) and _is_countable(after)):
        return False
    votes = []
    for key in _in_both(before, after, fits):
        old, new = (_values(_parts(session, key)) for session in (before, after))
        if len(old) > 1 and len(new) and old[0] != old[-1]:
            with np.errstate(over="ignore"):
                votes.append(bool(abs(new[0] - old[-1]) <= NEAR * abs(old[0] - old[-1])))
    return bool(votes) and sum(votes) >= AGREEING * len(votes)


def _appended(before: Session, after: Session, fits: Fits) -> Session:
    """Both as one session: the steps of the second begin one interval behind the end of the first.

    Series that count the same are moved together; where training counts batches and validation epochs, each by itself.
    """
    own = {key: _offset(_parts(before, key), _parts(after, key)) for key in _in_both(before, after, lambda *_: True)}
    measured = [own[key] for key in own if fits(*key)]
    together = max(measured) < SAME_AXIS * max(min(measured), 1)
    largest = max(measured)
    joined = {directory: list(files) for directory, files in before.items()}
    for directory, files in after.items():
        for file in files:
            offsets = {tag: largest if together else own.get(Key(directory, tag), largest) for tag in file}
            moved = {tag: rows._replace(steps=rows.steps + offsets[tag]) for tag, rows in file.items()}
            joined.setdefault(directory, []).append(moved)
    return joined


def _offset(before: Sequence[Rows], after: Sequence[Rows]) -> int:
    steps = np.concatenate([rows.steps for rows in before])
    rising = np.unique(steps)
    interval = int(np.median(np.diff(rising))) if len(rising) > 1 else 1
    return int(rising[-1]) + interval - int(after[0].steps[0])


def _in_both(before: Session, after: Session, fits: Fits) -> list[Key]:
    keys = [{key for key, _ in _all_rows(session)} for session in (before, after)]
    return sorted(key for key in keys[0] & keys[1] if fits(*key))


def _all_rows(session: Session) -> Iterator[tuple[Key, Rows]]:
    for directory, files in session.items():
        for file in files:
            yield from ((Key(directory, tag), rows) for tag, rows in file.items() if len(rows.steps))


def _is_countable(session: Session) -> bool:
    """Whether the steps leave room to count on."""
    return all(rows.steps.min() > -LARGEST and rows.steps.max() < LARGEST for _, rows in _all_rows(session))


def _parts(session: Session, key: Key) -> list[Rows]:
    files: Sequence[File] = session[key.run]
    return [file[key.tag] for file in files if key.tag in file and len(file[key.tag].steps)]


def _values(parts: Sequence[Rows]) -> NDArray[np.float64]:
    values = np.concatenate([rows.values for rows in parts])
    return np.asarray(values[np.isfinite(values)], np.float64)
