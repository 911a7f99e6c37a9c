"""Compare: see what a change did."""

import streamlit as st

from app import actions, state, widgets, wording
from app.folder import watch
from app.views.compare import parts, results, words


def live() -> None:
    seen = watch.look(state.place(), state.limits())
    entries, said = parts.chosen(seen)
    runs = [entry.run for entry in entries if entry.run is not None]
    if any(entry.live for entry in entries) != ticking:
        st.rerun()
    widgets.texts(said)
    if not runs:
        with st.container(border=True):
            st.subheader(words.NOTHING_PICKED, anchor=False)
            widgets.texts(filter(None, [wording.sentence(seen.error), words.NOTHING_PICKED_WAY_OUT]))
            st.page_link("views/overview/page.py", label=wording.BACK, icon=":material/arrow_back:")
        return
    wanted = parts.asked(runs)
    parts.quantity(runs, wanted)
    bundles = parts.bundled(entries)
    parts.overlay(bundles, wanted, seen.place)
    results.against(bundles)
    if name := results.table(bundles, seen.place):
        actions.open_run(name)


st.header(words.COMPARE, anchor=False)
seen = watch.look(state.place(), state.limits())
parts.picker(seen)
if len(state.picked()) < 2:
    parts.offers(seen)
ticking = any(entry.live for entry in parts.chosen(seen)[0])
st.fragment(live, run_every=watch.tick(state.place(), state.tick()) if ticking else None)()
