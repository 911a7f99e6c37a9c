"""Difference: what became of the best validation value from one run, or several seeds of it, to another."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from app.folder.entries import Entry
from diagnostics.seeds import Seed, compare_seeds, seed_of
from diagnostics.trials.outcome import OutcomeError, outcome

NOWHERE = Path(os.devnull)  # the folder of a run behind a URL: nothing lies in it


class Difference(NamedTuple):
    """The relative change of the best value, negative when better, its 80 % interval, and what that rests on.

    ``basis`` is ``"samples"`` (the same validation samples in both runs), ``"curves"`` (the noise of the two curves),
    ``"seeds"`` (the spread over seeds), ``"same seeds"`` (the differences seed by seed), ``"none"`` (nobody can tell).
    """

    change: float
    low: float | None
    high: float | None
    basis: str
    samples: int = 0

    @property
    def kind(self) -> str:
        """Does the interval leave out no change, and on which side?"""
        if self.low is None or self.high is None or self.low <= 0 <= self.high:
            return "unclear"
        return "better" if self.change < 0 else "worse"


class Refusal(NamedTuple):
    """Why two lines cannot be compared: ``logged`` are the different validation tags that they have, if that is it."""

    kind: Literal["values", "quantity", "seeds"]
    logged: tuple[str, ...] = ()


def difference(base: Sequence[Entry], other: Sequence[Entry]) -> tuple[Difference | None, Refusal | None]:
    """What became of the best value from ``base`` to ``other``; or none, and why they cannot be compared.

    Where either is several runs that differ by their seed, the error is that of the seeds.
    """
    if len(base) + len(other) > 2:
        return _over_seeds(base, other)
    before, after = base[0], other[0]
    if before.run is None or after.run is None:
        return None, None
    try:
        measured = outcome(before.run, after.run, before.folder or NOWHERE, after.folder or NOWHERE)
    except OutcomeError as error:
        return None, Refusal("quantity" if error.logged else "values", error.logged)
    basis = "samples" if measured.paired else "none" if measured.error is None else "curves"
    return Difference(measured.difference, measured.low, measured.high, basis, measured.samples or 0), None


def _over_seeds(base: Sequence[Entry], other: Sequence[Entry]) -> tuple[Difference | None, Refusal | None]:
    """The change of the mean, with its interval over the seeds."""
    pairs = [entry.run.primary for entry in (*base, *other) if entry.run is not None and entry.run.primary is not None]
    logged = {pair.val.tag.casefold(): pair.val.tag for pair in pairs if pair.val is not None}
    if len(logged) > 1:
        return None, Refusal("quantity", tuple(logged.values()))
    pair = base[0].run.primary if base[0].run is not None else None
    higher_is_better = pair is not None and pair.higher_is_better
    comparison = compare_seeds(_bests(base), _bests(other), higher_is_better=higher_is_better)
    if comparison is None:
        return None, Refusal("seeds")
    basis = "same seeds" if comparison.paired else "seeds"
    return Difference(comparison.difference, comparison.low, comparison.high, basis, comparison.runs), None


def _bests(entries: Sequence[Entry]) -> list[tuple[Seed, float]]:
    """The best value of each run, with its seed."""
    return [
        (seed_of(entry.run), entry.diagnosis.best.value)
        for entry in entries
        if entry.run is not None and entry.diagnosis is not None and entry.diagnosis.best is not None
    ]
