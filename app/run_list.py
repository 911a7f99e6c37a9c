"""Run list: all runs of the folder beside a page, to open one after the other or to pick for comparison."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from app import state, widgets, wording
from app.charts.look import PALETTE
from app.folder import watch
from app.folder.entries import Entry, Snapshot
from app.wording import plain
from app.wording.run_list import WORDS

EVERY = 5.0  # seconds between two looks while a run is live: what is read closely ticks on its own page
NO_VERDICT = ""  # how the address writes that a run has none yet
KEY = "run-list"
LETTERS = 24  # of a name, which has two lines
HTML = """
<input class="search" type="search">
<div class="chips" role="group"></div>
<div class="tools"><span class="count" role="status"></span><button class="hidden"></button>
<button class="previous">↑</button><button class="next">↓</button></div>
<ul class="runs"></ul>
"""

_list = st.components.v2.component(
    "fitwatch.run_list",
    html=HTML,
    css=Path(__file__).with_suffix(".css").read_text(encoding="utf-8"),
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
)


def run_list(*, picks: bool) -> None:
    """The list; a click opens a run, or with ``picks`` picks it for comparison or lets it go."""
    beside = state.run_name(), tuple(state.picked())

    def draw() -> None:
        snapshot = watch.look(state.place(), state.limits())
        if (state.run_name(), tuple(state.picked())) != beside:
            st.rerun()  # a click in the list reached this fragment alone
        if snapshot.entries:
            _list(
                data=listed(snapshot, picks=picks),
                key=KEY,
                on_open_change=lambda: said("open", state.choose),
                on_pick_change=lambda: said("pick", pick),
                on_hide_change=lambda: said("hide", hide),
                on_filter_change=lambda: said("filter", keep_filter),
            )

    if watch.look(state.place(), state.limits()).live and state.tick() is not None:
        st.fragment(draw, run_every=EVERY)()
    else:
        draw()


def listed(snapshot: Snapshot, *, picks: bool) -> dict[str, Any]:
    """What the list shows, as the browser gets it."""
    chosen, picked, hidden = state.run_name(), state.picked(), state.hidden()
    unfold = bool(state.shared("trials"))
    entries = [entry for entry in snapshot.entries if unfold or not entry.study or entry.name in (chosen, *picked)]
    places = state.taken_slots() if picks else {}
    short = state.display_names(snapshot.shortened(LETTERS))
    colors = {name: PALETTE[color][state.theme()] for name, color in state.colors().items()}
    return {
        "words": state.words_of(WORDS),
        "picks": picks,
        "chosen": "" if picks else chosen,
        "find": state.shared("find"),
        "verdicts": state.shared_names("verdicts"),
        "counts": counts([entry for entry in entries if entry.name not in hidden]),
        "runs": [
            row(entry, short[entry.name], hidden=entry.name in hidden)
            | {"tint": colors.get(entry.name, "")}
            | ({"picked": entry.name in picked} | line(places.get(entry.name), colors.get(entry.name)) if picks else {})
            for entry in entries
        ],
    }


def row(entry: Entry, short: str, *, hidden: bool) -> dict[str, Any]:
    """One run of the list."""
    look = widgets.verdict_look(entry)
    return {
        "name": entry.name,
        "short": short,
        "key": verdict(entry),
        "glyph": look.glyph,
        "tone": look.color,
        "verdict": state.t(look.word),
        "state": state.t(wording.STATES[entry.state].word),
        "spark": entry.measured.lines(entry.diagnosis) if entry.measured is not None else {},
        "hidden": hidden,
    }


def line(place: int | None, color: str | None = None) -> dict[str, Any]:
    """How the line of a picked run is drawn in the chart, where it is drawn, in the ``color`` that it was given."""
    if place is None:
        return {}
    from app.charts.compare import LINE_STYLES  # with Altair, which the overview starts without

    style = LINE_STYLES[state.theme()][place]
    return {"color": color or style.color, "dashed": style.dash[1] > 0}


def verdict(entry: Entry) -> str:
    """A run's verdict as the address writes it."""
    return str(entry.diagnosis.verdict) if entry.diagnosis is not None else NO_VERDICT


def counts(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """How many runs have each verdict that occurs, worst first."""
    many = Counter(verdict(entry) for entry in entries)
    looks = {**{str(verdict): look for verdict, look in wording.VERDICTS.items()}, NO_VERDICT: wording.NO_VERDICT}
    return [
        {"key": key, "glyph": look.glyph, "tone": look.color, "word": state.t(look.word), "count": many[key]}
        for key, look in looks.items()
        if many[key]
    ]


def said(what: str, act: Any) -> None:
    """Do what was asked for in the list; what comes from a browser may be anything, so each act checks it."""
    value = state.typed(KEY).get(what)
    if value is not None:
        act(value)


def names() -> Collection[str]:
    """The runs that there are."""
    return watch.look(state.place(), state.limits()).names


def pick(name: str) -> None:
    """Draw this run, too, or no longer."""
    picked = state.picked()
    state.pick([other for other in picked if other != name] if name in picked else [*picked, name])
    state.renew()


def hide(asked: Mapping[str, Any]) -> None:
    """Leave a run out of lists, or show it again, or say why that cannot be remembered."""
    try:
        state.hide([str(asked["name"])], hidden=bool(asked["hidden"]))
    except OSError as error:
        st.toast(plain(state.t(wording.FORGOTTEN.format(error))), icon=":material/error:", duration="long")


def keep_filter(asked: Mapping[str, Any]) -> None:
    """Let the address say what is searched for, so that the overview lists the same."""
    state.share("find", str(asked["find"]))
    state.share_names("verdicts", [str(verdict) for verdict in asked["verdicts"]])


def choose_worst() -> None:
    """Where no run is chosen, the page shows the one that needs attention most; runs of a study stand back."""
    snapshot, hidden = watch.look(state.place(), state.limits()), state.hidden()
    shown = [entry for entry in snapshot.entries if entry.name not in hidden]
    entry = next((entry for entry in shown if not entry.study), next(iter(shown), None))
    if not state.run_name() and entry is not None:
        state.choose(entry.name)
