"""Choices: which folder and which runs this tab looks at, how strictly, and what was said and put together in it."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from contextlib import suppress

import streamlit as st

from app.draft import Draft
from app.folder import remembered
from app.folder.entries import STANDARD
from app.state.access import DEFAULT_FOLDER, arguments, may_notify, reaches, why_not
from app.state.address import share, share_names, shared, shared_names
from app.wording.access import NOT_FROM_HERE
from app.wording.shell import THRESHOLDS
from diagnostics import GivenSetup
from diagnostics.logs.folders.remote import is_url
from diagnostics.thresholds import Thresholds
from trainer.datasets import unquoted

OF_A_FOLDER = (
    "run",
    "runs",
    "base",
    "against",
    "study",
    "find",
    "verdicts",
    "hidden",
    "pins",
)  # what means nothing in another folder


def place() -> str:
    """The logs this tab looks at: a URL, or the absolute path of a folder; only what the app was started over."""
    asked = absolute(shared("logdir"))
    return asked if reaches(asked) else default_place()


def keep_in_reach() -> None:
    """Take a folder that the app was not started over out of the address; which it was is remembered, to say so."""
    asked = absolute(shared("logdir"))
    if not reaches(asked):
        st.session_state["refused"] = asked
        share("logdir", arguments().logdir)


def refused_place() -> str:
    """The logs that were last asked for in vain; empty once others were opened."""
    return str(st.session_state.get("refused", ""))


def default_place() -> str:
    """The logs that the command line names."""
    return absolute(arguments().logdir)


def absolute(place: str) -> str:
    """A URL, or the absolute path of a folder."""
    return place.rstrip("/") if is_url(place) else os.path.abspath(os.path.expanduser(place))


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
    share("logdir", unquoted(typed) or arguments().logdir)
    st.session_state.pop("refused", None)


def limits() -> Thresholds:
    """When a rise counts in this tab; what the address says wrongly is as by default."""
    values = {name: _limit(name, shared(name)) for name in THRESHOLDS}
    return Thresholds(**values)  # type: ignore[arg-type]


def _limit(name: str, written: str) -> float:
    default, look = getattr(STANDARD, name), THRESHOLDS[name]
    try:
        value = float(written)
    except ValueError:
        return float(default) if isinstance(default, float) else int(default)
    in_range = math.isfinite(value) and look.low <= value <= look.high
    return type(default)(value) if in_range else default  # type: ignore[no-any-return]


def set_limit(name: str, value: float) -> None:
    """Judge with this threshold from now on; the default needs no place in the address."""
    share(name, "" if math.isclose(value, getattr(STANDARD, name)) else f"{value:g}")


def draft() -> Draft:
    """The training that is being put together in this tab."""
    return dict(st.session_state.get("draft", {}))


def keep_draft(changed: Draft) -> None:
    """Put this together from now on."""
    st.session_state["draft"] = changed


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


def slots(names: Sequence[str], most: int) -> dict[str, int]:
    """One of ``most`` places for each of at most as many names, which a name keeps from asking to asking."""
    taken = {name: place for name, place in st.session_state.get("slots", {}).items() if name in names}
    free = iter(sorted(set(range(most)) - set(taken.values())))
    slots_of = {name: taken[name] if name in taken else next(free) for name in names}
    st.session_state["slots"] = slots_of
    return dict(slots_of)


def taken_slots() -> dict[str, int]:
    """The place of each name that was given one last."""
    return dict(st.session_state.get("slots", {}))


def hidden() -> frozenset[str]:
    """The runs of this folder that a person does not want to see in lists; remembered on this machine."""
    return remembered.hidden_runs(place())


def hide(names: Sequence[str], *, hidden: bool = True) -> None:
    """Leave these runs out of lists from now on, or show them again. Raises ``OSError`` when that cannot be kept."""
    need_to_act()
    remembered.keep_hidden_runs(place(), names, hidden=hidden)


def folds() -> dict[str, bool]:
    """Which groups of the table were folded (True) or opened (False) in this folder, here or in another tab before."""
    here: dict[str, bool] = st.session_state.get("folds", {}).get(place(), {})
    return {**remembered.folds(place()), **here}


def fold(group: str, *, folded: bool) -> None:
    """Fold a group of the table or open it; remembered on this machine where this tab may write and can."""
    here = st.session_state.setdefault("folds", {}).setdefault(place(), {})
    here[group] = folded
    if not why_not():
        with suppress(OSError):
            remembered.keep_fold(place(), group, folded)


def given_setup(run: str) -> GivenSetup:
    """What a person said of a run of this folder because its log does not."""
    return remembered.given_setup(place(), run)


def given_setups() -> dict[str, GivenSetup]:
    """The same of all runs of this folder of which a person said anything."""
    return remembered.given_setups(place())


def give_setup(run: str, given: GivenSetup) -> None:
    """Give this of a run's setup from now on, on this machine. Raises ``OSError`` when that cannot be remembered."""
    need_to_act()
    remembered.keep_given_setup(place(), run, given)


def need_to_act() -> None:
    """Raises ``PermissionError`` where nothing may be started or written from this tab."""
    if reason := why_not():
        raise PermissionError(reason)


def need_to_notify() -> None:
    """Raises ``PermissionError`` where it may not be set from this tab where messages go."""
    need_to_act()
    if not may_notify():
        raise PermissionError(NOT_FROM_HERE)


def show_rows(names: list[str], labels: list[str], order: list[str]) -> None:
    """Remember the rows of a table with what they are called there, so that a click means the one on the screen.

    ``order`` is that of all runs, of which some may be folded.
    """
    st.session_state["rows"] = {"names": names, "labels": labels, "order": order}


def shown_rows() -> list[str]:
    """The rows as they were when the table was last drawn."""
    return _rows("names")


def shown_labels() -> list[str]:
    """What they are called in the table."""
    return _rows("labels")


def row_order() -> list[str]:
    """The order of all runs then, folded ones included."""
    return _rows("order")


def _rows(part: str) -> list[str]:
    return list(st.session_state.get("rows", {}).get(part, []))
