"""Copies: histories that hold the same training, in two formats of one folder or in a folder and one below it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import product
from pathlib import PurePosixPath
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from diagnostics.logs.folders.directory import EventDirectory
from diagnostics.logs.folders.history_file import HistoryPart
from diagnostics.logs.matching.naming import read_name
from diagnostics.logs.run import Rows

_FLOAT32 = 1e-6  # relative; the same number of single precision may be written with 7 digits or with 17
_HALF = 0.501  # of the last digit that both have
_SAMPLE = 200  # values that show how many digits are written
_MOST_SERIES = 100  # of one history that are compared, the first by their tags
_ROWS_BEHIND = 1  # while a training runs, one of its two files may be a row behind
_MOST_PAIRS = 400  # of more, those are compared that have the same name
_LEAST = 3  # different values; fewer may agree by chance


class _WrittenSeries(NamedTuple):
    """A series that measures the fit, with the most decimals and the most significant digits of its values."""

    of_training: bool
    values: NDArray[np.float64]
    decimals: int
    digits: int


Fits = list[_WrittenSeries]


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

    Of two that say the same, the fuller one is kept; of equals the one below is left out where it is all that lies
    below the other.
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
                above_stays = len(inside) == 1 and _length(outers[outer]) + _ROWS_BEHIND >= _length(inners[inner])
                copies.add(inner if inner_is and (not outer_is or above_stays) else outer)
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
        any(fit.of_training == other.of_training and _agree(fit, other) for other in others) for fit in own
    )


def _length(fits: Fits) -> int:
    return max((len(fit.values) for fit in fits), default=0)


def _fits(scalars: Mapping[str, Rows]) -> Fits:
    """What measures the fit."""
    named = ((read_name(tag), scalars[tag].values) for tag in sorted(scalars))
    series = [(name.split in ("train", None), values) for name, values in named if name.fits][:_MOST_SERIES]
    return [
        _WrittenSeries(of_training, values, *_written(values))
        for of_training, values in series
        if len(np.unique(values[np.isfinite(values)])) >= _LEAST
    ]


def _written(values: NDArray[np.float64]) -> tuple[int, int]:
    """The most decimals and the most significant digits that finite values are written with."""
    numbers = [Decimal(repr(value)).normalize().as_tuple() for value in values[np.isfinite(values)][:_SAMPLE].tolist()]
    return max(-int(number.exponent) for number in numbers), max(len(number.digits) for number in numbers)


def _agree(fit: _WrittenSeries, other: _WrittenSeries) -> bool:
    """Whether the values are equal once rounded to the digits that both have, by decimals or by significant digits."""
    common = min(len(fit.values), len(other.values))
    if common < 0.9 * max(len(fit.values), len(other.values)):
        return False
    one, two = fit.values[:common], other.values[:common]
    finite = np.isfinite(one) & np.isfinite(two)
    if not np.array_equal(one[~finite], two[~finite], equal_nan=True):
        return False
    one, two = one[finite], two[finite]
    size = np.maximum(np.abs(one), np.abs(two))
    decimal = np.full(len(size), 10.0 ** -min(fit.decimals, other.decimals))
    with np.errstate(divide="ignore"):
        significant = 10.0 ** (np.floor(np.log10(size)) + 1 - min(fit.digits, other.digits))
    apart = np.abs(one - two)
    return any(bool((apart <= np.maximum(_HALF * last, _FLOAT32 * size)).all()) for last in (decimal, significant))
