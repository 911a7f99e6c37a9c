"""Frames: the tables that the Tune page's charts draw."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from app.charts.axes import Kind
from app.folder.entries import Entry, Snapshot
from diagnostics.curves import downsample
from trainer.tuning.spaces import Choices, Range, Span
from trainer.tuning.study import Study, StudyTrial

SURE = 2.0  # standard errors from which an effect is told from noise
FAR = 8.0  # times the median's distance from the best, behind which values are drawn at the edge
CURVE_POINTS = 120  # of a trial
POINTS = {"y": float, "value": float, "kind": str, "trial": int, "params": str}


def edge(study: Study) -> float | None:
    """The worst value that is drawn where it is: one failure must not press all others flat. ``None`` without any."""
    values = np.array([trial.value for trial in study.trials if trial.value is not None])
    if not len(values):
        return None
    best, worst = (np.max, np.min) if study.higher_is_better else (np.min, np.max)
    far = best(values) + FAR * (np.median(values) - best(values))
    return float((max if study.higher_is_better else min)(far, worst(values)))


def slice_of(study: Study, name: str, words: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Each trial's value against one parameter: ``points``; ``words`` say each trial's parameters."""
    choices = isinstance(study.space[name], Choices)
    places = [
        str(trial.params[name]) if choices else trial.params[name]
        for trial in study.trials
        if name in trial.params and study.space[name].place(trial.params[name]) is not None
    ]
    shown = [name in trial.params and study.space[name].place(trial.params[name]) is not None for trial in study.trials]
    table = _points(study, words)[np.array(shown, bool)]
    return {"points": table.assign(x=pd.Series(places, index=table.index, dtype=str if choices else float))}


def course(study: Study, words: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Each trial's value in the order in which they began: ``points``; and ``steps``, the best so far."""
    table = _points(study, words)
    best = np.fmax if study.higher_is_better else np.fmin
    complete = table["y"].where(table["kind"].isin(["complete", "best"]))
    so_far: np.ndarray = best.accumulate(complete.to_numpy())
    return {
        "points": table.assign(x=table["trial"].astype(float)),
        "steps": pd.DataFrame({"x": table["trial"].astype(float), "y": so_far}).dropna(),
    }


def entries(study: Study, snapshot: Snapshot, name: str) -> dict[int, Entry | None]:
    """The run of each trial, by its number; ``name`` is the study's folder in the place."""
    inside = "" if name == "." else f"{name}/"
    return {trial.number: snapshot.get(f"{inside}{trial.run}") for trial in study.trials}


def unit(entries: Mapping[int, Entry | None]) -> Kind:
    """What the steps of the trials count."""
    runs = (entry.run for entry in entries.values() if entry is not None)
    return next((run.unit for run in runs if run is not None), "step")


def courses(study: Study, entries: Mapping[int, Entry | None]) -> dict[str, pd.DataFrame]:
    """Each trial's validation, thinned: ``curves``, a row a point.

    What is far worse than the worst trial's best value, as at the start of a training, is left out.
    """
    end, tables = edge(study), []
    top = study.best.value if study.best is not None else end
    far = end + 2 * (end - top) if end is not None and top is not None else math.nan
    for trial in study.trials:
        entry = entries.get(trial.number)
        if entry is None or entry.val is None or not len(entry.val) or end is None:
            continue
        curve = downsample(entry.val, CURVE_POINTS)
        value = np.asarray(curve.values)
        shown = np.where(np.isfinite(value) & (value >= far if study.higher_is_better else value <= far), value, np.nan)
        kind = _kind(study, trial)
        tables.append(pd.DataFrame({"x": curve.steps.astype(float), "y": shown, "trial": trial.number, "kind": kind}))
    empty = pd.DataFrame({"x": [], "y": [], "trial": [], "kind": []}).astype({"trial": int, "kind": str})
    return {"curves": pd.concat(tables, ignore_index=True) if tables else empty}


def _points(study: Study, words: Sequence[str]) -> pd.DataFrame:
    """A row a trial; ``y`` is the value as far as the ``edge``."""
    end = edge(study)
    drawn = [
        math.nan if trial.value is None or end is None else _drawn(study, trial.value, end) for trial in study.trials
    ]
    rows = [
        (y, math.nan if trial.value is None else trial.value, _kind(study, trial), trial.number, params)
        for trial, y, params in zip(study.trials, drawn, words, strict=True)
    ]
    return pd.DataFrame(rows, columns=list(POINTS)).astype(POINTS)


def _drawn(study: Study, value: float, end: float) -> float:
    """The value, or the edge where it is worse than that."""
    return max(value, end) if study.higher_is_better else min(value, end)


def _kind(study: Study, trial: StudyTrial) -> str:
    return "best" if study.best is not None and trial.number == study.best.number else trial.state


def paths(study: Study, titles: Sequence[str]) -> dict[str, pd.DataFrame]:
    """A line a trial over its parameters and its value, each from 0 to 1, and the ends of each of these axes.

    ``rank`` is 0 for the best trial and 1 for the worst.
    """
    ended = [trial for trial in study.trials if trial.state in ("complete", "pruned") and trial.value is not None]
    order = sorted(ended, key=lambda trial: (trial.value or 0.0) * (-1 if study.higher_is_better else 1))
    end = edge(study)
    drawn = [_drawn(study, trial.value, end) for trial in order if trial.value is not None and end is not None]
    low, high = (min(drawn), max(drawn)) if drawn else (0.0, 1.0)
    last = Span(low, high if high > low else low + 1)
    rows = []
    for rank, (trial, value) in enumerate(zip(order, drawn, strict=True)):
        places = [study.space[name].place(trial.params.get(name)) for name in study.space] + [last.place(value)]
        share = rank / max(1, len(order) - 1)
        rows += [
            (trial.number, title, math.nan if place is None else place, share, _kind(study, trial), trial.value)
            for title, place in zip(titles, places, strict=True)
        ]
    ends = [
        (title, float(at), text)
        for title, span in zip(titles, [*study.space.values(), last], strict=True)
        for at, text in enumerate(_ends(span))
    ]
    types = {"trial": int, "axis": str, "place": float, "rank": float, "kind": str, "value": float}
    return {
        "paths": pd.DataFrame(rows, columns=list(types)).astype(types),
        "ends": pd.DataFrame(ends, columns=["axis", "place", "text"]),
    }


def _ends(span: Range) -> tuple[str, str]:
    ends = (span.ends[0], span.ends[-1])
    low, high = (f"{end:.3g}" if isinstance(end, int | float) else str(end) for end in ends)
    return low, high


def effects(study: Study, *, gap: bool = False) -> pd.DataFrame:
    """What ``dots_spec`` draws of a screen: the effect on the value or on the clean gap, two standard errors around."""
    screened = study.screen.effects if study.screen is not None else ()
    rows = []
    for effect in screened:
        value, error = (effect.clean_gap, effect.clean_gap_error) if gap else (effect.best_val, effect.best_val_error)
        if value is not None and error is not None:
            better = value < 0 if gap or not study.higher_is_better else value > 0
            kind = "unclear" if abs(value) <= SURE * error else "better" if better else "worse"
            rows.append((effect.name, value, value - SURE * error, value + SURE * error, kind, f"{value:+.3g}"))
    return pd.DataFrame(rows, columns=["name", "value", "low", "high", "kind", "label"])
