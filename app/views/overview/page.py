"""Overview: which of many runs need attention."""

import streamlit as st

from app import state
from app.charts.look import PALETTE
from app.folder import trials_of_run, watch
from app.views.overview import columns, keys, parts, rows, table
from app.views.overview.cells import Folder, pending


def live() -> bool:
    snapshot = watch.look(state.place(), state.limits())
    return snapshot.live or pending(parts.shown_entries(snapshot))


def version() -> object:
    snapshot = watch.look(state.place(), state.limits())
    return object() if pending(parts.shown_entries(snapshot)) else state.version_of(snapshot)


def draw() -> None:
    snapshot = watch.look(state.place(), state.limits())
    if bool(snapshot.entries) != begun:
        st.rerun()
    if not snapshot.entries:
        parts.no_runs(snapshot)
        return
    all_rows = rows.rows(snapshot.entries, unfold=bool(state.shared("trials")))
    if (row := table.opened(all_rows)) is not None:
        table.open_row(row)
    listed = parts.not_hidden(all_rows)
    parts.summary(all_rows, listed)
    if not listed:
        parts.all_hidden(all_rows)
        return
    matching = parts.filters(listed, studies=any(entry.study for entry in snapshot.entries))
    bar = parts.bar()
    if not matching:
        parts.none_matches(len(listed))
        return
    shown, unreadable = parts.readable(matching)
    folder = Folder(
        snapshot.place,
        state.display_names(snapshot.shortened(columns.room())),
        state.given_setups(),
        trials_of_run.by_parent(snapshot.entries),
        colors={name: PALETTE[color][state.theme()] for name, color in state.colors().items()},
        room=columns.room(),
        at_once=state.tick() is None,
    )
    with bar:
        parts.layout(shown)
    ticked = table.table(shown, folder, all_open=parts.filtered())
    with bar, parts.of_selection():
        table.actions(ticked)
    parts.below(unreadable)
    table.as_text(shown, folder)
    keys.listen()
    parts.problems(snapshot)


begun = bool(watch.look(state.place(), state.limits()).entries)
if begun:
    parts.title()
    parts.read_ahead()
state.live_fragment(draw, live, version)
state.measure()
