"""Comparison: one quantity of several runs on one axis, each run a line of its own or the mean over its seeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.charts.axes import KINDS, Axis, Kind
from app.charts.frames import LIMIT, smoothed
from app.folder import quantities as folder_quantities
from diagnostics import Curve, Run
from diagnostics.curves import downsample
from diagnostics.logs.run import LAYER
from diagnostics.seeds import alike

Numbers = NDArray[np.float64]
Better = Literal["low", "high"] | None
MOST = 10  # lines that can be told apart in one chart


class Quantity(NamedTuple):
    """What is compared: a side of a pair (``name`` is empty for the primary one), the gap, or a tag."""

    kind: str
    name: str = ""

    @classmethod
    def of(cls, written: str) -> Quantity:
        """As an address has it: ``val``, ``gap``, ``train:accuracy``, ``tag:optim/lr``."""
        return cls(*written.split(":", 1))

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}" if self.name else self.kind


class Looked(NamedTuple):
    """How curves are looked at: where each run's points stand, by its name, and how much they are smoothed."""

    axes: Mapping[str, Axis]
    smoothing: float = 0.0


VALIDATION = Quantity("val")
PRIMARY = (VALIDATION, Quantity("train"), Quantity("gap"))


@dataclass(frozen=True)
class Line:
    """A quantity along an axis, all of shape ``(n,)``; ``low`` and ``high`` are a standard deviation around a mean."""

    x: Numbers
    y: Numbers
    low: Numbers | None = None
    high: Numbers | None = None


def quantities(runs: Sequence[Run]) -> list[Quantity]:
    """What can be compared: the primary pair, then other pairs, then every tag that two runs share (one's own, of one).

    The layers' own tags are left out: there are too many to choose from.
    """
    pairs: dict[Quantity, int] = {}
    tags: dict[Quantity, int] = {}
    for run in runs:
        sides = {
            (side, pair.name): key for pair in run.pairs for side, key in (("val", pair.val), ("train", pair.train))
        }
        others = {at: key for at, key in sides.items() if key is not None and at[1] != getattr(run.primary, "name", "")}
        for kind, name in others:
            pairs[Quantity(kind, name)] = pairs.get(Quantity(kind, name), 0) + 1
        shown = {key for key in sides.values() if key is not None}
        for tag in sorted({key.tag for key in run.curves if key not in shown and not LAYER.fullmatch(key.tag)}):
            tags[Quantity("tag", tag)] = tags.get(Quantity("tag", tag), 0) + 1
    common = min(2, len(runs))
    return [*PRIMARY, *(found for found, count in (pairs | tags).items() if count >= common)]


def curve_of(run: Run, wanted: Quantity) -> Curve | None:
    """That quantity of a run; ``None`` where it was not logged."""
    if wanted.kind == "tag":
        return run.tagged(wanted.name)
    if wanted.kind == "gap":
        return folder_quantities.gap(run)
    if not wanted.name:
        return run.val if wanted.kind == "val" else run.train
    pair = next((pair for pair in run.pairs if pair.name == wanted.name), None)
    if pair is None:
        return None
    key = pair.val if wanted.kind == "val" else pair.train
    return run.curves[key] if key is not None else None


def better(run: Run, wanted: Quantity) -> Better:
    """Which end of that quantity is the best one; ``None`` where nobody can say, and for what is trained on."""
    if wanted.kind != "val":
        return None
    pair = next((pair for pair in run.pairs if pair.name == wanted.name), None) if wanted.name else run.primary
    return None if pair is None else "high" if pair.higher_is_better else "low"


def kinds(known: Iterable[Mapping[Kind, Axis]]) -> list[Kind]:
    """What these runs can stand along, first what most of them can, and of equals what comes first in ``KINDS``."""
    counted = Counter(kind for axes in known for kind in axes)
    return sorted(counted, key=lambda kind: (-counted[kind], KINDS.index(kind)))


def bundles(runs: Sequence[Run], *, together: bool) -> list[list[Run]]:
    """What is drawn as one line each, in the order given: ``together``, runs that differ by their seed alone."""
    if not together:
        return [[run] for run in runs]
    groups = [group for group in alike(runs) if len(group) > 1]
    of = {run.name: group for group in groups for run in group}
    return [of.get(run.name, [run]) for run in runs if run.name not in of or of[run.name][0] is run]


def lines(named: Mapping[str, Sequence[Run]], wanted: Quantity, view: Looked) -> dict[str, Line]:
    """The line of each name that has something to draw: a run's own, or the mean where several runs are given."""
    found = {name: _line(runs, wanted, view) for name, runs in named.items()}
    return {name: one for name, one in found.items() if one is not None}


def _line(runs: Sequence[Run], wanted: Quantity, view: Looked) -> Line | None:
    found = []
    for run in runs:
        curve, place = curve_of(run, wanted), view.axes.get(run.name)
        if curve is not None and place is not None and len(curve):
            found.append(Line(place.of(curve), smoothed(curve, view.smoothing).values))
    return _mean(found) if len(found) > 1 else next(iter(found), None)


def _mean(lines: Sequence[Line]) -> Line | None:
    """Mean and standard deviation at the points of the line that has fewest, as far as all of them go."""
    start, end = max(one.x[0] for one in lines), min(one.x[-1] for one in lines)
    fewest = min(lines, key=lambda one: len(one.x)).x
    x = fewest[(fewest >= start) & (fewest <= end)]
    if not len(x):
        return None
    table = np.array([np.interp(x, one.x, one.y) for one in lines])
    mean, deviation = table.mean(axis=0), table.std(axis=0, ddof=1)
    return Line(x, mean, mean - deviation, mean + deviation)


def wants_log(drawn: Mapping[str, Line]) -> bool:
    """Whether a logarithmic scale shows more: values above 0, the largest ``LOG_FROM`` times the smallest."""
    values = np.concatenate([np.empty(0), *(one.y[np.isfinite(one.y)] for one in drawn.values())])
    return bool(len(values) and values.min() > 0 and values.max() / folder_quantities.LOG_FROM > values.min())


def frames(
    drawn: Mapping[str, Line], raw: Mapping[str, Line], *, log: bool = False, better: Better = None
) -> dict[str, pd.DataFrame]:
    """What ``overlay_spec`` draws; few points that lose no peak, and with ``log`` none that has no logarithm.

    ``better`` says which end of a line is its best, where that can be said.
    """
    parts = {name: _thin(one) for name, one in drawn.items()}
    means = {name: one for name, one in parts.items() if one.low is not None}
    return {
        "bands": _table(means, {"x": "x", "low": "low", "high": "high"}, log=log),
        "raw": _table({name: _thin(one) for name, one in raw.items()}, {"x": "x", "y": "y"}, log=log),
        "lines": _table(parts, {"x": "x", "y": "y"}, log=log),
        "bests": _table({} if better is None else _bests(raw or drawn, better), {"x": "x", "y": "y"}, log=log),
    }


def _bests(drawn: Mapping[str, Line], better: str) -> dict[str, Line]:
    """The best point of each line that has one."""
    sign = -1.0 if better == "high" else 1.0
    found = {name: np.where(np.isfinite(one.y), sign * one.y, np.inf) for name, one in drawn.items()}
    at = {name: int(np.argmin(values)) for name, values in found.items() if np.isfinite(values).any()}
    return {name: Line(drawn[name].x[[place]], drawn[name].y[[place]]) for name, place in at.items()}


def exported(drawn: Mapping[str, Line], axis: str) -> pd.DataFrame:
    """Every point of what is drawn, ``run``, the axis, ``value``, and for means ``low`` and ``high``, for a file."""
    columns = {axis: "x", "value": "y"}
    if any(one.low is not None for one in drawn.values()):
        columns |= {"low": "low", "high": "high"}
    table = _table(drawn, columns)
    return table.rename(columns={"side": "run"})[["run", *columns]]


def _thin(one: Line) -> Line:
    keep = downsample(Curve.of(one.y), LIMIT).steps
    band = (None, None) if one.low is None or one.high is None else (one.low[keep], one.high[keep])
    return Line(one.x[keep], one.y[keep], *band)


def _table(parts: Mapping[str, Line], columns: Mapping[str, str], *, log: bool = False) -> pd.DataFrame:
    """The lines' points below one another, a column for each field; what cannot be drawn becomes a hole."""
    table = {}
    for column, name in columns.items():
        pieces = [np.empty(0)]
        for one in parts.values():
            values = getattr(one, name)
            pieces.append(np.full(len(one.x), np.nan) if values is None else values)
        whole = np.concatenate(pieces)
        table[column] = np.where(np.isfinite(whole) & ((whole > 0) | (name == "x") | (not log)), whole, np.nan)
    names = [name for name, one in parts.items() for _ in range(len(one.x))]
    return pd.DataFrame({**table, "side": pd.Series(names, dtype=str)})
