"""Labels: what the runs of this folder are called, the colors they were given, and what was noted of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.charts.look import PALETTE
from app.folder import labels
from app.state.access import may_act
from app.state.address import share_names, shared, shared_names, theme
from app.state.choices import need_to_act, place


def display_names(short: Mapping[str, str]) -> dict[str, str]:
    """What each run of ``short`` is called: by the name that a person gave it, else by its short one; no two alike."""
    return labels.displayed(labels.names(place()), short)


def given_names() -> Mapping[str, str]:
    """What a person calls the runs that they named."""
    return labels.names(place())


def display_name(run: str, otherwise: str) -> str:
    """What a person calls this run; ``otherwise`` where nobody named it."""
    return labels.names(place()).get(run, otherwise)


def colors() -> dict[str, str]:
    """The color of each run that a person gave one, by its name in ``PALETTE``."""
    return labels.colors(place())


def color(run: str) -> str:
    """The color of this run in the theme of the page; empty where nobody gave it one."""
    name = colors().get(run)
    return PALETTE[name][theme()] if name is not None else ""


def note(run: str) -> str:
    """What a person noted of this run; empty where nothing was noted."""
    return labels.note(place(), run)


def rename(run: str, name: str) -> None:
    """Call a run so from now on, on this machine. Raises ``OSError`` when that cannot be remembered."""
    need_to_act()
    labels.keep_name(place(), run, name)


def give_color(run: str, name: str | None) -> None:
    """Give a run this color of ``PALETTE``, or none. Raises ``OSError`` when that cannot be remembered."""
    need_to_act()
    labels.keep_color(place(), run, name)


def keep_note(run: str, text: str) -> None:
    """Note this of a run. Raises ``OSError`` when that cannot be remembered."""
    need_to_act()
    labels.keep_note(place(), run, text)


def pins() -> list[str]:
    """The series that stand below the chart of a run: those that the address names, else those pinned here before."""
    return shared_names("pins") if shared("pins") else labels.pins(place())


def pin(series: str, *, pinned: bool) -> None:
    """Let a series stand there from now on, or no longer. Raises ``OSError`` when that cannot be remembered."""
    pin_only([other for other in pins() if other != series] + [series] * pinned, among=[*pins(), series])


def pin_only(chosen: Sequence[str], *, among: Sequence[str]) -> None:
    """Let the ``chosen`` of these series stand there from now on, in this order; others stay as they are."""
    others = [series for series in pins() if series not in among]
    share_names("pins", [*others, *chosen])
    if may_act():
        gone = [series for series in among if series not in chosen]
        labels.keep_pins(place(), dict.fromkeys(gone, False) | dict.fromkeys(chosen, True))
