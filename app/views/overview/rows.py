"""Overview rows: which rows the table of all runs has and what stands in each; a study's trials are one row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from app import wording
from app.folder.entries import Entry, urgency
from app.views.overview import words
from app.wording import Look

NUMBERS = ("best", "at", "gap", "onset", "points")


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
    """The rows so that none leaves its place while its verdict stays, however the confidences move."""
    places = {name: place for place, name in enumerate(before)}
    return sorted(listed, key=lambda row: (urgency(row.entry)[0], places.get(row.name, len(places))))


def matching(listed: Iterable[Row], *, find: str, verdicts: Collection[str]) -> list[Row]:
    """Those whose name holds every word asked for, with one of these verdicts if any is asked for."""
    words_searched = find.lower().split()
    return [
        row
        for row in listed
        if all(word in row.name.lower() for word in words_searched) and (not verdicts or row.verdict in verdicts)
    ]


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


def frame(listed: Sequence[Row], short: Mapping[str, str]) -> pd.DataFrame:
    """The table, each run by its ``short`` name; a cell without a number is empty."""
    cells = [_cells(row, short.get(row.name, row.name)) for row in listed]
    columns = dict(zip(words.COLUMNS, zip(*cells, strict=True), strict=True))
    numbers = {name: np.array(columns[name], dtype=float) for name in NUMBERS}
    written = (np.array(columns["written"], dtype=float) * 1e3).astype("datetime64[ms]")
    return pd.DataFrame({**columns, **numbers, "written": pd.DatetimeIndex(written, tz="UTC")})


def _cells(row: Row, short: str) -> tuple[object, ...]:
    entry, measured = row.entry, row.entry.measured
    look = wording.VERDICTS[entry.diagnosis.verdict] if entry.diagnosis is not None else wording.NO_VERDICT
    top = entry.diagnosis.best if entry.diagnosis is not None else None
    live = sum(trial.live for trial in row.trials)
    return (
        words.study_name(row.name, len(row.trials)) if row.trials else short,
        [f"{look.glyph} {look.word}"],
        measured.spark if measured is not None else None,
        words.study_state(live, len(row.trials)) if row.trials else words.state_cell(entry.state, entry.job),
        top and top.value,
        top and top.step,
        measured.gap if measured is not None else None,
        entry.diagnosis and entry.diagnosis.onset_step,
        words.trial(entry.trial),
        entry.points,
        measured.pace.written if measured is not None else None,
    )
