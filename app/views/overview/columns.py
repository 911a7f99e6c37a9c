"""Columns: which ones the table of all runs has, how wide they are, and how each is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import streamlit as st

from app import state, wording
from app.charts.translated import translated_cell
from app.views.overview import arrays, words
from app.views.overview.rows import Row
from app.widgets import narrow
from app.wording import figures

TICKS = 38  # pixels of the column of ticks, with the borders
NUMBERS = {"best": "%.4g", "gap": "%.3g", "points": "%d", "batch": "%d"}
ARRAYS: dict[str, Callable[[Sequence[Any]], pa.Array]] = {
    **dict.fromkeys(words.COLUMNS, arrays.texts),
    **dict.fromkeys((*NUMBERS, "rise", "lr"), arrays.numbers),
    "verdict": arrays.lists,
    "written": arrays.times,
}
TEXTS = ("folder", "since", "at", "loss", "accuracy", "advice", "trial", "state")
FIGURES = ("since", "at", "loss", "accuracy")
SMALL_RATE = 1e-3
WIDTHS = {
    **{
        "run": 214,
        "verdict": 114,
        "since": 92,
        "loss": 108,
        "curves": 120,
        "advice": 200,
        "accuracy": 108,
        "trial": 190,
    },
    **{"lr": 72, "batch": 60, "state": 116, "written": 104, "rise": 72, "best": 72, "at": 92, "gap": 72, "points": 66},
    "folder": 190,
    "color": 54,
}
NARROW_RUN = 144  # pixels of the first column on a phone
NARROW_ALSO = ("since", "loss", "advice")  # what is shown there though it has to be scrolled to
TRANSLATED = ("verdict", *FIGURES, "advice", "trial", "state")
OPENED = "opened-row"
Column = st.column_config


def shown_table(table: Mapping[str, Sequence[Any]]) -> pa.Table:
    """The table in the person's language, its figures below one another."""
    shown = {**table, **{name: [translated_cell(cell, state.t) for cell in table[name]] for name in TRANSLATED}}
    shown |= {name: figures.aligned(shown[name]) for name in FIGURES}
    return pa.table({name: ARRAYS[name](cells) for name, cells in shown.items()})


def shown_columns(listed: Sequence[Row], *, colored: bool) -> list[str]:
    """The columns asked for, else as many of the usual ones as there is room for, the most telling first."""
    fixed = list(words.UNASKED if colored else words.FIXED)
    asked = [name for name in state.shared_names("columns") if name in words.COLUMNS and name not in fixed]
    if asked:
        return [*fixed, *sorted(asked, key=list(words.COLUMNS).index)]
    room = state.width() - TICKS - sum(map(column_width, fixed))
    usual = [name for name in words.USUAL if name != "trial" or any(row.entry.trial for row in listed)]
    if narrow():
        return [*fixed, *NARROW_ALSO]
    fitting = [sum(map(column_width, usual[: count + 1])) <= room for count in range(len(usual))]
    return [*fixed, *usual[: fitting.index(False) if False in fitting else len(usual)]]


def column_width(name: str) -> int:
    """Pixels of a column."""
    return NARROW_RUN if name == "run" and narrow() else WIDTHS[name]


def room() -> int:
    """How many letters of a name there is room for."""
    return int((column_width("run") - 26) / 6.4)


def columns(table: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """How each column is shown; the name of a run is the button that opens it, and small rates are powers of ten."""
    small = any(rate is not None and 0 < rate < SMALL_RATE for rate in table["lr"])
    formats = {**NUMBERS, "lr": "%e" if small else "%.3g"}
    title, about, looks = (
        state.words_of(words.COLUMNS),
        words.COLUMNS_HELP,
        [*wording.VERDICTS.values(), wording.NO_VERDICT],
    )
    return {
        "run": Column.ButtonColumn(
            title["run"], pinned=True, width=column_width("run"), type="tertiary", alignment="left", key=OPENED
        ),
        "verdict": Column.MultiselectColumn(
            title["verdict"],
            options=[f"{look.glyph} {state.t(look.word)}" for look in looks],
            color=[look.color for look in looks],
            width=WIDTHS["verdict"],
        ),
        "color": Column.ImageColumn(title["color"], width=WIDTHS["color"]),
        "curves": Column.ImageColumn(title["curves"], width=WIDTHS["curves"], help=state.t(about["curves"])),
        "rise": Column.NumberColumn(title["rise"], format="percent", width=WIDTHS["rise"], help=state.t(about["rise"])),
        **{name: Column.TextColumn(title[name], width=WIDTHS[name], help=state.t(about[name])) for name in TEXTS},
        **{
            name: Column.NumberColumn(title[name], format=form, width=WIDTHS[name], help=state.t(about[name]))
            for name, form in formats.items()
        },
        "written": Column.DatetimeColumn(
            title["written"], format="distance", width=WIDTHS["written"], help=state.t(about["written"])
        ),
    }
