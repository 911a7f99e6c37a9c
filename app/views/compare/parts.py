"""Comparing: which runs the Compare page is about, and their lines over one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from app import controls, state, widgets
from app.charts.axes import Axis, axes
from app.charts.compare import overlay_spec
from app.folder.entries import Entry, Snapshot
from app.picture import picture_buttons
from app.views.compare import lines, settings
from app.views.compare import words as compare
from app.views.compare.lines import MOST, Looked, Quantity
from app.wording import charts as chart_words
from app.wording import plain
from diagnostics import Run
from diagnostics.seeds import alike

OFFERED = 4
Bundles = Mapping[str, Sequence[Entry]]


def picker(seen: Snapshot) -> None:
    """The runs that are compared, with what is often compared as long as nothing is."""
    names = sorted(entry.name for entry in seen.entries)
    key = state.bound("picker", [name for name in state.picked() if name in names])
    st.multiselect(
        compare.PICK,
        names,
        key=key,
        on_change=state.by_hand(lambda: state.pick(state.typed(key))),
        placeholder=compare.PICK_EMPTY,
        help=compare.PICK_HELP,
    )


def offers(seen: Snapshot) -> None:
    """Trials beside the runs they are of, and configurations that were run with several seeds."""
    pairs = settings.pairs(seen.entries, seen.place)[:OFFERED]
    groups = [group for group in alike(entry.run for entry in seen.entries if entry.run) if len(group) > 1]
    if not pairs and not groups:
        return
    st.caption(compare.OFFERED)
    with st.container(horizontal=True):
        for parent, trial in pairs:
            label = plain(compare.pair(parent, trial))
            st.button(
                label, icon=":material/compare_arrows:", key=f"pair-{trial}", on_click=take, args=[[parent, trial]]
            )
        if groups:
            label = compare.ALL_SEEDS.format(len(groups))
            runs = [run.name for group in groups for run in group][:MOST]
            st.button(label, icon=":material/stacked_line_chart:", key="seeds", on_click=take, args=[runs])


def take(names: list[str]) -> None:
    """Compare these, the first as the one before the change."""
    state.pick(names)
    state.share("base", names[0])
    state.renew()


def chosen(seen: Snapshot) -> tuple[list[Entry], list[str]]:
    """The runs to draw, in the order of picking, and what is to be said of those that are not."""
    asked = state.picked()
    there = [entry for name in asked if (entry := seen.get(name)) is not None]
    drawn = [entry for entry in there if entry.run is not None and entry.run.curves]
    gone, empty = [name for name in asked if seen.get(name) is None], [one.name for one in there if one not in drawn]
    said = [compare.TOO_MANY.format(len(drawn))] if len(drawn) > MOST else []
    said += [compare.GONE.format(", ".join(gone))] if gone else []
    said += [compare.WITHOUT_CURVES.format(", ".join(empty))] if empty else []
    return drawn[:MOST], said


def quantity(runs: Sequence[Run], wanted: Quantity) -> None:
    """What is drawn, and whether runs that differ by their seed alone are one line."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=300):
            state.menu(
                "quantity",
                compare.QUANTITY,
                lines.quantities(runs),
                now=wanted,
                words=lambda one: compare.quantity(one, runs),
                choose=lambda one: state.share("quantity", str(one)),
                empty="",
            )
        if any(len(group) > 1 for group in alike(runs)):
            key = state.bound("together-box", together(runs))
            st.toggle(
                compare.TOGETHER,
                key=key,
                on_change=state.by_hand(lambda: state.share("together", "" if state.typed(key) else "off")),
                help=compare.TOGETHER_HELP,
            )


def together(runs: Sequence[Run]) -> bool:
    """Whether runs that differ by their seed alone are one line."""
    return state.shared("together") != "off" and any(len(group) > 1 for group in alike(runs))


def asked(runs: Sequence[Run]) -> Quantity:
    """The quantity that the address asks for, where these runs have it."""
    options = lines.quantities(runs)
    return next((one for one in options if str(one) == state.shared("quantity")), lines.VALIDATION)


def bundled(entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    """What is drawn as one line each, by name."""
    of = {entry.name: entry for entry in entries}
    runs = [entry.run for entry in entries if entry.run is not None]
    found: dict[str, list[Entry]] = {}
    for group in lines.bundles(runs, together=together(runs)):
        names = [run.name for run in group]
        found[compare.bundle(names, list(found))] = [of[name] for name in names]
    return found


def overlay(bundles: Bundles, wanted: Quantity, place: str) -> None:
    """The lines over one another, with their data to take away."""
    entries = [entry for group in bundles.values() for entry in group]
    runs = {name: [entry.run for entry in group if entry.run is not None] for name, group in bundles.items()}
    everyone = [run for group in runs.values() for run in group]
    title = compare.quantity(wanted, everyone)
    known = {
        entry.name: axes(entry.run, entry.known.setup(place).steps)
        for entry in entries
        if entry.run is not None and entry.known is not None
    }
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(plain(title), anchor=False, help=compare.CHART_HELP, width="content")
            st.space("stretch")
            view = controls.view(everyone[0], {kind: Axis(kind) for kind in lines.kinds(known.values())})
            export = st.popover(chart_words.EXPORT, icon=":material/download:", key="export")
        along = {name: found[view.axis.kind] for name, found in known.items() if view.axis.kind in found}
        drawn = lines.lines(runs, wanted, Looked(along, view.smoothing))
        raw = lines.lines(runs, wanted, Looked(along)) if view.smoothing else {}
        if drawn:
            timed, better = view.axis.kind == "time", lines.better(everyone[0], wanted)
            x, scale = chart_words.AXIS_TITLES[view.axis.kind], state.shared("scale")
            log = scale == "log" or (scale != "linear" and lines.wants_log(drawn))
            spec = overlay_spec(x, title, looks(bundles), state.theme(), timed=timed, log=log)
            data = lines.frames(drawn, raw, log=log, better=better)
            widgets.chart(spec, data, key="overlay", alt=compare.chart_alt(title), zoom=True)
        else:
            st.text(compare.NOTHING_DRAWN)
        widgets.texts(compare.remarks(runs, drawn, wanted))
        with export:
            picture_buttons("overlay", "comparison")
            st.download_button(
                chart_words.EXPORT_CSV,
                lambda: lines.exported(drawn, view.axis.kind).to_csv(index=False),
                "comparison.csv",
                "text/csv",
                on_click="ignore",
                key="export-csv",
                width="stretch",
            )


def looks(bundles: Bundles) -> tuple[tuple[str, int], ...]:
    """Each line's name with its place among the looks, which it keeps from tick to tick and from pick to pick."""
    places = state.slots([group[0].name for group in bundles.values()], MOST)
    return tuple((name, places[group[0].name]) for name, group in bundles.items())
