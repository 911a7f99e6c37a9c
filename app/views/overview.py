"""Overview: which of many runs need attention."""

import streamlit as st

from app import acts, data, overview_parts, overview_rows, state, widgets, wording
from app.wording import overview as words
from app.wording import plain


def live() -> None:
    seen = data.look(state.place(), state.limits())
    if (seen.live, bool(seen.entries)) != (ticking, begun):
        st.rerun()
    if not seen.entries:
        overview_parts.no_runs(seen)
        return

    lines = overview_rows.lines(seen.entries, unfold=bool(state.shared("trials")))
    hidden, asked = state.hidden(), bool(state.shared("hidden"))
    listed = [line for line in lines if (line.name in hidden) == asked]
    with st.container(horizontal=True, vertical_alignment="center"):
        if listed and not asked:
            st.text(words.attention(overview_rows.needs(listed), *overview_rows.kinds(listed)), width="content")
        overview_parts.hidden_switch(sum(line.name in hidden for line in lines))
    if not listed:
        overview_parts.all_hidden([line.name for line in lines])
        return

    found = overview_parts.filters(listed, studies=any(entry.study for entry in seen.entries))
    bar = st.container(horizontal=True, vertical_alignment="center", gap="small")
    with bar:
        overview_parts.search()
    if not found:
        overview_parts.none_matches(len(listed))
        return
    found = overview_rows.steady(found, state.shown_rows())
    state.show_rows([line.name for line in found])
    clicked, ticked = overview_parts.table(found)
    overview_parts.keep_picked(ticked, found)
    with bar:
        overview_parts.actions(ticked, hidden=asked)
    if clicked is not None:
        overview_parts.open_line(clicked)
    if seen.problems:
        with st.expander(wording.PROBLEMS.format(len(seen.problems)), icon=":material/warning:"):
            widgets.texts(seen.problems)


seen = data.look(state.place(), state.limits())
ticking, begun = seen.live, bool(seen.entries)
if begun:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(wording.RUNS, anchor=False, width="content")
        st.caption(plain(seen.place), width="content")
        st.space("stretch")
        overview_parts.export(seen.place, state.limits())
        if not state.place_is_remote():
            acts.demonstration_button(primary=False)
st.fragment(live, run_every=data.tick(state.place(), state.tick()) if ticking else None)()
