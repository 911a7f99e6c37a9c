"""Compare: see what a change did."""

import streamlit as st

from app import actions, state, widgets
from app.folder import watch
from app.views.compare import parts, results, words


def live() -> bool:
    entries, _ = parts.chosen(watch.look(state.place(), state.limits()))
    return any(entry.live for entry in entries)


def version() -> object:
    return state.version_of(watch.look(state.place(), state.limits()))


def draw() -> None:
    snapshot = watch.look(state.place(), state.limits())
    entries, remarks = parts.chosen(snapshot)
    widgets.texts(remarks)
    if not entries:
        parts.nothing_picked(snapshot)
        return
    runs = [entry.run for entry in entries if entry.run is not None]
    quantity = parts.quantity_asked_for(runs)
    parts.quantity_menu(runs, quantity)
    bundles = parts.bundled(entries, snapshot)
    parts.overlay(bundles, quantity, snapshot.place)
    results.against_base(bundles)
    if name := results.table(bundles, snapshot.place):
        actions.open_run(name)


st.header(state.t(words.COMPARE), anchor=False)
snapshot = watch.look(state.place(), state.limits())
parts.picker(snapshot)
if len(state.picked()) < 2:
    parts.offers(snapshot)
state.live_fragment(draw, live, version)
state.measure()
