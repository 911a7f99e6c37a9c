"""Overview rows: which lines the table of all runs has and what stands in each; a study's trials are one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from app import wording
from app.folder.entries import Entry, urgency
from app.views.overview import words
from app.wording import Look

NUMBERS = ("best", "at", "gap", "onset", "points")


@dataclass(frozen=True)
class Line:
    """One line: a run, or a study by its best trial with all its ``trials``."""

    entry: Entry
    trials: tuple[Entry, ...] = ()

    @property
    def name(self) -> str:
        """The run, or the folder of the study."""
        return self.entry.study if self.trials else self.entry.name

    @property
    def verdict(self) -> str:
        """The verdict by its name, empty without one."""
        return self.entry.found.verdict if self.entry.found is not None else words.NO_VERDICT_YET


def lines(entries: Iterable[Entry], *, unfold: bool) -> list[Line]:
    """The lines for these runs in their order; a study stands where its best trial would."""
    alone: list[Line] = []
    studies: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.study and not unfold:
            studies.setdefault(entry.study, []).append(entry)
        else:
            alone.append(Line(entry))
    if not studies:
        return alone
    folded = [Line(best(trials), tuple(trials)) for trials in studies.values()]
    return sorted([*alone, *folded], key=lambda line: urgency(line.entry))


def best(trials: Sequence[Entry]) -> Entry:
    """The trial with the best validation value; the first where none has one."""

    def loss(entry: Entry) -> float:
        if entry.found is None or entry.found.best is None or entry.run is None or entry.run.primary is None:
            return np.inf
        value = entry.found.best.value
        return -value if entry.run.primary.higher_is_better else value

    return min(trials, key=loss)


def steady(found: Sequence[Line], before: Sequence[str]) -> list[Line]:
    """The lines so that none leaves its place while its verdict stays, however the confidences move."""
    places = {name: place for place, name in enumerate(before)}
    return sorted(found, key=lambda line: (urgency(line.entry)[0], places.get(line.name, len(places))))


def matching(found: Iterable[Line], *, find: str, verdicts: Collection[str]) -> list[Line]:
    """Those whose name holds every word asked for, with one of these verdicts if any is asked for."""
    parts = find.lower().split()
    return [
        line
        for line in found
        if all(part in line.name.lower() for part in parts) and (not verdicts or line.verdict in verdicts)
    ]


def needs(found: Iterable[Line]) -> dict[str, int]:
    """Why runs need somebody's attention, and how many: states and verdicts, the worst first."""
    why = Counter(filter(None, (_need(line) for line in found)))
    order: list[str] = [*words.STATES_IN_NEED, *words.NEEDS]
    return {need: why[need] for need in order if why[need]}


def kinds(found: Sequence[Line]) -> tuple[int, int]:
    """How many lines are runs of no study, and how many studies there are, unfolded or not."""
    studies = [line.entry.study for line in found if line.entry.study]
    return len(found) - len(studies), len(set(studies))


def _need(line: Line) -> str:
    if line.entry.study:  # whose trials are there to go wrong
        return ""
    if line.entry.state in words.STATES_IN_NEED:
        return line.entry.state
    return line.verdict if line.verdict in words.NEEDS else ""


def counted(found: Iterable[Line]) -> dict[str, tuple[Look, int]]:
    """Each verdict that occurs with its look and how often it does, worst first."""
    many = Counter(line.verdict for line in found)
    looks = [(str(verdict), look) for verdict, look in wording.VERDICTS.items()]
    looks.append((words.NO_VERDICT_YET, wording.NO_VERDICT))
    return {verdict: (look, many[verdict]) for verdict, look in looks if many[verdict]}


def frame(found: Sequence[Line]) -> pd.DataFrame:
    """The table; a cell without a number is empty."""
    columns = dict(zip(words.COLUMNS, zip(*map(_cells, found), strict=True), strict=True))
    numbers = {name: np.array(columns[name], dtype=float) for name in NUMBERS}
    written = (np.array(columns["written"], dtype=float) * 1e3).astype("datetime64[ms]")
    return pd.DataFrame({**columns, **numbers, "written": pd.DatetimeIndex(written, tz="UTC")})


def _cells(line: Line) -> tuple[object, ...]:
    entry, known = line.entry, line.entry.known
    look = wording.VERDICTS[entry.found.verdict] if entry.found is not None else wording.NO_VERDICT
    top = entry.found.best if entry.found is not None else None
    live = sum(trial.live for trial in line.trials)
    return (
        words.study_name(line.name, len(line.trials)) if line.trials else wording.short(line.name),
        [f"{look.glyph} {look.word}"],
        known.spark if known is not None else None,
        words.study_state(live, len(line.trials)) if line.trials else words.state_cell(entry.state, entry.job),
        top and top.value,
        top and top.step,
        known.gap if known is not None else None,
        entry.found and entry.found.onset_step,
        words.trial(entry.trial),
        entry.points,
        known.written if known is not None else None,
    )
