"""Overview cells: what stands in each row of the table of all runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app import state, wording
from app.folder import ledgers as ledgers_of_folders
from app.folder import trials_of_run
from app.folder.entries import Entry
from app.folder.quantities import Course
from app.views.overview import words
from app.views.overview.groups import RowGroup, TableLine
from app.views.overview.keys import distinct
from app.views.overview.rows import Row
from app.wording import figures
from diagnostics import GivenSetup, Setup
from diagnostics.report.run_names import MOST, short_names
from diagnostics.report.to_do import in_short
from diagnostics.trials.ledger import Ledger
from diagnostics.trials.next_step import Attempt

if TYPE_CHECKING:
    import pandas as pd

TEXT = ("run", "verdict", "since", "loss", "accuracy", "curves", "advice", "lr", "batch", "state")

END_OF_TIME = 253402300800.0  # seconds; a damaged log may have been written later than in the year 9999
PATIENCE = 0.2  # seconds in which setups are read for one drawing of the table; the others follow at the next


@dataclass(frozen=True)
class Folder:
    """What is known of the folder that the rows come from: ``short`` names, and what was ``given`` of single runs.

    ``trials`` are those of each run, by its folder; ``ledgers`` those read so far. ``colors`` are those given
    to runs. A name has ``room`` for so many letters. Setups are read until the
    ``deadline``, or all ``at_once``.
    """

    place: str
    short: Mapping[str, str]
    given: Mapping[str, GivenSetup]
    trials: Mapping[Path, Sequence[Entry]] = field(default_factory=dict)
    ledgers: dict[Path | None, Ledger] = field(default_factory=dict)
    colors: Mapping[str, str] = field(default_factory=dict)
    room: int = MOST
    deadline: float = field(default_factory=lambda: time.monotonic() + PATIENCE)
    at_once: bool = False

    @property
    def in_time(self) -> bool:
        """Whether one more setup may be read now."""
        return self.at_once or time.monotonic() < self.deadline

    def ledger(self, entry: Entry) -> Ledger:
        """What trials beside a run have shown."""
        above = entry.folder.parent if entry.folder is not None else None
        if above not in self.ledgers:
            self.ledgers[above] = ledgers_of_folders.ledger(entry)
        return self.ledgers[above]

    def attempts(self, entry: Entry) -> list[Attempt]:
        """The trials made of a run."""
        return trials_of_run.attempts_of(self.trials.get(entry.folder, ())) if entry.folder is not None else []

    def on_trial(self, entry: Entry) -> bool:
        """Whether a trial of a run is at work."""
        return entry.folder is not None and any(trial.live for trial in self.trials.get(entry.folder, ()))


def read_setups(entries: Sequence[Entry], folder: Folder) -> None:
    """Read how the runs were trained, as many as there is time for."""
    for entry in entries:
        if entry.measured is not None and not entry.measured.has_setup and folder.in_time:
            entry.measured.setup(folder.place, folder.given.get(entry.name, GivenSetup()))


def pending(entries: Sequence[Entry]) -> bool:
    """Whether the table still lacks something that takes a while to read."""
    return any(entry.measured is not None and not entry.measured.has_setup and not entry.study for entry in entries)


def frame(lines: Sequence[TableLine], folder: Folder) -> dict[str, list[Any]]:
    """The table by its columns; an empty cell is ``None``."""
    names = names_of(lines, folder)
    cells = [
        of_group(line, name) if isinstance(line, RowGroup) else row_of(line, folder, name)
        for line, name in zip(lines, names, strict=True)
    ]
    table: dict[str, list[Any]] = {name: [cell.get(name) for cell in cells] for name in words.COLUMNS}
    return table | {"run": distinct(table["run"]), "written": [_there_is(seconds) for seconds in table["written"]]}


def _there_is(seconds: float | None) -> float | None:
    """A time that a person can be told; a damaged log may have been written at none."""
    return seconds if seconds is not None and abs(seconds) < END_OF_TIME else None


def names_of(lines: Sequence[TableLine], folder: Folder) -> list[str]:
    """What each line is called: a run below its group a little further in, and below its folder without that."""
    titles = [line.title for line in lines if isinstance(line, RowGroup) and line.kind == "folder"]
    names = {**folder.short, **short_names(titles, most=folder.room - words.GROUP_EXTRA)}
    inside: dict[str, str] = {}
    for group in (line for line in lines if isinstance(line, RowGroup)):
        last = {row.name: row.name.rpartition("/")[2] for row in group.rows}
        short = short_names(last.values(), most=folder.room - words.INDENTED)
        own = {name: short[part] for name, part in last.items()} if group.kind == "folder" else folder.short
        own = state.display_names({name: own.get(name, name) for name in last})
        inside |= {name: words.INDENT + own[name] for name in last}
    return [
        names.get(line.title, line.title)
        if isinstance(line, RowGroup)
        else inside.get(line.name) or names.get(line.name, line.name)
        for line in lines
    ]


def of_group(group: RowGroup, name: str) -> dict[str, object]:
    """What stands in the line of a group: how many runs it has, and the worst verdict."""
    live = sum(row.entry.live for row in group.rows)
    return {
        **dict.fromkeys(("since", "at", "loss", "advice", "accuracy", "trial", "color", "curves"), ""),
        "run": words.group(label(group, name), folded=group.folded),
        "verdict": of_verdict(group.worst.entry)["verdict"],
        "state": words.study_state(live, len(group.rows)) if live else "",
    }


def label(group: RowGroup, name: str) -> str:
    """What a group is called with its number of runs; the verdict, which stands beside it, is not said twice."""
    if group.kind == "verdict":
        return state.t(words.many_runs(len(group.rows)))
    return f"{name or state.t(words.THIS_FOLDER)} ({len(group.rows)})"


def row_of(row: Row, folder: Folder, name: str) -> dict[str, object]:
    """What stands in one row, by column."""
    entry = row.entry
    live = sum(trial.live for trial in row.trials)
    return {
        "run": state.t(words.study_name(name, len(row.trials))) if row.trials else name,
        "state": words.study_state(live, len(row.trials)) if row.trials else words.state_cell(entry.state, entry.job),
        "folder": row.folder or ".",
        "trial": words.trial(entry.trial),
        "color": swatch(folder.colors[entry.name]) if entry.name in folder.colors else "",
        **of_verdict(entry),
        **of_log(entry),
        **of_setup(entry, folder),
    }


def swatch(color: str) -> str:
    """A color as a picture for a table cell."""
    ink = color.replace("#", "%23")
    return "data:image/svg+xml;utf8,<svg xmlns='http://www.w3.org/2000/svg' width='14' height='36'>" + (
        f"<rect y='9' width='14' height='18' rx='4' fill='{ink}'/></svg>"
    )


def of_verdict(entry: Entry) -> dict[str, object]:
    """What was found."""
    diagnosis = entry.diagnosis
    look = wording.VERDICTS[diagnosis.verdict] if diagnosis is not None else wording.NO_VERDICT
    best = diagnosis.best if diagnosis is not None else None
    return {
        "verdict": [f"{look.glyph} {look.word}"],
        "since": figures.place(diagnosis.onset_step, unit_of(entry)) if diagnosis is not None else None,
        "rise": diagnosis.signals.get("relative_rise") if diagnosis is not None else None,
        "best": best.value if best is not None else None,
        "at": figures.place(best.step, unit_of(entry)) if best is not None else None,
    }


def of_log(entry: Entry) -> dict[str, object]:
    """What the log holds."""
    measured = entry.measured
    loss, other = courses(entry)
    return {
        "curves": measured.spark(entry.diagnosis) if measured is not None else None,
        "loss": figures.course(loss, "loss"),
        "accuracy": figures.course(other, "acc"),
        "gap": measured.gap if measured is not None else None,
        "points": entry.points,
        "written": measured.pace.written if measured is not None else None,
    }


def courses(entry: Entry) -> tuple[Course | None, Course | None]:
    """What the loss and an accuracy or another score came to; a score stands in its own column though it is judged."""
    both = entry.measured.courses if entry.measured is not None else []
    losses = [course for course in both if not course.higher_is_better]
    scores = [course for course in both if course.higher_is_better]
    return next(iter(losses), None), next(iter(scores), None)


def of_setup(entry: Entry, folder: Folder) -> dict[str, object]:
    """How it was trained, and what to change."""
    if entry.measured is None or not (entry.measured.has_setup or folder.in_time):
        return {"lr": None, "batch": None, "advice": None}
    given = folder.given.get(entry.name, GivenSetup())
    setup = entry.measured.setup(folder.place, given)
    return {
        "lr": peak(setup),
        "batch": setup.batch_size,
        "advice": next_of(entry, folder, given),
    }


def next_of(entry: Entry, folder: Folder, given: GivenSetup) -> str | None:
    """What to do next, after the trials made so far."""
    if entry.diagnosis is None or entry.measured is None:
        return None
    if folder.on_trial(entry):
        return words.ON_TRIAL
    ledger, attempts = folder.ledger(entry), folder.attempts(entry)
    confirmed = None if entry.folder is None else ledger.best_confirmed(entry.folder.name)
    step = entry.measured.next_step(entry.diagnosis, folder.place, given, ledger, attempts)
    return in_short(step, entry.diagnosis, unit_of(entry), confirmed)


def unit_of(entry: Entry) -> str:
    """What the steps of a run count."""
    return entry.run.unit if entry.run is not None else "step"


def peak(setup: Setup) -> float | None:
    """The largest learning rate."""
    lr = np.atleast_1d(np.asarray([] if setup.lr is None else setup.lr, float))
    return float(f"{np.nanmax(lr):.3g}") if np.isfinite(lr).any() else None


def text(listed: Sequence[Row], folder: Folder, translate: Callable[[str], str] = str) -> pd.DataFrame:
    """The same as words: a verdict by its name, a picture by what it shows."""
    import pandas as pd  # takes a noticeable part of the app's start, and few ask for this

    rows = []
    for row in listed:
        entry, cell = row.entry, row_of(row, folder, row.name)
        loss, other = courses(entry)
        onset = entry.diagnosis.onset_step if entry.diagnosis is not None else None
        look = wording.VERDICTS[entry.diagnosis.verdict] if entry.diagnosis is not None else wording.NO_VERDICT
        said = {"run": row.name, "verdict": look.word, "curves": words.curves(loss or other, onset, unit_of(entry))}
        shown = {name: words.cell(said.get(name, cell[name])) for name in TEXT}
        rows.append({translate(words.COLUMNS[name]): translate(shown[name]) for name in TEXT})
    return pd.DataFrame(rows, columns=[translate(words.COLUMNS[name]) for name in TEXT])
