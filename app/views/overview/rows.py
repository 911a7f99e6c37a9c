"""Overview rows: which rows the table of all runs has, and in which order; a study's trials are one row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from app import wording
from app.folder.entries import Entry, urgency
from app.views.overview import arrays, words
from app.wording import Look
from diagnostics import Verdict

NOTHING_CALLED: Mapping[str, str] = MappingProxyType({})
FEW = 3  # rows with nothing to judge that are not worth folding
UNREADABLE = frozenset({str(Verdict.NO_VALIDATION), words.NO_VERDICT_YET})


@dataclass(frozen=True)
class Row:
    """One row of the table: a run, or a study by its best trial with all its ``trials``."""

    entry: Entry
    trials: tuple[Entry, ...] = ()

    @property
    def name(self) -> str:
        """The run, or the folder of the study."""
        return self.entry.study if self.trials else self.entry.name

    @property
    def folder(self) -> str:
        """The folder it lies in, relative to the one that is looked at."""
        return self.name.rpartition("/")[0]

    @property
    def verdict(self) -> str:
        """The verdict by its name, empty without one."""
        return self.entry.diagnosis.verdict if self.entry.diagnosis is not None else words.NO_VERDICT_YET


def rows(entries: Iterable[Entry], *, unfold: bool) -> list[Row]:
    """The rows for these runs in their order; a study stands where its best trial would."""
    alone: list[Row] = []
    studies: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.study and not unfold:
            studies.setdefault(entry.study, []).append(entry)
        else:
            alone.append(Row(entry))
    if not studies:
        return alone
    folded = [Row(best(trials), tuple(trials)) for trials in studies.values()]
    return sorted([*alone, *folded], key=lambda row: urgency(row.entry))


def best(trials: Sequence[Entry]) -> Entry:
    """The trial with the best validation value; the first where none has one."""

    def loss(entry: Entry) -> float:
        if entry.diagnosis is None or entry.diagnosis.best is None or entry.run is None or entry.run.primary is None:
            return np.inf
        value = entry.diagnosis.best.value
        return -value if entry.run.primary.higher_is_better else value

    return min(trials, key=loss)


def steady(listed: Sequence[Row], before: Sequence[str]) -> list[Row]:
    """The rows so that none leaves its place while its verdict stays, however the numbers move."""
    places = {name: place for place, name in enumerate(before)}
    return sorted(listed, key=lambda row: (urgency(row.entry)[0], places.get(row.name, len(places))))


def matching(
    listed: Sequence[Row], *, find: str, verdicts: Collection[str], called: Mapping[str, str] = NOTHING_CALLED
) -> list[Row]:
    """Those whose name holds every word asked for, with one of these verdicts if any is asked for.

    A name is the folder's, or what a person calls the run.

    A word is a regular expression, or is looked for as it stands where it is none. Arrow searches in linear time,
    whatever expression an address holds.
    """
    names = arrays.texts([row.name for row in listed])
    given = arrays.texts([called.get(row.name, "") for row in listed]) if called else names
    fits = np.ones(len(names), bool)
    for word in find.split():
        fits &= _holds(names, word) | _holds(given, word)
    return [row for row, fit in zip(listed, fits, strict=True) if fit and (not verdicts or row.verdict in verdicts)]


def _holds(names: pa.StringArray, word: str) -> NDArray[np.bool_]:
    import pyarrow.compute as pc  # takes a noticeable part of the app's start, and nobody searches then

    try:
        found = pc.match_substring_regex(names, word, ignore_case=True)
    except pa.ArrowInvalid:
        found = pc.match_substring(names, word, ignore_case=True)
    return np.asarray(found, bool)


def readable(listed: Sequence[Row]) -> tuple[list[Row], int]:
    """The rows with something to judge, and how many others are left out; all of them where that are few or all."""
    judged = [row for row in listed if row.verdict not in UNREADABLE or row.entry.live]
    others = len(listed) - len(judged)
    return (list(listed), 0) if others <= FEW or not judged else (judged, others)


def needs(listed: Iterable[Row]) -> dict[str, int]:
    """Why runs need somebody's attention, and how many: states and verdicts, the worst first."""
    why = Counter(filter(None, (_need(row) for row in listed)))
    order: list[str] = [*words.STATES_IN_NEED, *words.NEEDS]
    return {need: why[need] for need in order if why[need]}


def kinds(listed: Sequence[Row]) -> tuple[int, int]:
    """How many rows are runs of no study, and how many studies there are, unfolded or not."""
    studies = [row.entry.study for row in listed if row.entry.study]
    return len(listed) - len(studies), len(set(studies))


def _need(row: Row) -> str:
    if row.entry.study:  # whose trials are there to go wrong
        return ""
    if row.entry.state in words.STATES_IN_NEED:
        return row.entry.state
    return row.verdict if row.verdict in words.NEEDS else ""


def counted(listed: Iterable[Row]) -> dict[str, tuple[Look, int]]:
    """Each verdict that occurs with its look and how often it does, worst first."""
    many = Counter(row.verdict for row in listed)
    looks = [(str(verdict), look) for verdict, look in wording.VERDICTS.items()]
    looks.append((words.NO_VERDICT_YET, wording.NO_VERDICT))
    return {verdict: (look, many[verdict]) for verdict, look in looks if many[verdict]}
