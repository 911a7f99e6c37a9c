"""Overview parts: what the page of all runs is made of; each draws one thing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from types import ModuleType

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import actions as acts
from app import controls, state, widgets, wording
from app.folder import watch
from app.folder.entries import Entry, Snapshot
from app.views.overview import cells, rows, words
from app.views.overview.cells import Folder
from app.views.overview.rows import Row
from app.views.overview.table import group, hide
from app.widgets import narrow
from app.wording import plain
from diagnostics import Verdict
from diagnostics.thresholds import Thresholds


def no_runs(snapshot: Snapshot) -> None:
    """Why there is nothing to list, and what to do about it."""
    if snapshot.error and not state.place_is_default():
        with st.container(border=True):
            st.subheader(state.t(words.NO_FOLDER), anchor=False)
            widgets.texts([wording.sentence(snapshot.error), words.NO_FOLDER_WAY_OUT])
            state.default_folder_button(wording.DEFAULT_FOLDER)
    elif state.place_is_remote():
        with st.container(border=True):
            st.subheader(state.t(words.NOTHING_THERE), anchor=False)
            widgets.texts([words.nothing_in(snapshot.place), words.NOTHING_THERE_WAY_OUT, *snapshot.problems])
    else:
        welcome(snapshot)


def welcome(snapshot: Snapshot) -> None:
    """Two ways to begin."""
    st.header(state.t(words.WELCOME), anchor=False)
    st.text(state.t(words.WHAT_IT_IS))
    left, right = st.columns(2)
    with left, st.container(border=True, height="stretch"):
        st.subheader(state.t(words.DEMONSTRATION_TITLE), anchor=False)
        st.markdown(state.t(words.DEMONSTRATION))
        acts.demonstration_button(primary=True)
    with right, st.container(border=True, height="stretch"):
        st.subheader(state.t(words.OWN_LOGS_TITLE), anchor=False)
        st.markdown(state.t(words.OWN_LOGS))
        st.code(words.OWN_LOGS_COMMAND, language=None, wrap_lines=True)
    if snapshot.problems:
        widgets.texts(map(wording.sentence, snapshot.problems))
    else:
        st.caption(plain(state.t(words.nothing_in(snapshot.place))))


def title() -> None:
    """Which folder is listed, and what can be done with it."""
    place = state.place()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(state.t(words.RUNS), anchor=False, width="content")
        st.caption(plain(wording.from_home(place)), width="content")
        st.space("stretch")
        export(place, state.limits())


def read_ahead() -> None:
    """Read what the table needs as far as that is quick, before it is known whether the page has to tick."""
    snapshot = watch.look(state.place(), state.limits())
    cells.read_setups(shown_entries(snapshot), Folder(snapshot.place, {}, state.given_setups()))


def shown_entries(snapshot: Snapshot) -> list[Entry]:
    """The runs that the table can show now."""
    all_rows = rows.rows(snapshot.entries, unfold=bool(state.shared("trials")))
    shown, _ = readable(matching(not_hidden(all_rows)))
    return [row.entry for row in shown]


def not_hidden(all_rows: Sequence[Row]) -> list[Row]:
    """The rows to list: those that nobody hid, or where the hidden ones are asked for, those."""
    hidden, asked_for = state.hidden(), bool(state.shared("hidden"))
    return [row for row in all_rows if (row.name in hidden) == asked_for]


def summary(all_rows: Sequence[Row], listed: Sequence[Row]) -> None:
    """How many of the runs need attention, and the way to the hidden ones."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if listed and not state.shared("hidden"):
            st.text(state.t(said(listed)), width="content")
        hidden = state.hidden()
        hidden_switch(sum(row.name in hidden for row in all_rows))


def said(listed: Sequence[Row]) -> str:
    """How many need attention, or that there is nothing to judge any of them by."""
    needs, (runs, studies) = rows.needs(listed), rows.kinds(listed)
    blind = not needs and not studies and all(row.verdict == Verdict.NO_VALIDATION for row in listed)
    return words.nothing_to_judge(runs) if blind else words.attention(needs, runs, studies)


def export(place: str, limits: Thresholds) -> None:
    """The folder as a file; what is in it is looked at when it is asked for."""
    folder = watch.watch(place)
    with st.popover(state.t(words.EXPORT), icon=":material/download:", key="export"):
        st.caption(state.t(words.EXPORT_ABOUT))
        widgets.files(
            PurePosixPath(place).name,
            {
                "csv": lambda: _exports().folder_csv(folder.look(limits)),
                "json": lambda: _exports().folder_json(folder.look(limits)),
                "html": lambda: _exports().folder_html(folder.look(limits)),
            },
        )


def _exports() -> ModuleType:
    """What writes files; it needs pandas, which takes a noticeable part of the app's start."""
    from app.folder import exports

    return exports


def filters(listed: Sequence[Row], *, studies: bool) -> list[Row]:
    """Inputs for verdicts, each with how many runs have it; the rows that fit these and the name searched for."""
    counts = rows.counted(listed)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        state.pills(
            "verdicts",
            words.VERDICTS_ASKED,
            list(counts),
            lambda verdict: words.pill(*counts[verdict]),
            wrap=not narrow(),  # on a phone they are swiped along, so that the table stays in view
        )
        if studies:
            st.space("stretch")
            state.switch("trials", words.UNFOLD, help=words.UNFOLD_HELP)
    return matching(listed)


def matching(listed: Sequence[Row]) -> list[Row]:
    """The rows that fit the name and the verdicts asked for."""
    return rows.matching(
        listed, find=state.shared("find"), verdicts=state.shared_names("verdicts"), called=state.given_names()
    )


def bar() -> DeltaGenerator:
    """A row that begins with an input for a part of a name."""
    row = st.container(horizontal=True, vertical_alignment="center", gap="small")
    with row, st.container(width=240):
        state.search_box("find", words.FIND, hint=words.FIND_HINT)
    return row


def of_selection() -> DeltaGenerator:
    """The part of the row for what can be done with ticked runs, which goes to another row as a whole."""
    return st.container(horizontal=True, width="content", gap="xsmall")


def layout(shown: Sequence[Row]) -> None:
    """Which columns there are, and by what the runs are grouped."""
    with st.popover(state.t(words.TABLE), icon=":material/view_column:", key="columns"):
        if len(shown) > 1:
            st.markdown(f"**{state.t(words.GROUP)}**")
            controls.choice("group", words.GROUP, words.GROUPS, list(words.GROUPS), now=group())
            st.caption(state.t(words.GROUP_ABOUT))
        st.markdown(f"**{state.t(words.PICK_COLUMNS)}**")
        asked = [name for name in words.COLUMNS if name not in words.UNASKED]
        state.pills("columns", words.PICK_COLUMNS, asked, lambda name: words.COLUMNS[name])
        st.caption(state.t(words.PICK_COLUMNS_ABOUT))
        st.button(
            state.t(words.COLUMNS_RESET),
            icon=":material/undo:",
            on_click=state.share,
            args=["columns", ""],
            disabled=not state.shared("columns"),
            key="reset-columns",
        )


def filtered() -> bool:
    """Whether only some of the runs are asked for."""
    return bool(state.shared("find") or state.shared("verdicts"))


def readable(matching_rows: Sequence[Row]) -> tuple[list[Row], int]:
    """The rows to show, and how many with nothing to judge are left out; who asks for these or for groups sees all."""
    if state.shared("unreadable") or filtered() or group():
        return list(matching_rows), 0
    return rows.readable(matching_rows)


def below(count: int) -> None:
    """What to do with the table, and the rows that were folded into one line, with the way to them and back."""
    with st.container(horizontal=True, vertical_alignment="center"):
        there, back = (words.UNREADABLE, ":material/expand_more:"), (words.READABLE, ":material/expand_less:")
        also("unreadable", count, there, back)
        st.caption(state.t(words.HIDDEN_ABOUT) if state.shared("hidden") else state.t(words.HINT), width="content")
        with st.container(key="for-keys", width="content"):
            st.caption(state.t(words.BY_KEYBOARD), width="content")


def hidden_switch(count: int) -> None:
    """The way to the hidden runs and back."""
    there = words.HIDDEN, ":material/visibility_off:"
    also("hidden", count, there, (words.HIDDEN_BACK, ":material/arrow_back:"))


def also(name: str, count: int, there: tuple[str, str], back: tuple[str, str]) -> None:
    """A switch, on while the address says so, to ``count`` more runs and back; each way has a word and an icon."""
    shown = bool(state.shared(name))
    word, icon = back if shown else there
    if count or shown:
        st.button(
            state.t(word.format(count)),
            icon=icon,
            type="tertiary",
            on_click=state.share,
            args=[name, "" if shown else "on"],
            key=name,
        )


def none_matches(count: int) -> None:
    """Nothing fits what is asked for."""
    with st.container(border=True):
        st.subheader(state.t(words.NONE_MATCHES), anchor=False)
        st.text(state.t(words.NONE_MATCHES_WAY_OUT.format(words.many_runs(count))))
        st.button(
            state.t(words.FORGET_FILTER), icon=":material/filter_alt_off:", on_click=forget_filter, key="forget-filter"
        )


def all_hidden(all_rows: Sequence[Row]) -> None:
    """Nothing is left to be listed."""
    names = [row.name for row in all_rows]
    with st.container(border=True):
        st.subheader(state.t(words.ALL_HIDDEN), anchor=False)
        st.text(state.t(words.ALL_HIDDEN_WAY_OUT.format(words.many_runs(len(names)))))
        st.button(
            state.t(words.SHOW_ALL_AGAIN),
            icon=":material/visibility:",
            on_click=hide,
            args=[names, False],
            key="show-all-again",
        )


def problems(snapshot: Snapshot) -> None:
    """What in the folder could not be read."""
    if snapshot.problems:
        with st.expander(state.t(words.PROBLEMS.format(len(snapshot.problems))), icon=":material/warning:"):
            widgets.texts(snapshot.problems)


def forget_filter() -> None:
    """List all runs again."""
    state.share("find", "")
    state.share("verdicts", "")
    state.renew()
