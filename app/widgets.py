"""Widgets: the parts that pages are made of; each draws one thing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import streamlit as st

from app import charts, state, wording
from app.charts.translated import translated_data, translated_spec
from app.folder.entries import Entry
from app.wording import Look
from app.wording import charts as chart_words
from app.wording.translation import ENGLISH

if TYPE_CHECKING:
    import pandas as pd

GAP = 16  # pixels between two places of a row
NARROW = 500  # pixels of a page on a phone


class SharedTables(dict[str, "pd.DataFrame"]):
    """What a chart draws in several tabs alike, written down for their browsers once; nobody may change it."""

    @cached_property
    def written(self) -> dict[str, bytes]:
        return {name: _written(pa.Table.from_pandas(table)) for name, table in self.items()}


def _written(table: pa.Table) -> bytes:
    """As Arrow's stream, which Streamlit's frontend reads."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return bytes(sink.getvalue().to_pybytes())


def narrow() -> bool:
    """Whether the page is as narrow as that of a phone, once the page has been measured."""
    return state.width() < NARROW


def badge(look: Look, detail: str = "") -> None:
    """A state or a verdict by icon, word and color."""
    st.badge(state.t(f"{look.word}{detail}"), icon=look.icon, color=look.color)  # type: ignore[arg-type]


def chart(
    spec: charts.Spec,
    datasets: dict[str, pd.DataFrame],
    *,
    key: str,
    alt: str,
    zoom: bool = False,
    on_box: Callable[[], None] | None = None,
) -> None:
    """Draw a fixed specification over data that may have changed; with ``zoom``, what is zoomed in stays so.

    ``on_box`` is done after a box was drawn in it, and after each zoom.
    """
    selected: dict[str, Any] = {"on_select": "rerun", "selection_mode": ["zoom"]} if zoom else {}
    if on_box is not None:
        selected = {"on_select": on_box, "selection_mode": ["zoom", "box"]}
    drawn: Mapping[str, object] = datasets.written if isinstance(datasets, SharedTables) else datasets
    if state.language() != ENGLISH:
        spec, drawn = translated_spec(spec, state.t), translated_data(datasets, state.t)
    st.vega_lite_chart(spec={**spec, "datasets": drawn}, width="stretch", key=key, alt=state.t(alt), **selected)


def row(draws: Sequence[Callable[[], object]], *, width: int = 150) -> None:
    """Things side by side, each at least so many pixels wide.

    Where four have no room in a row, two stand below the other two: none is left alone in a row of its own.
    """
    if len(draws) != 4:
        with st.grid(max(1, len(draws)), min_column_width=width):
            for draw in draws:
                draw()
        return
    with st.grid(2, min_column_width=2 * width + GAP):
        for pair in (draws[:2], draws[2:]):
            with st.grid(2, min_column_width=width):
                for draw in pair:
                    draw()


def texts(sentences: Iterable[str]) -> None:
    """Sentences that may hold names from a log, each as text, one below the other."""
    for sentence in sentences:
        st.text(state.t(sentence))


def progress(entry: Entry) -> None:
    """How far a training at work is, and how long it still takes."""
    if entry.live and entry.job is not None and entry.job.epochs:
        left = state.t(wording.LEFT.format(wording.duration(entry.left))) if entry.left else None
        st.progress(min(entry.job.epoch / entry.job.epochs, 1.0), left)


def verdict_look(entry: Entry) -> Look:
    """How a run's verdict is shown; a run that has none yet is shown as such."""
    return wording.VERDICTS[entry.diagnosis.verdict] if entry.diagnosis is not None else wording.NO_VERDICT


def files(name: str, kinds: Mapping[str, Callable[[], str]]) -> None:
    """A button for each kind of file of a run or a folder; it is made when it is asked for."""
    for kind, make in kinds.items():
        label, icon, mime = wording.FILES[kind]
        st.download_button(
            state.t(label),
            make,
            f"{chart_words.file_name(name)}.{kind}",
            mime,
            icon=icon,
            on_click="ignore",
            key=f"file-{kind}",
            width="stretch",
        )
