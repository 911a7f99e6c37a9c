"""Settings: what came out of each line of a comparison, beside what differs in its settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.folder.entries import Entry
from app.folder.quantities import last_gap
from app.folder.run_settings import Settings, common, differing, settings
from diagnostics import Run, Verdict

__all__ = ["Result", "Settings", "common", "differing", "length", "result", "settings"]


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
    unit: str


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
        points=_mean([length(entry.run) for entry in entries]) or 0.0,
        minutes=_mean([_took(entry) for entry in entries]),
        unit=next((entry.run.unit for entry in entries if entry.run is not None), "step"),
    )


def _mean(values: Sequence[float | None]) -> float | None:
    finite = [value for value in values if value is not None and np.isfinite(value)]
    return float(np.mean(finite)) if finite else None


def length(run: Run | None) -> float | None:
    """How many epochs or trees there were, also where they are counted from 0; or the last step."""
    sides = [side for side in (run.train, run.val) if side is not None and len(side)] if run is not None else []
    if run is None or not sides:
        return None
    from_zero = run.unit != "step" and min(side.steps[0] for side in sides) == 0
    return float(max(side.steps[-1] for side in sides) + from_zero)


def _took(entry: Entry) -> float | None:
    """Minutes from the first to the last point."""
    curves = [*entry.run.curves.values()] if entry.run else []
    times = [curve.wall_times for curve in curves if curve.wall_times is not None and len(curve)]
    return (max(t[-1] for t in times) - min(t[0] for t in times)) / 60 if times else None
