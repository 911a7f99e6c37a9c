"""Copies: histories that hold the same training, in two formats of one folder or in a folder and one below it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from diagnostics.logs.folders.directory import EventDirectory
from diagnostics.logs.folders.history_file import HistoryPart
from diagnostics.logs.matching.naming import read_name
from diagnostics.logs.run import Rows

Fits = list[tuple[bool, NDArray[np.float64]]]
_ROUNDED = 5e-3  # relative; a text log has fewer digits
_MOST_PAIRS = 400  # of more, those are compared that have the same name
_LEAST = 3  # different values; fewer may agree by chance


def without_copies(parts: Sequence[HistoryPart]) -> list[HistoryPart]:
    """The histories in the order given, of several that say the same the one that says most."""
    fullest_first = sorted(parts, key=lambda part: -sum(len(rows.steps) for rows in part.scalars.values()))
    kept: list[HistoryPart] = []
    for part in fullest_first:
        if not any(part.path != other.path and _is_copy(_fits(part.scalars), _fits(other.scalars)) for other in kept):
            kept.append(part)
    return [part for part in parts if part in kept]


def nested_copies(places: Mapping[str, Sequence[EventDirectory]]) -> set[str]:
    """The names of runs that lie in another place as well, above or below; ``places`` has the runs of each.

    Of two that say the same, the one below is left out where it is all that lies below the other.
    """
    copies: set[str] = set()
    for above, inside in _nested([place for place in places if places[place]]).items():
        outers = {run.name: _fits(_scalars(run)) for run in places[above]}
        inners = {run.name: _fits(_scalars(run)) for place in inside for run in places[place]}
        for outer, inner in product(outers, inners):
            if len(outers) * len(inners) > _MOST_PAIRS and _last_of(outer) != _last_of(inner):
                continue
            outer_is, inner_is = (
                _is_copy(outers[outer], inners[inner]),
                _is_copy(inners[inner], outers[outer]),
            )
            if outer_is or inner_is:
                copies.add(inner if inner_is and (not outer_is or len(inside) == 1) else outer)
    return copies


def _nested(places: Sequence[str]) -> dict[str, list[str]]:
    """For each place that has others below it, these."""
    nested: dict[str, list[str]] = {}
    known = set(places)
    for place in places:
        for above in known.intersection(map(str, PurePosixPath(place).parents)):
            nested.setdefault(above, []).append(place)
    return nested


def _last_of(run: str) -> str:
    return run.rpartition("/")[2]


def _scalars(directory: EventDirectory) -> dict[str, Rows]:
    return {tag: rows for file in directory.files for tag, rows in file.scalars.items()}


def _is_copy(own: Fits, others: Fits) -> bool:
    """Whether every series that measures the fit is one of the other's, up to the last points and rounding."""
    return bool(own) and all(
        any(side == of and _agree(values, theirs) for of, theirs in others) for side, values in own
    )


def _fits(scalars: Mapping[str, Rows]) -> Fits:
    """What measures the fit: whether it is training's, and its values."""
    named = [(read_name(tag), rows.values) for tag, rows in scalars.items()]
    series = [(name.split in ("train", None), values) for name, values in named if name.fits]
    return [(side, values) for side, values in series if len(np.unique(values[np.isfinite(values)])) >= _LEAST]


def _agree(values: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    common = min(len(values), len(other))
    if common < 0.9 * max(len(values), len(other)):
        return False
    return bool(np.allclose(values[:common], other[:common], rtol=_ROUNDED, equal_nan=True))
