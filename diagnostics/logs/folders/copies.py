"""Copies: histories that hold the same training in two formats."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from diagnostics.logs.folders.history_file import HistoryPart
from diagnostics.logs.matching.naming import read_name

_ROUNDED = 5e-3  # relative; a text log has fewer digits
_LEAST = 3  # different values; fewer may agree by chance


def without_copies(parts: Sequence[HistoryPart]) -> list[HistoryPart]:
    """The histories in the order given, of several that say the same the one that says most."""
    fullest_first = sorted(parts, key=lambda part: -sum(len(rows.steps) for rows in part.scalars.values()))
    kept: list[HistoryPart] = []
    for part in fullest_first:
        if not any(part.path != other.path and _is_copy(part, other) for other in kept):
            kept.append(part)
    return [part for part in parts if part in kept]


def _is_copy(part: HistoryPart, other: HistoryPart) -> bool:
    """Whether every series that measures the fit is one of the other's, up to the last points and rounding."""
    own, others = _fits(part), _fits(other)
    return bool(own) and all(
        any(side == of and _agree(values, theirs) for of, theirs in others) for side, values in own
    )


def _fits(part: HistoryPart) -> list[tuple[bool, NDArray[np.float64]]]:
    """What measures the fit: whether it is training's, and its values."""
    named = [(read_name(tag), rows.values) for tag, rows in part.scalars.items()]
    series = [(name.split in ("train", None), values) for name, values in named if name.fits]
    return [(side, values) for side, values in series if len(np.unique(values[np.isfinite(values)])) >= _LEAST]


def _agree(values: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    common = min(len(values), len(other))
    if common < 0.9 * max(len(values), len(other)):
        return False
    return bool(np.allclose(values[:common], other[:common], rtol=_ROUNDED, equal_nan=True))
