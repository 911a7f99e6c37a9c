"""Run names: what each run of a folder is called where a line is short, by what tells it from the others."""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import product

MOST = 32  # characters
LEAST = 5  # letters of a folder by which it is still recognized
ELLIPSIS = "\u2026"
HEADS = (0.5, 0.65, 0.35, 0.8, 0.2)  # shares of the room that the beginning may take, the first that tells all apart
WORD_END = re.compile(r"[-_ /]")


def by_folder(name: str, logdir: str) -> str:
    """What a run is called in a list; one that is the whole ``logdir`` goes by the name of that folder."""
    place = logdir.rstrip("/") if "://" in logdir else os.path.abspath(logdir)
    return (place.rpartition("/")[2] or name) if name == "." else name


def short_names(names: Iterable[str], *, most: int = MOST) -> Mapping[str, str]:
    """Each name by what differs: without the folders that all of them share or that only one run lies in.

    What is then longer than ``most`` loses the words that all begin with, then those that all end with, and at last its
    middle. No two names come out alike, though one may then be longer than ``most``.
    """
    return _short_names(tuple(sorted(set(names))), most)


@lru_cache(16)
def _short_names(names: tuple[str, ...], most: int) -> dict[str, str]:
    if len(names) < 2:
        return {name: shortened(name, most) for name in names}
    folders = _without_first(_telling_folders({name: name.split("/") for name in names}))
    whole = {name: "/".join(parts) for name, parts in folders.items()}
    for trimmed in (_without_common_words, _without_common_end):
        if any(len(name) > most for name in whole.values()):
            whole = trimmed(whole)
    return _cut(whole, most)


def shortened(name: str, most: int = MOST, *, head: float = 0.5, words: bool = True) -> str:
    """A name without its middle, where it is longer than ``most``; ``head`` is the share of its beginning.

    The last part of a path stays whole where it leaves the folder before it some letters. Elsewhere it is cut between
    ``words``, where that leaves at least a third of its beginning and half of its end.
    """
    if len(name) <= most:
        return name
    folder, slash, last = name.rpartition("/")
    start = most - 1 - len(f"{slash}{last}")
    if not slash or start < LEAST or len(folder) <= start:
        start = round(head * (most - 1))
        if words:
            start = max((end.start() for end in WORD_END.finditer(name, start // 3, start + 1)), default=start)
    end = len(name) - (most - 1 - start)
    if words and end > len(folder):
        end = min((word.end() for word in WORD_END.finditer(name, end - 1, (end + len(name)) // 2)), default=end)
    return f"{name[:start]}{ELLIPSIS}{name[end:]}"


def _telling_folders(paths: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Of each path the folders beside which there is another one, or a run."""
    inside: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for parts in paths.values():
        for depth in range(len(parts) + 1):
            inside[tuple(parts[:depth])].add(parts[depth] if depth < len(parts) else "")
    return {
        name: [part for depth, part in enumerate(parts) if len(inside[tuple(parts[:depth])]) > 1]
        or [parts[-1]]
        for name, parts in paths.items()
    }  # fmt: skip


def _without_first(folders: dict[str, list[str]]) -> dict[str, list[str]]:
    """The paths without the first folders of all of them, as long as the rest tells all apart."""
    rest = {name: parts[1:] for name, parts in folders.items()}
    if not all(rest.values()) or not _distinct("/".join(parts) for parts in rest.values()):
        return folders
    return _without_first(rest)


def _without_common_words(whole: dict[str, str]) -> dict[str, str]:
    """The names without the words that all of them begin with; a number keeps the word before it."""
    first, last = min(whole.values()), max(whole.values())
    same = next((at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    ends = [0, *(match.end() for match in WORD_END.finditer(first[:same]))]
    numbers = any(short[ends[-1] :][:1].isdecimal() for short in whole.values())
    start = ends[-2] if numbers and len(ends) > 1 else ends[-1]
    return {name: short[start:] for name, short in whole.items()}


def _without_common_end(whole: dict[str, str]) -> dict[str, str]:
    """The names without the words that all of them end with, where something is left of each."""
    backward = [name[::-1] for name in whole.values()]
    first, last = min(backward), max(backward)
    same = next((at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    length = max((match.end() for match in WORD_END.finditer(first[:same])), default=0)
    rest = {name: short[: len(short) - length] for name, short in whole.items()}
    return rest if all(rest.values()) else whole


def _cut(whole: dict[str, str], most: int) -> dict[str, str]:
    """Those that are too long without their middle, cut where that leaves all of them different; else whole."""
    for words, head in product((True, False), HEADS):
        cut = {name: shortened(short, most, head=head, words=words) for name, short in whole.items()}
        if _distinct(cut.values()):
            return cut
    halved = {name: shortened(short, most) for name, short in whole.items()}
    many = Counter(halved.values())
    return {name: short if many[halved[name]] > 1 else halved[name] for name, short in whole.items()}


def _distinct(names: Iterable[str]) -> bool:
    every: Collection[str] = list(names)
    return len(set(every)) == len(every)
