"""Labels: what a person calls a run, the color they gave it, and what they noted of it, remembered as other decisions.

A folder or URL is named by its place. What cannot be understood is as if it had never been written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Set

from app.charts.look import PALETTE
from app.folder.remembered import decisions, keep_decisions

LONGEST = 80  # characters of a name


def note(place: str, run: str) -> str:
    """What a person noted of a run of a folder or URL; empty where nothing was noted."""
    written = decisions("notes", place).get(run)
    return _text(written)


def keep_note(place: str, run: str, text: str) -> None:
    """Keep a note, or forget it where it is empty. Raises ``OSError`` when the file cannot be written."""
    keep_decisions("notes", place, {run: text.strip() or None})


def names(place: str) -> dict[str, str]:
    """What a person calls the runs that they named."""
    read = {run: _name(written) for run, written in decisions("names", place).items()}
    return {run: name for run, name in read.items() if name}


def keep_name(place: str, run: str, name: str) -> None:
    """Call a run so from now on, or again by its folder where nothing is given. Raises ``OSError`` as above."""
    keep_decisions("names", place, {run: _name(name) or None})


def _name(written: object) -> str:
    return " ".join(_text(written).split())[:LONGEST]


def _text(written: object) -> str:
    """What a person wrote, with half a character (a lone surrogate), which no page can be sent with, as its escape."""
    return written.encode("utf-8", "backslashreplace").decode() if isinstance(written, str) else ""


def called(name: str, place: str) -> str:
    """What a run is called by its folder, which may be the whole place."""
    return place.rstrip("/").rpartition("/")[2] or name if name == "." else name


def displayed(given: Mapping[str, str], short: Mapping[str, str]) -> dict[str, str]:
    """What each run of ``short`` is called: by the name given to it, else by its short one; no two by the same."""
    called = {run: given.get(run, name) for run, name in short.items()}
    often = Counter(called.values())
    taken = {name for name, runs in often.items() if runs == 1}
    for run, name in called.items():
        if often[name] > 1:
            called[run] = _free(name, f" ({short[run]})", taken)
            taken.add(called[run])
    return called


def _free(name: str, ending: str, taken: Set[str]) -> str:
    """The name with as many of these endings, at least one, as no other is called."""
    name += ending
    while name in taken:
        name += ending
    return name


def colors(place: str) -> dict[str, str]:
    """The color of each run that a person gave one, by its name in ``PALETTE``."""
    return {
        run: color for run, color in decisions("colors", place).items() if isinstance(color, str) and color in PALETTE
    }


def keep_color(place: str, run: str, color: str | None) -> None:
    """Give a run a color of ``PALETTE``, or take it away. Raises ``OSError`` when the file cannot be written."""
    keep_decisions("colors", place, {run: color})


def pins(place: str) -> list[str]:
    """The series that stand below the chart of every run of a folder or URL, in the order of pinning."""
    return [series for series, pinned in decisions("pins", place).items() if pinned is True]


def keep_pins(place: str, pinned: Mapping[str, bool]) -> None:
    """Pin these series, or let them go. Raises ``OSError`` when the file cannot be written."""
    keep_decisions("pins", place, {series: True if now else None for series, now in pinned.items()})
