"""Cases: what a detector is asked, and what the test samples say, from any file of labeled trainings."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
RISES = {"no": False, "5-10": True, "10-20": True, ">20": True}  # of the published runs; what lies between is left out


class Case(NamedTuple):
    """One labeled training; what is not known of it is None."""

    name: str
    workload: str
    overfit: bool | None
    train: Values
    val: Values
    test: Values | None = None
    rise: float | None = None
    val_samples: int | None = None
    classes: int | None = None
    outcome: str | None = None
    source: str | None = None

    @property
    def moderate(self) -> bool:
        """Does test end 5 to 20 % above its value at validation's best?"""
        return bool(self.overfit) and self.rise is not None and 0.05 <= self.rise < 0.2


def cases(rows: Iterable[dict[str, Any]]) -> list[Case]:
    """A case for each row; ``overfit`` is None where the label is not clear.

    Rows are of this benchmark (``label`` is ``overfit``, ``not`` or ``unclear``), published trainings (``test_rise``
    says by how many percent), or of others (``label`` is 1 or 0).
    """
    return [
        Case(
            row["name"],
            row.get("workload", "all"),
            _overfit(row),
            _values(row["train"]),
            _values(row["val"]),
            _values(row["test"]) if "test" in row else None,
            _rise(row),
            row.get("val_samples"),
            row.get("classes") or None,
            row.get("outcome"),
            row.get("source"),
        )
        for row in rows
    ]


def clear(every: Iterable[Case]) -> list[Case]:
    """Those whose label is clear."""
    return [case for case in every if case.overfit is not None]


def load(path: Path) -> list[Case]:
    """The cases of a file of JSON lines or of one JSON list, gzipped or not."""
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    text = content.decode()
    rows: Sequence[dict[str, Any]] = (
        json.loads(text) if text.lstrip().startswith("[") else [json.loads(line) for line in text.splitlines()]
    )
    return cases(rows)


def _overfit(row: dict[str, Any]) -> bool | None:
    if "test_rise" in row:
        return RISES.get(row["test_rise"])
    return {"overfit": True, "not": False, 1: True, 0: False}.get(row["label"])


def _rise(row: dict[str, Any]) -> float | None:
    if "test_rise" not in row:
        return row.get("rise")
    return {"no": 0.0, "5-10": 0.075, "10-20": 0.15, ">20": 0.5}.get(row["test_rise"])


def _values(values: Sequence[float | None]) -> Values:
    return np.array([np.nan if value is None else value for value in values], float)
