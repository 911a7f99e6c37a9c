"""Compare parts: which runs the page is about, and their lines over one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from app import controls, ranges, state, widgets, wording
from app.charts.axes import Axis, axes
from app.charts.compare import overlay_spec
from app.charts.extents import framed, widened
from app.charts.panels import panels_spec
from app.folder import trials_of_run
from app.folder.entries import Entry, Snapshot
from app.picture import picture_buttons
from app.views.compare import lines, pins, words
from app.views.compare import quantity as quantities
from app.views.compare.lines import MOST, Line
from app.views.compare.quantity import Quantity
from app.wording import charts as chart_words
from app.wording import plain
from diagnostics import Run
from diagnostics.report.export import csv_text
from diagnostics.report.run_names import short_names
from diagnostics.seeds import alike

OFFERED = 4
Bundles = Mapping[str, Sequence[Entry]]


def picker(snapshot: Snapshot) -> None:
    """The runs that are compared."""
    names, short = sorted(snapshot.names), state.display_names(snapshot.short)
    key = state.bound("picker", [name for name in state.picked() if name in names])
    st.multiselect(
        state.t(words.PICK),
        names,
        key=key,
        format_func=lambda name: short[name],
        on_change=state.by_hand(lambda: state.pick(state.typed(key))),
        placeholder=state.t(words.PICK_EMPTY),
        help=state.t(words.PICK_HELP),
    )


def offers(snapshot: Snapshot) -> None:
    """Trials beside the runs they are of, and configurations that were run with several seeds."""
    pairs = trials_of_run.pairs(snapshot.entries, snapshot.place)[:OFFERED]
    groups = [group for group in alike(entry.run for entry in snapshot.entries if entry.run) if len(group) > 1]
    together = folders(snapshot)
    if not pairs and not groups and not together:
        return
    short = state.display_names(snapshot.short)
    st.caption(state.t(words.OFFERED))
    with st.container(horizontal=True):
        for parent, trial in pairs:
            label, names = words.pair(short[parent], short[trial]), [parent, trial]
            st.button(
                plain(state.t(label)),
                icon=":material/compare_arrows:",
                key=f"pair-{trial}",
                on_click=take,
                args=[names],
            )
        if groups:
            label, names = words.ALL_SEEDS.format(len(groups)), [run.name for group in groups for run in group][:MOST]
            st.button(state.t(label), icon=":material/stacked_line_chart:", key="seeds", on_click=take, args=[names])
        for folder, names in together.items():
            label = words.folder(folder, len(names))
            st.button(
                plain(state.t(label)),
                icon=":material/folder:",
                key=f"folder-{folder}",
                on_click=take,
                args=[names[:MOST]],
            )


def folders(snapshot: Snapshot) -> dict[str, list[str]]:
    """The folders that hold most runs to compare, by what tells them apart, with their runs, the worst first."""
    hidden = state.hidden()
    inside: dict[str, list[str]] = {}
    for entry in snapshot.entries:
        if entry.val is not None and entry.name not in hidden:
            inside.setdefault(entry.name.rpartition("/")[0], []).append(entry.name)
    several = {folder: names for folder, names in inside.items() if len(names) > 1}
    largest = sorted(several, key=lambda folder: -len(several[folder]))[:OFFERED]
    short = short_names(inside)
    return {short[folder]: several[folder] for folder in largest}


def take(names: list[str]) -> None:
    """Compare these, the first as the one before the change."""
    state.pick(names)
    state.share("base", names[0])
    state.renew()


def chosen(snapshot: Snapshot) -> tuple[list[Entry], list[str]]:
    """The runs to draw, in the order of picking, and what is to be said of those that are not."""
    picked = state.picked()
    entries = [entry for name in picked if (entry := snapshot.get(name)) is not None]
    drawn = [entry for entry in entries if entry.run is not None and entry.run.curves]
    gone = [name for name in picked if snapshot.get(name) is None]
    empty = [entry.name for entry in entries if entry not in drawn]
    remarks = [words.TOO_MANY.format(len(drawn))] if len(drawn) > MOST else []
    remarks += [words.GONE.format(", ".join(gone))] if gone else []
    remarks += [words.WITHOUT_CURVES.format(", ".join(empty))] if empty else []
    return drawn[:MOST], remarks


def nothing_picked(snapshot: Snapshot) -> None:
    """What to do where no run is picked."""
    with st.container(border=True):
        st.subheader(state.t(words.NOTHING_PICKED), anchor=False)
        widgets.texts(filter(None, [wording.sentence(snapshot.error), words.NOTHING_PICKED_WAY_OUT]))
        st.page_link("views/overview/page.py", label=state.t(wording.BACK), icon=":material/arrow_back:")


def quantity_menu(runs: Sequence[Run], quantity: Quantity) -> None:
    """What is drawn, and whether runs that differ by their seed alone are one line."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=300):
            state.menu(
                "quantity",
                words.QUANTITY,
                quantities.quantities(runs),
                now=quantity,
                words=lambda option: state.t(words.quantity(option, runs)),
                choose=lambda option: state.share("quantity", str(option)),
                empty="",
            )
        with st.container(width="stretch"):
            pins.box(runs, quantity)
        if several_seeds(runs):
            key = state.bound("together-box", together(runs))
            st.toggle(
                state.t(words.TOGETHER),
                key=key,
                on_change=state.by_hand(lambda: state.share("together", "" if state.typed(key) else "off")),
                help=state.t(words.TOGETHER_HELP),
            )


def several_seeds(runs: Sequence[Run]) -> bool:
    """Whether some of these runs differ by their seed alone."""
    return any(len(group) > 1 for group in alike(runs))


def together(runs: Sequence[Run]) -> bool:
    """Whether runs that differ by their seed alone are one line."""
    return state.shared("together") != "off" and several_seeds(runs)


def quantity_asked_for(runs: Sequence[Run]) -> Quantity:
    """The quantity that the address asks for, where these runs have it."""
    options = quantities.quantities(runs)
    return next((option for option in options if str(option) == state.shared("quantity")), quantities.VALIDATION)


def bundled(entries: Sequence[Entry], snapshot: Snapshot) -> dict[str, list[Entry]]:
    """What is drawn as one line each, by the name that its runs have in every list of the folder."""
    short = state.display_names(snapshot.short)
    of = {entry.name: entry for entry in entries}
    runs = [entry.run for entry in entries if entry.run is not None]
    bundles: dict[str, list[Entry]] = {}
    for group in lines.bundles(runs, together=together(runs)):
        names = [run.name for run in group]
        bundles[words.bundle([short[name] for name in names], list(bundles))] = [of[name] for name in names]
    return bundles


def overlay(bundles: Bundles, quantity: Quantity, place: str) -> None:
    """The lines over one another, with their data to take away, and further quantities in panels below them."""
    runs = {name: [entry.run for entry in group if entry.run is not None] for name, group in bundles.items()}
    everyone = [run for group in runs.values() for run in group]
    axes_of = {
        entry.name: axes(entry.run, entry.measured.setup(place).steps)
        for group in bundles.values()
        for entry in group
        if entry.run is not None and entry.measured is not None
    }
    title = words.quantity(quantity, everyone)
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(plain(state.t(title)), anchor=False, help=state.t(words.CHART_HELP), width="content")
            st.space("stretch")
            export = st.popover(state.t(chart_words.EXPORT), icon=":material/download:", key="export")
            kinds = {kind: Axis(kind) for kind in lines.kinds(axes_of.values())}
            view = controls.view(kinds, log=quantities.wants_log(everyone, quantity))
        along = {name: own[view.axis.kind] for name, own in axes_of.items() if view.axis.kind in own}
        drawn = lines.lines(runs, quantity, along, smoothing=view.smoothing)
        below = pins.pinned(everyone, quantity)
        if drawn:
            timed, better = view.axis.kind == "time", directions(runs, quantity)
            styles, x = line_styles(bundles), chart_words.AXIS_TITLES[view.axis.kind]
            raw = lines.lines(runs, quantity, along) if view.smoothing else {}
            colors = tuple(own_colors(bundles).items())
            data = lines.frames(drawn, raw, log=view.log, better=better)
            if (heights := lines.heights(drawn, log=view.log, better=better)) is not None:
                ranges.height_button()
                data["extent"] = framed(data["extent"], None if ranges.is_whole() else heights)
            if below:
                shown = [quantity, *below]
                titles = tuple(words.quantity(each, everyone) for each in shown)
                spec = panels_spec(x, titles, styles, state.theme(), colors=colors, timed=timed, log=view.log)
                panels = pins.panels(runs, shown, along, [name for name, _ in styles], smoothing=view.smoothing)
                whole = widened(data["extent"], [panels[f"panel{place}"] for place in range(1, len(shown))])
                data |= {**panels, "extent": whole}
            else:
                spec = overlay_spec(x, title, styles, state.theme(), colors=colors, timed=timed, log=view.log)
            with st.container(key="panels" if below else "overlaid"):
                widgets.chart(spec, data, key=chart_key(below), alt=words.chart_alt(title), zoom=True)
        else:
            st.text(state.t(words.NOTHING_DRAWN))
        widgets.texts(words.remarks(runs, drawn, quantity))
        with export:
            downloads(drawn, view.axis.kind, chart_key(below))


def directions(bundles: Mapping[str, Sequence[Run]], quantity: Quantity) -> dict[str, quantities.Better]:
    """Which end of each line is the best one: runs may be judged by a loss or by an accuracy."""
    return {name: quantities.better(group[0], quantity) for name, group in bundles.items()}


def chart_key(below: Sequence[Quantity]) -> str:
    """The chart's: with another number of panels it is another one."""
    return f"overlay-{len(below)}" if below else "overlay"


def downloads(drawn: Mapping[str, Line], axis: str, key: str) -> None:
    """The chart as a picture, and its numbers."""
    picture_buttons(key, "comparison")
    st.download_button(
        state.t(chart_words.EXPORT_CSV),
        lambda: csv_text(lines.exported(drawn, axis)),
        "comparison.csv",
        "text/csv",
        on_click="ignore",
        key="export-csv",
        width="stretch",
    )


def line_styles(bundles: Bundles) -> tuple[tuple[str, int], ...]:
    """Each line's name with its place among the line styles, which it keeps from tick to tick and from pick to pick."""
    places = state.slots([group[0].name for group in bundles.values()], MOST)
    return tuple((name, places[group[0].name]) for name, group in bundles.items())


def own_colors(bundles: Bundles) -> dict[str, str]:
    """The color of each line that a person gave one: that of its first run."""
    given = {name: state.color(group[0].name) for name, group in bundles.items()}
    return {name: color for name, color in given.items() if color}
