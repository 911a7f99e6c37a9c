"""Lines: one quantity of several runs on one axis, each run a line of its own or the mean over its seeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from app.charts.axes import KINDS, Axis, Kind, Values
from app.charts.extents import extent
from app.charts.look import Ends
from app.charts.thinning import LIMIT, smoothed
from app.views.compare.quantity import Better, Quantity, curve_of
from diagnostics import Curve, Run
from diagnostics.curves import downsample
from diagnostics.report.close_up import START, settled
from diagnostics.seeds import alike

MOST = 10  # lines that can be told apart in one chart
POINTS = {"x": "x", "y": "y"}
NO_BETTER: Mapping[str, Better] = {}


@dataclass(frozen=True)
class Line:
    """A quantity along an axis, all of shape ``(n,)``; ``low`` and ``high`` are a standard deviation around a mean."""

    x: Values
    y: Values
    low: Values | None = None
    high: Values | None = None


def kinds(axes_of_runs: Iterable[Mapping[Kind, Axis]]) -> list[Kind]:
    """What these runs can stand along, first what most of them can, and of equals what comes first in ``KINDS``."""
    counts = Counter(kind for axes in axes_of_runs for kind in axes)
    return sorted(counts, key=lambda kind: (-counts[kind], KINDS.index(kind)))


def bundles(runs: Sequence[Run], *, together: bool) -> list[list[Run]]:
    """What is drawn as one line each, in the order given: ``together``, runs that differ by their seed alone."""
    if not together:
        return [[run] for run in runs]
    groups = [group for group in alike(runs) if len(group) > 1]
    of = {run.name: group for group in groups for run in group}
    return [of.get(run.name, [run]) for run in runs if run.name not in of or of[run.name][0] is run]


def lines(
    bundles: Mapping[str, Sequence[Run]], quantity: Quantity, along: Mapping[str, Axis], *, smoothing: float = 0.0
) -> dict[str, Line]:
    """The line of each bundle that has something to draw: a run's own, or the mean where several runs are given.

    ``along`` is where each run's points stand, by its name.
    """
    all_lines = {name: _line(runs, quantity, along, smoothing) for name, runs in bundles.items()}
    return {name: line for name, line in all_lines.items() if line is not None}


def _line(runs: Sequence[Run], quantity: Quantity, along: Mapping[str, Axis], smoothing: float) -> Line | None:
    single = []
    for run in runs:
        curve, axis = curve_of(run, quantity), along.get(run.name)
        if curve is not None and axis is not None and len(curve):
            single.append(Line(axis.of(curve), smoothed(curve, smoothing).values))
    return _mean(single) if len(single) > 1 else next(iter(single), None)


def _mean(lines: Sequence[Line]) -> Line | None:
    """Mean and standard deviation at the points of the line that has fewest, as far as all of them go."""
    start, end = max(line.x[0] for line in lines), min(line.x[-1] for line in lines)
    fewest = min(lines, key=lambda line: len(line.x)).x
    x = fewest[(fewest >= start) & (fewest <= end)]
    if not len(x):
        return None
    table = np.array([np.interp(x, line.x, line.y) for line in lines])
    mean, deviation = table.mean(axis=0), table.std(axis=0, ddof=1)
    return Line(x, mean, mean - deviation, mean + deviation)


def frames(
    lines: Mapping[str, Line],
    raw: Mapping[str, Line],
    *,
    log: bool = False,
    better: Mapping[str, Better] = NO_BETTER,
) -> dict[str, pd.DataFrame]:
    """What ``overlay_spec`` draws; few points that lose no peak, and with ``log`` none that has no logarithm.

    ``better`` says of each line which end is its best, where that can be said.
    """
    thin = {name: _thin(line) for name, line in lines.items()}
    means = {name: line for name, line in thin.items() if line.low is not None}
    bands = _table(means, {"x": "x", "low": "low", "high": "high"}, log=log)
    tables = {
        "raw": _table({name: _thin(line) for name, line in raw.items()}, POINTS, log=log),
        "lines": _table(thin, POINTS, log=log),
        "bests": _table(_bests(raw or lines, better), POINTS, log=log),
    }
    edges = [bands.rename(columns={edge: "y"}) for edge in ("low", "high")]
    return {"bands": bands, **tables, "extent": extent([*tables.values(), *edges])}


def heights(lines: Mapping[str, Line], *, log: bool, better: Mapping[str, Better]) -> Ends:
    """What follows the start of each of these lines, where that stands far above it; None where all serves as well.

    A line is never left out: none of them may have most of its points beyond that part.
    """
    directions = {better.get(name) for name in lines}
    if len(directions) != 1 or None in directions:
        return None
    values = [line.y for line in lines.values()]
    late = [line.y[line.x > line.x[0] + START * (line.x[-1] - line.x[0])] for line in lines.values()]
    part = settled(np.concatenate(values), np.concatenate(late), log=log, higher_is_better="high" in directions)
    if part is None or not all(_is_seen(y, part.low, part.high, log=log) for y in values):
        return None
    return part.low, part.high


def _is_seen(values: Values, low: float, high: float, *, log: bool) -> bool:
    """Whether most of what can be drawn of these values lies between the two."""
    drawable = values[np.isfinite(values) & ((values > 0) | (not log))]
    return bool(2 * np.sum((drawable >= low) & (drawable <= high)) >= len(drawable))


def _bests(lines: Mapping[str, Line], better: Mapping[str, Better]) -> dict[str, Line]:
    """The best point of each line that has one and of which is known what is better."""
    signs = {name: -1.0 if end == "high" else 1.0 for name, end in better.items() if end is not None}
    judged = {name: line.y * signs[name] for name, line in lines.items() if name in signs}
    losses = {name: np.where(np.isfinite(values), values, np.inf) for name, values in judged.items()}
    at = {name: int(np.argmin(values)) for name, values in losses.items() if np.isfinite(values).any()}
    return {name: Line(lines[name].x[[place]], lines[name].y[[place]]) for name, place in at.items()}


def exported(lines: Mapping[str, Line], axis: str) -> pd.DataFrame:
    """Every point of what is drawn, ``run``, the axis, ``value``, and for means ``low`` and ``high``, for a file."""
    columns = {axis: "x", "value": "y"}
    if any(line.low is not None for line in lines.values()):
        columns |= {"low": "low", "high": "high"}
    table = _table(lines, columns)
    return table.rename(columns={"side": "run"})[["run", *columns]]


def _thin(line: Line) -> Line:
    keep = downsample(Curve.of(line.y), LIMIT).steps
    band = (None, None) if line.low is None or line.high is None else (line.low[keep], line.high[keep])
    return Line(line.x[keep], line.y[keep], *band)


def _table(lines: Mapping[str, Line], columns: Mapping[str, str], *, log: bool = False) -> pd.DataFrame:
    """The lines' points below one another, a column for each field; what cannot be drawn becomes a hole."""
    table = {}
    for column, field in columns.items():
        pieces = [np.empty(0)]
        for line in lines.values():
            values = getattr(line, field)
            pieces.append(np.full(len(line.x), np.nan) if values is None else values)
        whole = np.concatenate(pieces)
        table[column] = np.where(np.isfinite(whole) & ((whole > 0) | (field == "x") | (not log)), whole, np.nan)
    names = [name for name, line in lines.items() for _ in range(len(line.x))]
    return pd.DataFrame({**table, "side": pd.Series(names, dtype=str)})
