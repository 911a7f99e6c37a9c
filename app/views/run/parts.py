"""Run parts: what the page of one run is made of; each draws one thing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from app import state, wording
from app.charts import frames
from app.charts.gauge import gauge_spec
from app.charts.small import small_spec
from app.folder import exports as file
from app.folder.entries import Entry
from app.folder.quantities import Figure
from app.picture import picture_buttons
from app.views.run import figures, words
from app.views.run.figures import Series
from app.widgets import badge, chart, texts, verdict_look
from app.wording import charts as chart_words
from app.wording import number, plain
from diagnostics import Diagnosis, Run

SMALL_PER_ROW = 3


def card(title: str, figure: Figure, *, color: str = "blue", area: bool = False, help: str = "") -> None:
    """One number with its change and its line."""
    st.metric(
        title,
        None if figure.value is None else number(figure.value),
        None if figure.change is None else words.signed(figure.change),
        color,  # type: ignore[arg-type]
        chart_data=figure.line or None,
        chart_type="area" if area else "line",
        delta_description=None if figure.change is None else words.OVER.format(figure.over),
        border=True,
        height="stretch",
        help=help or None,
    )


def cards(found: Sequence[figures.Card]) -> None:
    """Cards in one row, or in as many as a narrow page needs."""
    if not found:
        return
    with st.grid(len(found), min_column_width=150):
        for one in found:
            card(one.title, one.figure, color="gray", help=one.about)


def small_charts(found: Sequence[Series], *, key: str) -> None:
    """Small charts in rows as even as can be, at most three a row, so that no row leaves a hole."""
    rows, start = -(-len(found) // SMALL_PER_ROW), 0
    for row in range(rows):
        size = -(-(len(found) - start) // (rows - row))
        for place, column in enumerate(st.columns(size), start):
            with column, st.container(border=True, height="stretch"):
                small_chart(found[place], key=f"{key}-{place}")
        start += size


def small_chart(series: Series, *, key: str) -> None:
    """One quantity over the run."""
    st.markdown(f"**{plain(series.title)}**", help=plain(series.about) if series.about else None)
    spec = small_spec(series.x, percent=series.percent, legend=len(series.lines) > 1, sided=series.sided)
    chart(spec, {"lines": frames.lines(series.lines)}, key=key, alt=f"{series.title}, {series.x}")


def best_card(run: Run, found: Diagnosis | None, unit: str) -> None:
    """The best validation value, where it was reached and how long ago that is."""
    best = found.best if found is not None else None
    since = figures.points_since(run, best.step) if best is not None else None
    st.metric(
        words.BEST,
        number(best.value) if best is not None else None,
        words.best_at(best.step, unit, since) if best is not None else None,
        "gray",
        delta_arrow="off",
        chart_data=figures.best_so_far(run) or None,
        border=True,
        height="stretch",
        help=words.BEST_HELP,
    )


def verdict(entry: Entry) -> None:
    """The verdict in one sentence with its numbers, how sure it is, and what it asks for."""
    found = entry.found
    if found is None:
        badge(wording.NO_VERDICT)
        st.text(wording.sentence(entry.trouble))
        return
    with st.container(horizontal=True, gap="small"):
        badge(verdict_look(entry), f", {found.severity}" if found.severity else "")
        if found.verdict not in words.CERTAIN:
            st.badge(words.CONFIDENCE.format(found.confidence), color="gray")
    texts(filter(None, [words.reason(found, entry.run), words.advice(found, entry.run)]))
    if entry.run is not None and entry.outlook is not None and found.verdict not in words.NO_OUTLOOK:
        word, numbers = words.looks_ahead(entry.outlook, entry.run, live=entry.live)
        with st.container(gap=None):
            st.markdown(f":material/update: **{word}**", help=words.OUTLOOK_HELP)
            st.text(numbers)


def textbook(flagged: bool | None, numbers: str) -> None:
    """What the textbook check says, with both of its numbers, below the verdict."""
    with st.container(gap=None):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{words.TEXTBOOK}**", help=words.TEXTBOOK_HELP, width="content")
            if flagged is not None:
                badge(words.TEXTBOOK_SAYS[flagged])
        st.text(numbers)


def notes(found: Diagnosis | None, findings: Sequence[str] = ()) -> None:
    """What to know beside the verdict, whatever it is, each explained; memorisation has a panel of its own.

    ``findings`` are the audit's: a regularizer that is not really on is not to be found only by unfolding something.
    """
    told = [note for note in found.notes if note != "memorising"] if found is not None else []
    if not told and not findings:
        return
    with st.container(border=True):
        for note in told:
            st.markdown(f":material/info: {words.NOTES.get(note) or plain(note)}")
        for finding in findings:
            st.markdown(f":material/warning: {plain(finding)}")


def memory(run: Run, found: Diagnosis | None) -> None:
    """How many training samples with random labels are recognised: what only memory can do."""
    known = figures.canaries(run, found)
    if known is None:
        return
    seen, series = known
    with st.container(border=True):
        left, right = st.columns([1, 1.6], gap="large")
        with left:
            st.subheader(words.MEMORY, anchor=False, help=words.MEMORY_HELP)
            chart(gauge_spec(state.theme()), {"gauge": frames.gauge(seen)}, key="gauge", alt=words.MEMORY_ALT)
            st.text(words.memory(seen, wording.unit(run.x_axis)))
        with right:
            small_chart(series, key="canaries")


def exports(entry: Entry, run: Run, place: str) -> None:
    """The chart as a picture and its numbers as a file; the whole run as a table, as JSON and as a report."""
    name = chart_words.file_name(entry.name)
    files: list[tuple[str, Callable[[], str], str, str]] = [
        (chart_words.EXPORT_CSV, lambda: frames.exported(run).to_csv(index=False), f"{name}-chart.csv", "text/csv"),
        (words.RUN_CSV, lambda: file.run_csv(entry), f"{name}.csv", "text/csv"),
        (words.RUN_JSON, lambda: file.run_json(entry, place), f"{name}.json", "application/json"),
        (words.RUN_HTML, lambda: file.run_html(entry, place), f"{name}.html", "text/html"),
    ]
    with st.popover(chart_words.EXPORT, icon=":material/download:", key="export"):
        if entry.points:
            picture_buttons("curves", name)
        for label, made, called, kind in files if entry.points else files[1:]:
            st.download_button(label, made, called, kind, on_click="ignore", key=f"export-{label}", width="stretch")


def folded(title: str, found: Sequence[Series], *, key: str) -> None:
    """Charts that cost nothing until someone unfolds them; nothing at all where there are none."""
    if not found:
        return
    with st.expander(f"{title} ({len(found)})", on_change="rerun", key=f"{key}-open") as fold:
        if fold.open:
            small_charts(found, key=key)


def waiting() -> None:
    """The shape of a run's page while there is nothing to draw yet, so that nothing jumps when there is."""
    with st.grid(4, min_column_width=150):
        for _ in range(4):
            st.skeleton(height=190)
    left, right = st.columns([2.1, 1])
    left.skeleton(height=470)
    right.skeleton(height=470)
