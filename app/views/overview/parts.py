"""Overview parts: what the page of all runs is made of; each draws one thing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

import streamlit as st

from app import actions as acts
from app import state, widgets, wording
from app.folder import exports, watch
from app.folder.entries import Snapshot
from app.views.overview import rows as overview_rows
from app.views.overview import words
from app.views.overview.rows import Line
from app.wording import plain
from diagnostics.evidence import Thresholds

ROW = 42  # pixels
ROWS_UNSCROLLED = 15
NUMBERS = {"best": "%.4g", "at": "%d", "gap": "%.3g", "onset": "%d", "points": "%d"}
Column = st.column_config


def no_runs(seen: Snapshot) -> None:
    """Why there is nothing to list, and what to do about it."""
    if seen.error and not state.place_is_default():
        with st.container(border=True):
            st.subheader(words.NO_FOLDER, anchor=False)
            widgets.texts([wording.sentence(seen.error), words.NO_FOLDER_WAY_OUT])
            state.default_folder_button(wording.DEFAULT_FOLDER)
    elif state.place_is_remote():
        with st.container(border=True):
            st.subheader(words.NOTHING_THERE, anchor=False)
            widgets.texts([words.nothing_in(seen.place), words.NOTHING_THERE_WAY_OUT, *seen.problems])
    else:
        welcome(seen)


def welcome(seen: Snapshot) -> None:
    """Two ways to begin."""
    st.header(words.WELCOME, anchor=False)
    st.text(words.WHAT_IT_IS)
    left, right = st.columns(2)
    with left, st.container(border=True, height="stretch"):
        st.subheader(words.DEMONSTRATION_TITLE, anchor=False)
        st.markdown(words.DEMONSTRATION)
        acts.demonstration_button(primary=True)
    with right, st.container(border=True, height="stretch"):
        st.subheader(words.OWN_LOGS_TITLE, anchor=False)
        st.markdown(words.OWN_LOGS)
        st.code(words.OWN_LOGS_COMMAND, language=None, wrap_lines=True)
    st.caption(plain(words.nothing_in(seen.place)))
    widgets.texts(seen.problems)


def export(place: str, limits: Thresholds) -> None:
    """The folder as a file; what is in it is looked at when it is asked for."""
    there = watch.watch(place)
    with st.popover(words.EXPORT, icon=":material/download:", key="export", help=words.EXPORT_ABOUT):
        widgets.files(
            PurePosixPath(place).name,
            {
                "csv": lambda: exports.folder_csv(there.look(limits)),
                "json": lambda: exports.folder_json(there.look(limits)),
                "html": lambda: exports.folder_html(there.look(limits)),
            },
        )


def filters(found: Sequence[Line], *, studies: bool) -> list[Line]:
    """Inputs for verdicts, each with how many runs have it, and for a part of a name; the lines that fit."""
    counts = overview_rows.counted(found)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        state.pills("verdicts", words.VERDICTS_ASKED, list(counts), lambda verdict: words.pill(*counts[verdict]))
        if studies:
            st.space("stretch")
            state.switch("trials", words.UNFOLD, help=words.UNFOLD_HELP)
    return overview_rows.matching(found, find=state.shared("find"), verdicts=state.shared_names("verdicts"))


def search() -> None:
    """An input for a part of a name."""
    with st.container(width=240):
        state.search_box("find", words.FIND, hint=words.FIND_HINT)


def none_matches(count: int) -> None:
    """Nothing fits what is asked for."""
    with st.container(border=True):
        st.subheader(words.NONE_MATCHES, anchor=False)
        st.text(words.NONE_MATCHES_WAY_OUT.format(words.many_runs(count)))
        st.button(words.FORGET_FILTER, icon=":material/filter_alt_off:", on_click=forget_filter, key="forget-filter")


def all_hidden(names: Sequence[str]) -> None:
    """Nothing is left to be listed."""
    with st.container(border=True):
        st.subheader(words.ALL_HIDDEN, anchor=False)
        st.text(words.ALL_HIDDEN_WAY_OUT.format(words.many_runs(len(names))))
        st.button(
            words.SHOW_ALL_AGAIN, icon=":material/visibility:", on_click=hide, args=[names, False], key="show-all-again"
        )


def table(found: Sequence[Line]) -> tuple[Line | None, list[Line]]:
    """A row each; the line that was clicked, and those that are ticked because their run is picked."""
    picked = state.picked()
    ticked = [line.name for line in found if line.entry.name in picked]
    look = [*wording.VERDICTS.values(), wording.NO_VERDICT]
    drawn = st.dataframe(
        overview_rows.frame(found),
        hide_index=True,
        key=state.table("runs", [line.name for line in found], ticked),
        on_select="rerun",
        selection_mode=["multi-row", "single-cell"],
        row_height=ROW,
        height="content" if len(found) <= ROWS_UNSCROLLED else ROW * (ROWS_UNSCROLLED + 1) + 8,
        placeholder=wording.DASH,
        alt=words.TABLE_ALT,
        column_order=[name for name in words.COLUMNS if name != "trial" or any(line.entry.trial for line in found)],
        column_config={
            "run": Column.TextColumn(words.COLUMNS["run"], pinned=True, width=170),
            "verdict": Column.MultiselectColumn(
                words.COLUMNS["verdict"],
                options=[f"{one.glyph} {one.word}" for one in look],
                color=[one.color for one in look],
                width=114,
            ),
            "state": Column.TextColumn(words.COLUMNS["state"], width=116),
            "curves": Column.ImageColumn(words.COLUMNS["curves"], width=172, help=words.COLUMNS_HELP["curves"]),
            **{
                name: Column.NumberColumn(words.COLUMNS[name], format=form, width=58, help=words.COLUMNS_HELP[name])
                for name, form in NUMBERS.items()
            },
            "written": Column.DatetimeColumn(
                words.COLUMNS["written"], format="distance", width=104, help=words.COLUMNS_HELP["written"]
            ),
            "trial": Column.TextColumn(words.COLUMNS["trial"], width=190, help=words.COLUMNS_HELP["trial"]),
        },
    )
    cells, rows = drawn["selection"]["cells"], drawn["selection"]["rows"]
    return found[cells[0][0]] if cells else None, [found[row] for row in sorted(rows)]


def actions(ticked: Sequence[Line], *, hidden: bool) -> None:
    """What can be done with what is picked or ticked; always there, so that the table below does not jump."""
    picked, names = state.picked(), [line.name for line in ticked]
    several = len(picked) > 1
    if st.button(
        words.COMPARE_SOME.format(len(picked)) if several else words.COMPARE,
        icon=":material/stacked_line_chart:",
        type="primary" if several else "secondary",
        disabled=not several,
        key="compare",
    ):
        st.switch_page("views/compare/page.py", query_params=state.address())
    label, icon = (words.SHOW_AGAIN, ":material/visibility:") if hidden else (words.HIDE, ":material/visibility_off:")
    st.button(label, icon=icon, disabled=not names, on_click=hide, args=[names, not hidden], key="hide")
    st.button(words.UNTICK, icon=":material/remove_done:", disabled=not picked, on_click=untick, key="untick")
    st.caption(words.HIDDEN_ABOUT if hidden else words.HINT, width="content")


def open_line(line: Line) -> None:
    """Go to the page of the run, or of the study."""
    if line.trials:
        state.share("study", line.name)
        st.switch_page("views/tune/page.py", query_params=state.address())
    acts.open_run(line.name)


def hidden_switch(count: int) -> None:
    """The way to the hidden runs and back."""
    shown = bool(state.shared("hidden"))
    if count or shown:
        st.button(
            words.HIDDEN_BACK if shown else words.HIDDEN.format(count),
            icon=":material/arrow_back:" if shown else ":material/visibility_off:",
            type="tertiary",
            on_click=state.share,
            args=["hidden", "" if shown else "on"],
            key="hidden",
        )


def keep_picked(ticked: Sequence[Line], found: Sequence[Line]) -> None:
    """Remember the ticked runs by name, beside those picked earlier that are not listed now; a study by its best."""
    listed, now = {line.entry.name for line in found}, [line.entry.name for line in ticked]
    before = state.picked()
    after = [name for name in before if name not in listed or name in now]
    after += [name for name in now if name not in after]
    if after != before:
        state.pick(after)


def untick() -> None:
    """Pick nothing."""
    state.pick([])
    state.renew()


def forget_filter() -> None:
    """List all runs again."""
    state.share("find", "")
    state.share("verdicts", "")
    state.renew()


def hide(names: Sequence[str], hidden: bool) -> None:
    """Leave these runs out of lists, or show them again, or say why that cannot be remembered."""
    try:
        state.hide(names, hidden=hidden)
    except OSError as error:
        st.toast(plain(words.NOT_KEPT.format(error)), icon=":material/error:", duration="long")
        return
    if not state.hidden():
        state.share("hidden", "")
    untick()
