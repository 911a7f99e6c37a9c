"""Differences: what differs between runs in their settings, and what came out of each."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from app.folder import quantities
from app.folder.entries import Entry
from diagnostics import Run, Verdict
from diagnostics.logs.settings import sources
from diagnostics.seeds import SEEDS, Seed, compare_seeds, seed_of
from diagnostics.trials.outcome import OutcomeError, outcome

Settings = Mapping[str, Any]
ALIKE = 0.5  # of all names that several logs have, from which on a missing one means that it is off
NOWHERE = Path(os.devnull)  # the folder of a run behind a URL: nothing lies in it


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
    logged, *others = [dict(source) for source in sources(run, Path(place))]
    chosen = next((found for found in others if found), logged)
    return {".".join(path): value for path, value in chosen.items()}


def common(found: Sequence[Settings]) -> list[str]:
    """The settings that all logs name which name any; none where fewer than two do."""
    told = [one for one in found if one]
    return [name for name in told[0] if all(name in one for one in told)] if len(told) > 1 else []


def differing(found: Sequence[Settings], *, together: bool = False) -> dict[str, list[Any]]:
    """The settings that are not the same in all, with their values; None where there is none.

    Of settings that come and go together (a regularizer's, where a run does without it) the first stands for all but
    those that differ among the runs that have them. Logs that name largely different settings are compared by those
    that all of them name: elsewhere a name that is missing means nothing. ``together`` leaves the seeds out.
    """
    told = [one for one in found if one]
    names = list(dict.fromkeys(name for one in told for name in one))
    if len(common(found)) < ALIKE * len(names):
        names = common(found)
    kept: dict[str, list[Any]] = {}
    seen: set[tuple[str, tuple[bool, ...]]] = set()
    for name in names:
        values = [one.get(name) for one in told]
        there = [value for value in values if value is not None]
        if all(value == values[0] for value in values) or (together and name.rpartition(".")[2].lower() in SEEDS):
            continue
        family = name.rpartition(".")[0], tuple(name in one for one in told)
        alone = all(family[1]) or not family[0] or any(value != there[0] for value in there)
        if alone or family not in seen:
            kept[name] = [one.get(name) for one in found]
        seen.add(family)
    return kept


def result(entries: Sequence[Entry]) -> Result:
    """What came out of one run, or on average of several that differ by their seed alone."""
    bests = [entry.found.best for entry in entries if entry.found is not None and entry.found.best is not None]
    values = [best.value for best in bests]
    return Result(
        best=_mean(values),
        spread=float(np.std(values, ddof=1)) if len(values) > 1 else None,
        at=_mean([best.step for best in bests]),
        last=_mean([entry.val.last for entry in entries if entry.val is not None]),
        gap=_mean([quantities.last_gap(entry.run) for entry in entries]),
        verdicts=tuple(dict.fromkeys(entry.found.verdict for entry in entries if entry.found is not None)),
        points=_mean([_end(entry) for entry in entries]) or 0.0,
        minutes=_mean([_took(entry) for entry in entries]),
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None and np.isfinite(value)]
    return float(np.mean(known)) if known else None


def _end(entry: Entry) -> float | None:
    """The last epoch or step."""
    sides = [side for side in (entry.run.train, entry.run.val) if side is not None and len(side)] if entry.run else []
    return float(max(side.steps[-1] for side in sides)) if sides else None


def _took(entry: Entry) -> float | None:
    """Minutes from the first to the last point."""
    curves = [*entry.run.curves.values()] if entry.run else []
    times = [curve.wall_times for curve in curves if curve.wall_times is not None and len(curve)]
    return (max(t[-1] for t in times) - min(t[0] for t in times)) / 60 if times else None


def pairs(entries: Sequence[Entry], place: str) -> list[tuple[str, str]]:
    """Every trial with the run it is of, both by name, the trial last."""
    names = {entry.name for entry in entries}
    found = []
    for entry in entries:
        parent = entry.trial.parent_of(entry.folder) if entry.trial is not None and entry.folder is not None else None
        name = Path(os.path.relpath(parent, place)).as_posix() if parent is not None else ""
        if name in names:
            found.append((name, entry.name))
    return found


class Change(NamedTuple):
    """The relative change of the best value, negative when better, its 80 % interval, and what that rests on.

    ``basis`` is ``"samples"`` (the same validation samples in both runs), ``"curves"`` (the noise of the two curves),
    ``"seeds"`` (the spread over seeds), ``"same seeds"`` (the differences seed by seed), ``"none"`` (nobody can tell).
    """

    difference: float
    low: float | None
    high: float | None
    basis: str
    samples: int = 0

    @property
    def kind(self) -> str:
        """Does the interval leave out no change, and on which side?"""
        if self.low is None or self.high is None or self.low <= 0 <= self.high:
            return "unclear"
        return "better" if self.difference < 0 else "worse"


def against(base: Sequence[Entry], other: Sequence[Entry]) -> tuple[Change | None, str]:
    """What became of the best value from ``base`` to ``other``; or none, and why they cannot be compared.

    Where either is several runs that differ by their seed, the error is that of the seeds.
    """
    if len(base) + len(other) > 2:
        return _over_seeds(base, other)
    one, two = base[0], other[0]
    if one.run is None or two.run is None:
        return None, ""
    try:
        found = outcome(one.run, two.run, one.folder or NOWHERE, two.folder or NOWHERE)
    except OutcomeError as error:
        return None, str(error)
    basis = "samples" if found.paired else "none" if found.error is None else "curves"
    return Change(found.difference, found.low, found.high, basis, found.samples or 0), ""


def _over_seeds(base: Sequence[Entry], other: Sequence[Entry]) -> tuple[Change | None, str]:
    """The change of the mean, with its interval over the seeds."""
    pair = base[0].run.primary if base[0].run is not None else None
    higher_is_better = pair is not None and pair.higher_is_better
    comparison = compare_seeds(_bests(base), _bests(other), higher_is_better=higher_is_better)
    if comparison is None:
        return None, "too few of these runs have a best validation value"
    basis = "same seeds" if comparison.paired else "seeds"
    return Change(comparison.difference, comparison.low, comparison.high, basis, comparison.runs), ""


def _bests(entries: Sequence[Entry]) -> list[tuple[Seed, float]]:
    """The best value of each run, with its seed."""
    return [
        (seed_of(entry.run), entry.found.best.value)
        for entry in entries
        if entry.run is not None and entry.found is not None and entry.found.best is not None
    ]
