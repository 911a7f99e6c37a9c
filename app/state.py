"""State: which logs and which run this tab looks at, and how strictly; the same in the address and in the session."""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote, unquote

import streamlit as st

from app import kept
from app import told as facts
from app.charts import Theme
from app.entries import STANDARD
from app.recipe import Recipe
from app.wording import THRESHOLDS
from diagnostics import Told
from diagnostics.evidence import Thresholds
from diagnostics.logs.remote import is_url

DEFAULT_FOLDER = "runs"
# what an address says that means nothing in another folder
OF_A_FOLDER = ("run", "runs", "base", "study", "find", "verdicts", "hidden")
TICKS = {"fast": 0.5, "": 1.0, "slow": 2.0, "paused": None}  # how a speed is written in the address -> seconds
Option = TypeVar("Option")


def arguments() -> tuple[str, list[str]]:
    """The folder given on the command line after ``--`` (or the default), and what was not understood."""
    parser = argparse.ArgumentParser(add_help=False, exit_on_error=False, allow_abbrev=False)
    parser.add_argument("--logdir", default=DEFAULT_FOLDER)
    try:
        known, unknown = parser.parse_known_args(sys.argv[1:])
    except argparse.ArgumentError:
        return DEFAULT_FOLDER, sys.argv[1:]
    return known.logdir or DEFAULT_FOLDER, unknown


def keep_address() -> None:
    """Make the address and the session agree, the address first: a link opens the view it was copied from."""
    kept = _shared()
    kept.update(st.query_params.to_dict())
    if not kept.get("logdir"):
        kept["logdir"] = arguments()[0]
    for name, value in kept.items():
        if st.query_params.get(name) != value:
            st.query_params[name] = value


def shared(name: str, default: str = "") -> str:
    """What the address says under ``name``, on whatever page it was said; ``default`` where it says nothing.

    Everything that makes up a view (an axis, a smoothing, a filter) belongs here: it survives a reload, a change of
    page and a copied link. A name means one thing in the whole app. What comes from an address may be anything, so
    whoever reads it checks it.
    """
    return _shared().get(name) or default


def share(name: str, value: str) -> None:
    """Let the address say this from now on, on every page; with nothing to say the name goes out of it.

    To be called where something was done (a callback, a button), so that what is drawn after it is already so.
    """
    if value:
        _shared()[name] = st.query_params[name] = value
    else:
        _shared().pop(name, None)
        st.query_params.pop(name, None)


def shared_names(name: str) -> list[str]:
    """Several names under one name of the address, in their order."""
    return [unquote(part) for part in shared(name).split(" ") if part]


def share_names(name: str, values: Sequence[str]) -> None:
    """Let the address hold these names, whatever characters they have."""
    share(name, " ".join(quote(value, safe="/:=,+@()[]") for value in dict.fromkeys(values)))


def _shared() -> dict[str, str]:
    kept: dict[str, str] = st.session_state.setdefault("shared", {})
    return kept


def place() -> str:
    """The logs this tab looks at: a URL, or the absolute path of a folder."""
    typed = shared("logdir")
    return typed.rstrip("/") if is_url(typed) else os.path.abspath(os.path.expanduser(typed))


def place_is_remote() -> bool:
    """Whether it is a URL, where no training of this machine can write."""
    return is_url(place())


def place_is_default() -> bool:
    """Whether nobody asked for this folder by name, so that its absence is no mistake."""
    return shared("logdir") == DEFAULT_FOLDER


def open_folder(typed: str) -> None:
    """Look at another folder, or at the default one if nothing was typed; what was chosen in the old one is let go."""
    for name in OF_A_FOLDER:
        share(name, "")
    share("logdir", typed.strip() or arguments()[0])


def default_folder_button(label: str) -> None:
    """The way back to the folder that is opened when none is asked for."""
    st.button(label.format(DEFAULT_FOLDER), on_click=open_default_folder, icon=":material/folder_open:")


def open_default_folder() -> None:
    """Look at the folder that is opened when none is asked for."""
    open_folder(DEFAULT_FOLDER)
    renew()


def folder_box(label: str, *, help: str) -> None:
    """An input that opens another folder."""
    key = bound("folder_box", shared("logdir"))
    st.text_input(
        label, key=key, on_change=by_hand(lambda: open_folder(typed(key))), help=help, icon=":material/folder_open:"
    )


def limits() -> Thresholds:
    """When a rise counts in this tab; what the address says wrongly is as by default."""
    found = {name: _limit(name, shared(name)) for name in THRESHOLDS}
    return Thresholds(**found)  # type: ignore[arg-type]


def _limit(name: str, written: str) -> float:
    default, look = getattr(STANDARD, name), THRESHOLDS[name]
    try:
        value = float(written)
    except ValueError:
        return float(default) if isinstance(default, float) else int(default)
    in_range = math.isfinite(value) and look.low <= value <= look.high
    return type(default)(value) if in_range else default  # type: ignore[no-any-return]


def limit_box(name: str) -> None:
    """An input for one threshold, in the unit that a person reads it in."""
    look = THRESHOLDS[name]
    kind = type(getattr(STANDARD, name)) if look.scale == 1 else float
    key = bound(f"{name}-box", kind(round(getattr(limits(), name) * look.scale, 6)))
    st.number_input(
        look.label,
        kind(look.low * look.scale),
        kind(look.high * look.scale),
        step=kind(look.step),
        format="%d" if kind is int else "%g",
        key=key,
        on_change=by_hand(lambda: set_limit(name, typed(key) / look.scale)),
        help=look.about,
    )


def set_limit(name: str, value: float) -> None:
    """Judge with this threshold from now on; the default needs no place in the address."""
    share(name, "" if math.isclose(value, getattr(STANDARD, name)) else f"{value:g}")


def reset_limits() -> None:
    """Judge as everybody does."""
    for name in THRESHOLDS:
        set_limit(name, getattr(STANDARD, name))
    renew()


def draft() -> Recipe:
    """The training that is being put together in this tab."""
    return dict(st.session_state.get("draft", {}))


def keep_draft(changed: Recipe) -> None:
    """Put this together from now on."""
    st.session_state["draft"] = changed


def bound(key: str, value: object) -> str:
    """The key of a widget that shows ``value``, whatever it showed before; its callback belongs in ``by_hand``."""
    key = f"{key}@{_renewed()}"
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value
    return key


def by_hand(act: Callable[[], None]) -> Callable[[], None]:
    """A widget's callback that does nothing once its widget was renewed.

    For a moment a tick still brings what the browser showed before, which Streamlit takes for another change by hand.
    """
    then = _renewed()
    return lambda: act() if _renewed() == then else None


def renew() -> None:
    """Give every bound widget another key: something else than a hand on it changed what it shows."""
    st.session_state["renewed"] = _renewed() + 1


def _renewed() -> int:
    return int(st.session_state.get("renewed", 0))


def typed(key: str) -> Any:
    """What the widget of that key was set to."""
    return st.session_state[key]


def menu(
    key: str,
    label: str,
    options: Sequence[Option],
    *,
    now: Option | None,
    words: Callable[[Option], str],
    choose: Callable[[Option], None],
    empty: str,
    help: str | None = None,
) -> None:
    """A menu that shows what is the case ``now``, whoever brought it about; a choice takes effect at once.

    ``empty`` stands there where nothing is. ``words`` must not change from tick to tick: Streamlit tells options apart
    by their words, and takes one whose words are gone for another choice.
    """
    key = f"{key}@{now}@{_renewed()}"

    def changed() -> None:
        if typed(key) in options:
            choose(typed(key))
            renew()

    st.selectbox(
        label,
        options,
        index=None if now is None else options.index(now),
        format_func=words,
        key=key,
        on_change=by_hand(changed),
        placeholder=empty,
        help=help,
    )


def run_name() -> str:
    """The run the Run page shows; empty when none was chosen."""
    return shared("run")


def choose(name: str) -> None:
    """Make ``name`` the run that the Run page shows, in the session and in the address."""
    share("run", name)


def picked() -> list[str]:
    """The runs picked for comparison, in the order of picking; some may be gone from the folder meanwhile."""
    return shared_names("runs")


def pick(names: Sequence[str]) -> None:
    """Compare these runs from now on, whatever was picked before."""
    share_names("runs", names)


def hidden() -> frozenset[str]:
    """The runs of this folder that a person does not want to see in lists; remembered on this machine."""
    return frozenset(kept.kept("hidden", place()))


def hide(names: Sequence[str], *, hidden: bool = True) -> None:
    """Leave these runs out of lists from now on, or show them again. Raises ``OSError`` when that cannot be kept."""
    kept.keep("hidden", place(), dict.fromkeys(names, True if hidden else None))


def told(run: str) -> Told:
    """What a person said of a run of this folder because its log does not."""
    return facts.remembered(place(), run)


def tell(run: str, said: Told) -> None:
    """Say this of a run from now on, on this machine. Raises ``OSError`` when that cannot be remembered."""
    facts.remember(place(), run, said)


def tick() -> float | None:
    """Seconds after which a page with something live draws itself anew; ``None`` while the person has paused that.

    A fragment takes it as ``run_every=data.tick(state.place(), state.tick())``.
    """
    return TICKS.get(shared("tick"), TICKS[""])


def tick_box(label: str, words: Mapping[str, str], *, help: str) -> None:
    """An input for the speed of the ticks; ``words`` names each of ``TICKS``."""
    now = shared("tick") if shared("tick") in TICKS else ""
    key = bound("tick-box", now)
    st.segmented_control(
        label,
        list(TICKS),
        format_func=lambda speed: words[speed],
        key=key,
        required=True,
        on_change=by_hand(lambda: share("tick", typed(key))),
        help=help,
        width="stretch",
    )


def slots(names: Sequence[str], most: int) -> dict[str, int]:
    """One of ``most`` places for each of at most as many names, which a name keeps from asking to asking."""
    kept = {name: place for name, place in st.session_state.get("slots", {}).items() if name in names}
    free = iter(sorted(set(range(most)) - set(kept.values())))
    found = {name: kept[name] if name in kept else next(free) for name in names}
    st.session_state["slots"] = found
    return dict(found)


def show_rows(names: list[str]) -> None:
    """Remember the order of a table's rows, so that a click means the row that was on the screen."""
    st.session_state["rows"] = names


def shown_rows() -> list[str]:
    """The rows as they were when the table was last drawn."""
    return list(st.session_state.get("rows", []))


def search_box(name: str, label: str, *, hint: str) -> None:
    """An input whose text stands in the address under ``name`` while it is typed."""
    key = bound(f"{name}-box", shared(name))
    st.text_input(
        label,
        key=key,
        type="search",
        live=True,
        placeholder=hint,
        label_visibility="collapsed",
        on_change=by_hand(lambda: share(name, typed(key))),
    )


def pills(name: str, label: str, options: Sequence[str], words: Callable[[str], str]) -> None:
    """A choice of several that stands in the address under ``name``; other words make it another widget."""
    key = bound(f"{name}-{hash(tuple(map(words, options)))}", [one for one in shared_names(name) if one in options])
    st.pills(
        label,
        options,
        selection_mode="multi",
        format_func=words,
        key=key,
        label_visibility="collapsed",
        on_change=by_hand(lambda: share_names(name, typed(key))),
    )


def switch(name: str, label: str, *, help: str) -> bool:
    """Whether something is switched on, which stands in the address under ``name``; off unless it says so."""
    key = bound(f"{name}-switch", bool(shared(name)))
    st.toggle(label, key=key, help=help, on_change=by_hand(lambda: share(name, "on" if typed(key) else "")))
    return bool(shared(name))


def table(key: str, names: Sequence[str], ticked: Collection[str]) -> str:
    """The key of a table with these rows, whose ticks begin with ``ticked``.

    Streamlit counts ticked and clicked rows by their place: other rows, or another order, make it another table.
    """
    key = f"{key}-{hash(tuple(names))}@{_renewed()}"
    if key not in st.session_state:
        rows = [place for place, name in enumerate(names) if name in ticked]
        st.session_state[key] = {"selection": {"rows": rows, "columns": [], "cells": []}}
    return key


def address() -> dict[str, str]:
    """The query parameters that lead to this view."""
    return dict(_shared())


def theme() -> Theme:
    """``"light"`` or ``"dark"``, as the page is shown."""
    return "dark" if st.context.theme.type == "dark" else "light"
