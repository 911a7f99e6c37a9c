"""Results: what became of the best value from one run to the others, and what differs between them."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from app import state, widgets, wording
from app.charts.compare import LINE_STYLES
from app.charts.dots import dots_spec
from app.charts.translated import translated_table
from app.views.compare import settings, words
from app.views.compare.difference import Difference, Refusal, difference
from app.views.compare.parts import Bundles, line_styles, own_colors
from app.wording import figures
from diagnostics.report.run_names import short_names

Column = st.column_config
WIDTH, NARROW_WIDTH = 250, 150  # pixels of the column of names; on a phone
NARROW_LETTERS = 16  # of a name, on a phone


def against_base(bundles: Bundles) -> None:
    """What became of the best value against one of them."""
    names = list(bundles)
    base = base_of(bundles)
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(state.t(words.BASE_TITLE), anchor=False, help=state.t(words.BASE_HELP), width="content")
            with st.container(width=320):
                state.menu(
                    "base",
                    words.BASE,
                    names,
                    now=base,
                    words=str,
                    choose=lambda name: state.share("base", name),
                    empty="",
                    labeled=False,
                )
        if len(names) == 1:
            st.text(state.t(words.BASE_ALONE))
        else:
            differences({name: difference(bundles[base], bundles[name]) for name in names if name != base}, base)


def base_of(bundles: Bundles) -> str:
    """The line that the address names, by its own name or by a run of it; else the first."""
    shared = state.shared("base")
    named = (name for name, group in bundles.items() if shared in (name, *(entry.name for entry in group)))
    return next(named, next(iter(bundles)))


def differences(results: Mapping[str, tuple[Difference | None, Refusal | None]], base: str) -> None:
    """The change of each line against the base, and why others cannot be compared."""
    changes = {name: change for name, (change, _) in results.items() if change is not None}
    if changes:
        spec = dots_spec(words.CHANGE_AXIS, len(changes), state.theme(), percent=True)
        widgets.chart(spec, {"dots": dots(changes)}, key="changes", alt=words.CHANGES_ALT.format(base))
    if len(changes) == 1:
        single(next(iter(changes.values())))
    else:
        widgets.texts(words.bases(changes))
    if refused := {name: why for name, (_, why) in results.items() if why}:
        widgets.texts(words.refused(base, refused))


def single(change: Difference) -> None:
    """A single change in a word and in numbers."""
    with st.container(horizontal=True, vertical_alignment="center"):
        widgets.badge(words.KINDS[change.kind])
        st.text(f"{state.t(words.change(change))}. {state.t(words.basis(change))}")


def dots(changes: Mapping[str, Difference]) -> pd.DataFrame:
    """What ``dots_spec`` draws: a row a run."""
    rows = [
        (
            name,
            change.change,
            change.change if change.low is None else change.low,
            change.change if change.high is None else change.high,
            change.kind,
            f"{words.KINDS[change.kind].word}: {words.change(change)}",
        )
        for name, change in changes.items()
    ]
    return pd.DataFrame(rows, columns=["name", "value", "low", "high", "kind", "label"])


def table(bundles: Bundles, place: str) -> str:
    """Each line's settings as far as they differ, and what came of it; the run that was clicked, or nothing."""
    groups = list(bundles.values())
    logged = [settings.settings(group[0].run, place) for group in groups if group[0].run is not None]
    differing = settings.differing(logged, together=any(len(group) > 1 for group in groups))
    with st.container(border=True):
        st.subheader(state.t(words.TABLE), anchor=False, help=state.t(words.TABLE_HELP))
        clicked = st.dataframe(
            translated_table(frame(bundles, differing), ("verdict", "took"), state.t),
            hide_index=True,
            key="differences-narrow" if widgets.narrow() else "differences",
            on_select="rerun",
            selection_mode="single-cell",
            height="content",
            row_height=38,
            placeholder=wording.DASH,
            alt=state.t(words.TABLE_ALT),
            column_config=columns(bundles, list(differing)),
        )
        if not differing:
            st.caption(state.t(words.SAME_SETTINGS) if settings.common(logged) else state.t(words.NO_SETTINGS))
    cells = clicked["selection"]["cells"]
    return groups[cells[0][0]][0].name if cells and cells[0][0] < len(groups) else ""


def frame(bundles: Bundles, differing: Mapping[str, list[object]]) -> pd.DataFrame:
    """A row a line."""
    results, names = [settings.result(group) for group in bundles.values()], table_names(bundles)
    return pd.DataFrame(
        {
            "run": [[names[name]] for name in bundles],
            **{f"set-{name}": [words.value(value, name) for value in values] for name, values in differing.items()},
            "best": [words.best(result) for result in results],
            "at": figures.aligned([state.t(figures.place(result.at, result.unit)) for result in results]),
            "last": [result.last for result in results],
            "gap": [result.gap for result in results],
            "verdict": [words.verdicts(result) for result in results],
            "points": figures.aligned([state.t(words.length(result)) for result in results]),
            "took": [words.took(result) for result in results],
        }
    )


def table_names(bundles: Bundles) -> Mapping[str, str]:
    """What the table calls each line: as the chart does; on a phone by what tells it from the others."""
    return short_names(bundles, most=NARROW_LETTERS) if widgets.narrow() else {name: name for name in bundles}


def columns(bundles: Bundles, settings: list[str]) -> dict[str, ColumnConfig]:
    """How each column is shown; a line has the color that it has in the chart."""
    styles = LINE_STYLES[state.theme()]
    own = own_colors(bundles)
    names = table_names(bundles)
    colors = {names[name]: own.get(name, styles[place].color) for name, place in line_styles(bundles)}
    looks = list(wording.VERDICTS.values())
    return {
        "run": Column.MultiselectColumn(
            state.t(words.RUN),
            options=list(colors),
            color=list(colors.values()),
            pinned=True,
            width=NARROW_WIDTH if widgets.narrow() else WIDTH,
        ),
        **{f"set-{name}": Column.TextColumn(state.t(words.setting(name))) for name in settings},
        "best": Column.TextColumn(state.t("Best"), help=state.t(wording.COLUMNS["best"])),
        "at": Column.TextColumn(state.t("At"), help=state.t(wording.COLUMNS["at"])),
        "last": Column.NumberColumn(state.t("Last"), format="%.4g", help=state.t(words.LAST_HELP)),
        "gap": Column.NumberColumn(state.t("Gap"), format="%.3g", help=state.t(wording.COLUMNS["gap"])),
        "verdict": Column.MultiselectColumn(
            state.t("Verdict"),
            options=[f"{look.glyph} {state.t(look.word)}" for look in looks],
            color=[look.color for look in looks],
        ),
        "points": Column.TextColumn(state.t("Length"), help=state.t(words.LENGTH_HELP)),
        "took": Column.TextColumn(state.t("Time")),
    }
