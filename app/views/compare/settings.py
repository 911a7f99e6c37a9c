"""Settings: what differs between runs in their settings, and what came out of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from app.folder.entries import Entry
from app.folder.quantities import last_gap
from diagnostics import Run, Verdict
from diagnostics.logs.settings import sources
from diagnostics.seeds import SEEDS

Settings = Mapping[str, Any]
ALIKE = 0.5  # of all names that several logs have, from which on a missing one means that it is off


@dataclass(frozen=True)
class Result:
    """What came out of one line's runs: means where they are several; ``spread`` is the deviation of the best value."""

    best: float | None
    spread: float | None
    at: float | None
    last: float | None
    gap: float | None
    verdicts: tuple[Verdict, ...]
    points: float
    minutes: float | None


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
        if all(value == values[0] for value in values) or (together and name.rpartition(".")[2].lower() in SEEDS):
            continue
        family = name.rpartition(".")[0], tuple(name in settings for settings in named)
        alone = all(family[1]) or not family[0] or any(value != logged_values[0] for value in logged_values)
        if alone or family not in families:
            table[name] = [settings.get(name) for settings in logged]
        families.add(family)
    return table


def result(entries: Sequence[Entry]) -> Result:
    """What came out of one run, or on average of several that differ by their seed alone."""
    diagnoses = [entry.diagnosis for entry in entries if entry.diagnosis is not None]
    bests = [diagnosis.best for diagnosis in diagnoses if diagnosis.best is not None]
    values = [best.value for best in bests]
    return Result(
        best=_mean(values),
        spread=float(np.std(values, ddof=1)) if len(values) > 1 else None,
        at=_mean([best.step for best in bests]),
        last=_mean([entry.val.last for entry in entries if entry.val is not None]),
        gap=_mean([last_gap(entry.run) for entry in entries]),
        verdicts=tuple(dict.fromkeys(diagnosis.verdict for diagnosis in diagnoses)),
        points=_mean([_end(entry) for entry in entries]) or 0.0,
        minutes=_mean([_took(entry) for entry in entries]),
    )


def _mean(values: Sequence[float | None]) -> float | None:
    finite = [value for value in values if value is not None and np.isfinite(value)]
    return float(np.mean(finite)) if finite else None


def _end(entry: Entry) -> float | None:
    """The last epoch or step."""
    sides = [side for side in (entry.run.train, entry.run.val) if side is not None and len(side)] if entry.run else []
    return float(max(side.steps[-1] for side in sides)) if sides else None


def _took(entry: Entry) -> float | None:
    """Minutes from the first to the last point."""
    curves = [*entry.run.curves.values()] if entry.run else []
    times = [curve.wall_times for curve in curves if curve.wall_times is not None and len(curve)]
    return (max(t[-1] for t in times) - min(t[0] for t in times)) / 60 if times else None
