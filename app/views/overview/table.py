"""Table: the runs of a folder in rows to click and to tick, and what can be done with those that are ticked."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app import actions as acts
from app import state, wording
from app.folder.labels import called
from app.label_form import label_form
from app.views.overview import cells, groups, keys, rows, words
from app.views.overview.cells import Folder
from app.views.overview.columns import OPENED, columns, shown_columns, shown_table
from app.views.overview.groups import TableLine
from app.views.overview.rows import Row
from app.widgets import narrow
from app.wording import plain

ROW = 42  # pixels
ROWS_UNSCROLLED = 15


def table(listed: Sequence[Row], folder: Folder, *, all_open: bool) -> list[Row]:
    """A line each; those that are ticked, whose runs are picked from now on. Groups are ``all_open`` by default."""
    listed = rows.steady(listed, state.row_order())
    lines = groups.lines(listed, group(), state.folds(), all_open=all_open)
    names, picked, table = [line.name for line in lines], state.picked(), cells.frame(lines, folder)
    state.show_rows(names, list(table["run"]), [row.name for row in listed])
    tall = len(lines) > ROWS_UNSCROLLED
    drawn = st.dataframe(
        shown_table(table),
        hide_index=True,
        # a table keeps the widths that its columns began with
        key=state.table("runs-narrow" if narrow() else "runs", names, groups.ticked_now(lines, frozenset(picked))),
        on_select="rerun",
        selection_mode="multi-row",
        row_height=ROW,
        height=ROW * (ROWS_UNSCROLLED + 1) + 8 if tall else "content",
        placeholder=wording.DASH,
        alt=state.t(words.TABLE_ALT),
        column_order=shown_columns(listed, colored=any(row.name in folder.colors for row in listed)),
        column_config=columns(table),
    )
    keep_picked(lines, drawn["selection"]["rows"])
    picked = state.picked()
    return [row for row in listed if row.entry.name in picked]


def group() -> str:
    """By what the rows are grouped; empty where they are not."""
    return state.shared("group") if state.shared("group") in groups.KINDS else ""


def opened(all_rows: Sequence[Row]) -> Row | None:
    """The row whose name was just clicked, or on which Enter was pressed.

    It is known before the table is drawn: nothing is drawn for a page that goes. The line of a group folds or opens.
    """
    entered, names = keys.entered(), state.shown_rows()
    place = state.clicked_row(OPENED) if entered is None else keys.place_of(entered, state.shown_labels())
    if place is None or place >= len(names):
        return None
    key, folded = groups.named(names[place])
    if key:
        state.fold(key, folded=not folded)
    return next((row for row in all_rows if row.name == names[place]), None)


def as_text(listed: Sequence[Row], folder: Folder) -> None:
    """The same for those who read no picture and no canvas: a plain table, made when it is asked for."""
    with st.expander(state.t(words.AS_TEXT), icon=":material/notes:", on_change="rerun", key="as-text") as fold:
        if fold.open:
            st.table(cells.text(listed, folder, state.t))


def actions(ticked: Sequence[Row]) -> None:
    """What can be done with what is picked or ticked; always there, so that the table below does not jump.

    On a phone, where a tap on its name opens a run, there is room for what is done with several alone.
    """
    picked = state.picked()
    compare_button(len(picked))
    if not narrow():
        open_button(ticked)
    hide_button([row.name for row in ticked])
    if not narrow():
        label_one(ticked)
    st.button(
        state.t(words.UNTICK), help=state.t(words.UNTICK_HELP), disabled=not picked, on_click=untick, key="untick"
    )


def compare_button(count: int) -> None:
    """The way to the page that lays the picked runs over one another, once there are several."""
    several = count > 1
    if st.button(
        state.t(words.COMPARE_SOME.format(count)) if several else state.t(words.COMPARE),
        icon=":material/stacked_line_chart:",
        type="primary" if several else "secondary",
        disabled=not several,
        key="compare",
    ):
        st.switch_page("views/compare/page.py", query_params=state.address())


def open_button(ticked: Sequence[Row]) -> None:
    """The way to the page of the one run that is ticked."""
    if st.button(
        state.t(words.OPEN),
        icon=":material/monitoring:",
        disabled=len(ticked) != 1,
        help=state.t(words.OPEN_HELP),
        key="open",
        shortcut="o",
    ):
        open_row(ticked[0])


def hide_button(names: Sequence[str]) -> None:
    """Leaves the ticked runs out of lists, or shows hidden ones again."""
    hidden = bool(state.shared("hidden"))
    label, icon = (words.SHOW_AGAIN, ":material/visibility:") if hidden else (words.HIDE, ":material/visibility_off:")
    st.button(state.t(label), icon=icon, disabled=not names, on_click=hide, args=[names, not hidden], key="hide")


def label_one(ticked: Sequence[Row]) -> None:
    """The name, color and note of the one run that is ticked; a study has none."""
    names = [row.name for row in ticked if not row.trials] if len(ticked) == 1 else []
    name = next(iter(names), "")
    label_form(name, called(name, state.place()), enabled=bool(names))


def open_row(row: Row) -> None:
    """Go to the page of the run, or of the study."""
    if row.trials:
        state.share("study", row.name)
        st.switch_page("views/tune/page.py", query_params=state.address())
    acts.open_run(row.name)


def keep_picked(lines: Sequence[TableLine], ticked: Sequence[int]) -> None:
    """Remember the ticked runs by name, beside those picked earlier that are not listed now; a study by its best."""
    before = state.picked()
    after = groups.picked_after(lines, ticked, before)
    if after == before:
        return
    state.pick(after)
    if groups.ticked_now(lines, frozenset(after)) != sorted(ticked):  # the line of a group stands for all its runs
        state.renew()
        st.rerun()


def untick() -> None:
    """Pick nothing."""
    state.pick([])
    state.renew()


def hide(names: Sequence[str], hidden: bool) -> None:
    """Leave these runs out of lists, or show them again, or say why that cannot be remembered."""
    try:
        state.hide(names, hidden=hidden)
    except OSError as error:
        st.toast(plain(state.t(words.NOT_KEPT.format(error))), icon=":material/error:", duration="long")
        return
    if not state.hidden():
        state.share("hidden", "")
    untick()
