"""Table: the runs of a folder in rows to click and to tick, and what can be done with those that are ticked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from app import actions as acts
from app import state, wording
from app.views.overview import rows, words
from app.views.overview.rows import Row
from app.wording import plain

ROW = 42  # pixels
ROWS_UNSCROLLED = 15
NUMBERS = {"best": "%.4g", "at": "%d", "gap": "%.3g", "onset": "%d", "points": "%d"}
Column = st.column_config


def table(listed: Sequence[Row], short: Mapping[str, str]) -> tuple[Row | None, list[Row]]:
    """A line each; the row that was clicked, and those that are ticked, whose runs are picked from now on."""
    listed = rows.steady(listed, state.shown_rows())
    names, picked = [row.name for row in listed], state.picked()
    state.show_rows(names)
    tall = len(listed) > ROWS_UNSCROLLED
    drawn = st.dataframe(
        rows.frame(listed, short),
        hide_index=True,
        key=state.table("runs", names, [row.name for row in listed if row.entry.name in picked]),
        on_select="rerun",
        selection_mode=["multi-row", "single-cell"],
        row_height=ROW,
        height=ROW * (ROWS_UNSCROLLED + 1) + 8 if tall else "content",
        placeholder=wording.DASH,
        alt=words.TABLE_ALT,
        column_order=[name for name in words.COLUMNS if name != "trial" or any(row.entry.trial for row in listed)],
        column_config=columns(),
    )
    cells, ticks = drawn["selection"]["cells"], drawn["selection"]["rows"]
    ticked = [listed[place] for place in sorted(ticks)]
    keep_picked(ticked, listed)
    return listed[cells[0][0]] if cells else None, ticked


def columns() -> dict[str, ColumnConfig]:
    """How each column is shown."""
    title, about, looks = words.COLUMNS, words.COLUMNS_HELP, [*wording.VERDICTS.values(), wording.NO_VERDICT]
    return {
        "run": Column.TextColumn(title["run"], pinned=True, width=190),
        "verdict": Column.MultiselectColumn(
            title["verdict"],
            options=[f"{look.glyph} {look.word}" for look in looks],
            color=[look.color for look in looks],
            width=114,
        ),
        "state": Column.TextColumn(title["state"], width=116),
        "curves": Column.ImageColumn(title["curves"], width=172, help=about["curves"]),
        **{
            name: Column.NumberColumn(title[name], format=form, width=58, help=about[name])
            for name, form in NUMBERS.items()
        },
        "written": Column.DatetimeColumn(title["written"], format="distance", width=104, help=about["written"]),
        "trial": Column.TextColumn(title["trial"], width=190, help=about["trial"]),
    }


def actions(ticked: Sequence[Row]) -> None:
    """What can be done with what is picked or ticked; always there, so that the table below does not jump."""
    picked, names, hidden = state.picked(), [row.name for row in ticked], bool(state.shared("hidden"))
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


def open_row(row: Row) -> None:
    """Go to the page of the run, or of the study."""
    if row.trials:
        state.share("study", row.name)
        st.switch_page("views/tune/page.py", query_params=state.address())
    acts.open_run(row.name)


def keep_picked(ticked: Sequence[Row], listed: Sequence[Row]) -> None:
    """Remember the ticked runs by name, beside those picked earlier that are not listed now; a study by its best."""
    names, now = {row.entry.name for row in listed}, [row.entry.name for row in ticked]
    before = state.picked()
    after = [name for name in before if name not in names or name in now]
    after += [name for name in now if name not in after]
    if after != before:
        state.pick(after)


def untick() -> None:
    """Pick nothing."""
    state.pick([])
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
