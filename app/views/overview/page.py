"""Overview: which of many runs need attention."""

import streamlit as st

from app import actions, state, widgets
from app.folder import watch
from app.views.overview import parts, rows, words
from app.wording import plain


def live() -> None:
    seen = watch.look(state.place(), state.limits())
    if (seen.live, bool(seen.entries)) != (ticking, begun):
        st.rerun()
    if not seen.entries:
        parts.no_runs(seen)
        return

    lines = rows.lines(seen.entries, unfold=bool(state.shared("trials")))
    hidden, asked = state.hidden(), bool(state.shared("hidden"))
    listed = [line for line in lines if (line.name in hidden) == asked]
    with st.container(horizontal=True, vertical_alignment="center"):
        if listed and not asked:
            st.text(words.attention(rows.needs(listed), *rows.kinds(listed)), width="content")
        parts.hidden_switch(sum(line.name in hidden for line in lines))
    if not listed:
        parts.all_hidden([line.name for line in lines])
        return

    found = parts.filters(listed, studies=any(entry.study for entry in seen.entries))
    bar = st.container(horizontal=True, vertical_alignment="center", gap="small")
    with bar:
        parts.search()
    if not found:
        parts.none_matches(len(listed))
        return
    found = rows.steady(found, state.shown_rows())
    state.show_rows([line.name for line in found])
    clicked, ticked = parts.table(found)
    parts.keep_picked(ticked, found)
    with bar:
        parts.actions(ticked, hidden=asked)
    if clicked is not None:
        parts.open_line(clicked)
    if seen.problems:
        with st.expander(words.PROBLEMS.format(len(seen.problems)), icon=":material/warning:"):
            widgets.texts(seen.problems)


seen = watch.look(state.place(), state.limits())
ticking, begun = seen.live, bool(seen.entries)
if begun:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(words.RUNS, anchor=False, width="content")
        st.caption(plain(seen.place), width="content")
        st.space("stretch")
        parts.export(seen.place, state.limits())
        if not state.place_is_remote():
            actions.demonstration_button(primary=False)
st.fragment(live, run_every=watch.tick(state.place(), state.tick()) if ticking else None)()
