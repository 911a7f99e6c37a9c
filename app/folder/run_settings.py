"""Run settings: how a run was trained, by the names that its log has, and what differs between runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from diagnostics import Run
from diagnostics.logs.settings import sources
from diagnostics.seeds import SEEDS

Settings = Mapping[str, Any]
ALIKE = 0.5  # of all names that several logs have, from which on a missing one means that it is off


def settings(run: Run, place: str) -> Settings:
    """The run's settings by their dotted names, from the most believable place that its log has them in."""
    logged, *written = [dict(source) for source in sources(run, Path(place))]
    source = next(filter(None, written), logged)
    return {".".join(path): value for path, value in source.items()}


def common(logged: Sequence[Settings]) -> list[str]:
    """The settings that all logs name which name any; none where fewer than two do."""
    named = [settings for settings in logged if settings]
    return [name for name in named[0] if all(name in settings for settings in named)] if len(named) > 1 else []


def differing(logged: Sequence[Settings], *, together: bool = False) -> dict[str, list[Any]]:
    """The settings that are not the same in all, with their values; None where there is none.

    Of settings that come and go together (a regularizer's, where a run does without it) the first stands for all but
    those that differ among the runs that have them. Logs that name largely different settings are compared by those
    that all of them name: elsewhere a name that is missing means nothing. ``together`` leaves the seeds out.
    """
    named = [settings for settings in logged if settings]
    names = list(dict.fromkeys(name for settings in named for name in settings))
    if len(common(logged)) < ALIKE * len(names):
        names = common(logged)
    table: dict[str, list[Any]] = {}
    families: set[tuple[str, tuple[bool, ...]]] = set()
    for name in names:
        values = [settings.get(name) for settings in named]
        logged_values = [value for value in values if value is not None]
        if _same(values) or (together and name.rpartition(".")[2].lower() in SEEDS):
            continue
        family = name.rpartition(".")[0], tuple(name in settings for settings in named)
        alone = all(family[1]) or not family[0] or not _same(logged_values)
        if alone or family not in families:
            table[name] = [settings.get(name) for settings in logged]
        families.add(family)
    return table


def _same(values: Sequence[Any]) -> bool:
    """Whether these are one value; in words, upper and lower case mean the same (``AdamW``, ``adamw``)."""
    folded = [value.casefold() if isinstance(value, str) else value for value in values]
    return all(value == folded[0] for value in folded)
