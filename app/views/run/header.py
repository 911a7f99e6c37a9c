"""Header: what stands above the curves of a run, or instead of them while there are none."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from app import actions, state, widgets, wording
from app.charts import frames
from app.folder import exports, watch
from app.folder.entries import Entry
from app.label_form import label_form
from app.picture import picture_buttons
from app.views.run import matching_words, words
from app.views.run.context import RunContext
from app.wording import charts as chart_words
from app.wording import plain
from diagnostics import Run
from diagnostics.report.export import csv_text

TAIL = 220  # pixels of the last output of a crashed training


def no_such_run() -> None:
    """Why there is nothing to show, and the way back."""
    snapshot, name = watch.look(state.place(), state.limits()), state.run_name()
    with st.container(border=True):
        st.subheader(state.t(words.NO_RUN), anchor=False)
        st.text(state.t(wording.sentence(snapshot.error) or words.no_such_run(name, snapshot.place)))
        st.page_link("views/overview/page.py", label=state.t(wording.BACK), icon=":material/arrow_back:")


def title(context: RunContext) -> None:
    """The run's name and state, and what can be done with it, which goes to another row as a whole."""
    entry = context.entry
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(key="run-name", width="content"):
            st.header(plain(context.name), anchor=False, width="content")
        widgets.badge(wording.STATES[entry.state], wording.progress(entry.job, entry.age))
        if matching_words.by_hand(entry.run):
            widgets.badge(matching_words.BY_HAND)
        st.space("stretch")
        with st.container(horizontal=True, width="content", gap="xsmall", key="run-actions"):
            actions.again_button(entry)
            actions.job_buttons(entry)
            label_form(entry.name, context.folder_name)
            if entry.run is not None and entry.run.curves:
                downloads(context, entry.run)
    labeled(context)
    if entry.job is not None and entry.job.unsaved:
        st.warning(plain(state.t(words.UNSAVED.format(entry.job.unsaved))), icon=":material/report:")


def labeled(context: RunContext) -> None:
    """The run's color beside its name, its folder where that is called otherwise, and the note."""
    if color := state.color(context.entry.name):
        st.html(f"<style>.st-key-run-name h2 {{ border-left: .35rem solid {color}; padding-left: .6rem; }}</style>")
    folder = f":material/folder: {plain(context.folder_name)}" if context.name != context.folder_name else ""
    noted = f":material/sticky_note_2: {plain(context.note)}" if context.note else ""
    if folder or noted:
        st.caption("\u2003".join(filter(None, [folder, noted])))


def downloads(context: RunContext, run: Run) -> None:
    """The chart as a picture and its numbers as a file; the whole run as a table, as JSON and as a report."""
    entry, place, name = context.entry, context.snapshot.place, chart_words.file_name(context.folder_name)
    files: list[tuple[str, Callable[[], str], str, str]] = [
        (words.RUN_CSV, lambda: exports.run_csv(entry, place), f"{name}.csv", "text/csv"),
        (words.RUN_JSON, lambda: exports.run_json(entry, place), f"{name}.json", "application/json"),
        (words.RUN_HTML, lambda: exports.run_html(entry, place), f"{name}.html", "text/html"),
    ]
    if entry.points:
        chart = (lambda: csv_text(frames.exported(run))), f"{name}-chart.csv", "text/csv"
        files.insert(0, (chart_words.EXPORT_CSV, *chart))
    with st.popover(state.t(chart_words.EXPORT), icon=":material/download:", key="export"):
        if entry.points:
            picture_buttons("curves", name)
        for label, make, file, kind in files:
            st.download_button(
                state.t(label), make, file, kind, on_click="ignore", key=f"export-{label}", width="stretch"
            )


def crash(entry: Entry) -> None:
    """Why a training failed, and what it last printed."""
    if entry.state != "failed":
        return
    with st.container(border=True):
        st.subheader(state.t(words.CRASHED) if entry.run is not None else state.t(words.NEVER_BEGAN), anchor=False)
        st.text(state.t(wording.sentence(entry.job.message if entry.job else "")))
        st.code(watch.log_tail(entry) or wording.NOTHING_PRINTED, language=None, wrap_lines=True, height=TAIL)


def nothing_yet(entry: Entry) -> None:
    """Why there are no curves; while they are to come, the shape of the page, so that nothing jumps when they do."""
    with st.container(border=True):
        st.text(state.t(words.NOTHING_YET[entry.state]))
    if not entry.live:
        return
    st.skeleton(height=170)
    st.skeleton(height=470)
