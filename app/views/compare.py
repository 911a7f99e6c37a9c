"""Compare: see what a change did."""

import streamlit as st

from app import acts, compared, comparing, data, state, widgets, wording
from app.wording import compare


def live() -> None:
    seen = data.look(state.place(), state.limits())
    entries, said = comparing.chosen(seen)
    runs = [entry.run for entry in entries if entry.run is not None]
    if any(entry.live for entry in entries) != ticking:
        st.rerun()
    widgets.texts(said)
    if not runs:
        with st.container(border=True):
            st.subheader(compare.NOTHING_PICKED, anchor=False)
            widgets.texts(filter(None, [wording.sentence(seen.error), compare.NOTHING_PICKED_WAY_OUT]))
            st.page_link("views/overview.py", label=wording.BACK, icon=":material/arrow_back:")
        return
    wanted = comparing.asked(runs)
    comparing.quantity(runs, wanted)
    bundles = comparing.bundled(entries)
    comparing.overlay(bundles, wanted, seen.place)
    compared.against(bundles)
    if name := compared.table(bundles, seen.place):
        acts.open_run(name)


st.header(compare.COMPARE, anchor=False)
seen = data.look(state.place(), state.limits())
comparing.picker(seen)
if len(state.picked()) < 2:
    comparing.offers(seen)
ticking = any(entry.live for entry in comparing.chosen(seen)[0])
st.fragment(live, run_every=data.tick(state.place(), state.tick()) if ticking else None)()
