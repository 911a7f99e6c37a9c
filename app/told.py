"""Told: what a person said of a run because its log does not, remembered beyond this process."""

from __future__ import annotations

from dataclasses import asdict
from math import isfinite
from typing import Any

from app.folder import remembered as kept
from diagnostics import Told
from diagnostics.recommend import ARCHITECTURES

NOTHING = Told()


def remembered(place: str, run: str) -> Told:
    """What was said of a run; what cannot be understood is as if it had never been said."""
    written = kept.kept("told", place).get(run)
    if not isinstance(written, dict):
        return NOTHING
    samples = _positive(written.get("val_samples"))
    architecture = written.get("architecture")
    return Told(
        architecture=architecture if architecture in ARCHITECTURES else None,
        val_samples=None if samples is None else int(samples),
        lr=_positive(written.get("lr")),
        steps_per_epoch=_positive(written.get("steps_per_epoch")),
    )


def remember(place: str, run: str, said: Told) -> None:
    """Keep what was said, or forget it where that is nothing. Raises ``OSError`` when it cannot be written."""
    kept.keep("told", place, {run: {name: value for name, value in asdict(said).items() if value is not None} or None})


def _positive(value: Any) -> float | None:
    number = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value) and value > 0
    return value if number else None
