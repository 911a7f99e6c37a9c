"""Groups: the rows of the table under one line for each folder or verdict, which folds them away and ticks them all."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from app.folder.entries import urgency
from app.views.overview.rows import UNREADABLE, Row

MARK = "\x1f"  # before the name of a group's line, which no run's name begins with
FOLDED, UNFOLDED = "+-"
KINDS = ("folder", "verdict")


@dataclass(frozen=True)
class RowGroup:
    """The line above some rows: all of one ``folder`` or one ``verdict``, which is its ``title``; worst run first."""

    kind: str
    title: str
    rows: tuple[Row, ...]
    folded: bool

    @property
    def key(self) -> str:
        """What tells it from every other group of the place."""
        return f"{self.kind}:{self.title}"

    @property
    def name(self) -> str:
        """What its line is called among the names of runs, with whether it is folded."""
        return f"{MARK}{FOLDED if self.folded else UNFOLDED}{self.key}"

    @property
    def worst(self) -> Row:
        """The run in it that needs attention most."""
        return min(self.rows, key=lambda row: urgency(row.entry))

    @property
    def members(self) -> list[str]:
        """The names of the runs in it."""
        return [row.entry.name for row in self.rows]


TableLine = Row | RowGroup


def lines(listed: Sequence[Row], kind: str, folds: Mapping[str, bool], *, all_open: bool) -> list[TableLine]:
    """The lines of the table: each group with its rows, the group with the worst run first; just rows for no ``kind``.

    ``folds`` says which groups a person has folded or opened. Of the others, those with nothing readable are folded,
    unless ``all_open``. A run that is alone in its folder and readable needs no line above it.
    """
    if kind not in KINDS:
        return list(listed)
    inside: dict[str, list[Row]] = {}
    for row in listed:
        inside.setdefault(getattr(row, kind), []).append(row)
    table: list[TableLine] = []
    for title, rows in inside.items():
        if kind == "folder" and len(rows) == 1 and _readable(rows):
            table += rows
            continue
        folded = folds.get(f"{kind}:{title}", not all_open and not _readable(rows))
        table += [RowGroup(kind, title, tuple(rows), folded), *([] if folded else rows)]
    return table


def _readable(rows: Sequence[Row]) -> bool:
    return any(row.verdict not in UNREADABLE or row.entry.live for row in rows)


def named(name: str) -> tuple[str, bool]:
    """The key of the group whose line is called so, empty for a run, and whether it is folded."""
    sign, key = name.removeprefix(MARK)[:1], name.removeprefix(MARK)[1:]
    return (key, sign == FOLDED) if name.startswith(MARK) else ("", False)


def ticked_now(table: Sequence[TableLine], before: Collection[str]) -> list[int]:
    """The places of the lines that are ticked while these runs are picked: a group's if all its runs are."""
    return [
        place
        for place, line in enumerate(table)
        if (all(name in before for name in line.members) if isinstance(line, RowGroup) else line.entry.name in before)
    ]


def picked_after(table: Sequence[TableLine], ticked: Collection[int], before: Sequence[str]) -> list[str]:
    """The picked runs once these lines are ticked, in the order of picking; what is not listed stays as it was.

    The line of a group picks all its runs, or lets them go.
    """
    was = ticked_now(table, before)
    now = {line.entry.name: place in ticked for place, line in enumerate(table) if isinstance(line, Row)}
    for place, line in enumerate(table):
        if isinstance(line, RowGroup) and (place in ticked) != (place in was):
            shown = [name for name in line.members if name in now]
            if place in ticked or all(now[name] for name in shown):
                now.update(dict.fromkeys(line.members, place in ticked))
    after = [name for name in before if now.get(name, True)]
    return [*after, *(name for name, is_ticked in now.items() if is_ticked and name not in after)]
