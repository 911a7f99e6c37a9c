"""Figures: the numbers and the series that the Run page shows, picked out of a run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from app import wording
from app.frames import spark
from app.wording import Canaries
from diagnostics import Curve, CurveError, Diagnosis, Key, Pair, Run, check_overfitting
from diagnostics.curves import align

LAYER = re.compile(r"weights/(?P<layer>.+)/(?P<what>[a-z0-9_]+)")
LAYERS_SHOWN = 8  # lines that can be told apart in one chart
RECENT = 10  # points over which a card's change is taken


@dataclass(frozen=True)
class Figure:
    """One number with how it moved over the last ``over`` points, and its line; ``None`` where there is none."""

    value: float | None
    change: float | None
    over: int
    line: list[float]


@dataclass(frozen=True)
class Series:
    """One small chart: a title, and a line for each side, layer or plain series."""

    title: str
    x: str
    lines: dict[str, Curve]
    about: str = ""
    percent: bool = False
    sided: bool = False


def figure(curve: Curve | None) -> Figure:
    """A curve's last value and its change over the last ``RECENT`` points (fewer when there are fewer)."""
    if curve is None or not len(curve):
        return Figure(None, None, 0, [])
    over = min(RECENT, len(curve) - 1)
    last, before = float(curve.values[-1]), float(curve.values[-1 - over])
    change = last - before if over and np.isfinite([last, before]).all() else None
    return Figure(last if np.isfinite(last) else None, change, over, spark(curve))


def gap(run: Run) -> Curve | None:
    """How much worse validation is than training, at its steps; ``None`` where one is missing or no step is shared."""
    fitted = _fitted(run)
    if fitted is None or run.val is None or run.primary is None:
        return None
    return Curve(run.val.steps, (run.val.values - fitted) * (-1.0 if run.primary.higher_is_better else 1.0))


def last_gap(run: Run | None) -> float | None:
    """The gap at the last point; ``None`` where there is none."""
    return figure(gap(run)).value if run is not None else None


def best_so_far(run: Run) -> list[float]:
    """Validation's best up to each point, as a short line."""
    if run.val is None or run.primary is None:
        return []
    best = np.fmax if run.primary.higher_is_better else np.fmin
    return spark(Curve(run.val.steps, best.accumulate(run.val.values))) if len(run.val) else []


def points_since(run: Run, step: int) -> int:
    """How many validation points came after ``step``."""
    return 0 if run.val is None else int((run.val.steps > step).sum())


def textbook(run: Run) -> tuple[bool | None, str]:
    """The textbook check at validation's steps with both of its numbers; no flag, and why, where it cannot say."""
    fitted = _fitted(run)
    if fitted is None or run.val is None or run.primary is None or run.primary.higher_is_better:
        return None, wording.TEXTBOOK_NOT
    if not np.isfinite([*fitted[-RECENT:], *run.val.values[-RECENT:]]).all():
        return None, wording.TEXTBOOK_NOT_FINITE
    flagged, numbers = check_overfitting(fitted.tolist(), run.val.values.tolist())
    return (flagged if len(fitted) >= RECENT else None), f"{numbers}."


def _fitted(run: Run) -> np.ndarray | None:
    if run.train is None or run.val is None:
        return None
    try:
        return align(run.train, run.val)
    except CurveError:
        return None


def series(run: Run) -> list[Series]:
    """Every series but the primary pair's and the layers': pairs first, then those known by name, then the rest."""
    pairs = [pair for pair in run.pairs if pair is not run.primary and pair.train and pair.val]
    shown = {key for pair in (*pairs, run.primary) if pair is not None for key in (pair.train, pair.val)}
    single = [
        key
        for key, curve in run.curves.items()
        if key not in shown and key.tag != CANARY and not LAYER.fullmatch(key.tag) and _drawn(curve)
    ]
    known = {tag: place for place, tag in enumerate(wording.SERIES)}
    single.sort(key=lambda key: (known.get(key.tag, len(known)), key))
    several = len({key.run for key in single}) > 1
    return [*(_pair(run, pair) for pair in pairs), *(_single(run, key, several=several) for key in single)]


CANARY = "accuracy/canary"


def canaries(run: Run, found: Diagnosis | None) -> tuple[Canaries, Series] | None:
    """What is seen of the training samples with random labels, and how it came about; ``None`` where there are none."""
    key = next((key for key in run.curves if key.tag == CANARY and _drawn(run.curves[key])), None)
    if key is None or found is None or "canary" not in found.signals:
        return None
    chance, since = found.signals.get("canary_chance"), found.signals.get("memorising_since")
    lines = {wording.CANARIES: run.curves[key]}
    seen = Canaries(found.signals["canary"], chance, None if since is None else int(since))
    return seen, Series(wording.CANARIES, _axis(run, lines), lines, percent=True)


def candidates(run: Run) -> list[Pair]:
    """Every pair but the primary one: those that came close first, each pair of series once."""
    found = {(pair.train, pair.val): pair for pair in (*reversed(run.pairs), *reversed(run.runners_up))}
    if run.primary is not None:
        found.pop((run.primary.train, run.primary.val), None)
    return list(reversed(found.values()))


def layers(run: Run) -> list[Series]:
    """For each quantity that was logged per layer, one chart with a line for each of the first layers of the log."""
    found: dict[str, dict[str, Curve]] = {}
    for key, curve in run.curves.items():
        if match := LAYER.fullmatch(key.tag):
            found.setdefault(match["what"], {})[match["layer"]] = curve
    order = {what: place for place, what in enumerate(wording.LAYER_SERIES)}
    return [_layers(run, what, found[what]) for what in sorted(found, key=lambda what: (order.get(what, 99), what))]


def _layers(run: Run, what: str, curves: dict[str, Curve]) -> Series:
    shown = dict(list(curves.items())[:LAYERS_SHOWN])
    about = wording.SOME_LAYERS.format(len(shown), len(curves)) if len(shown) < len(curves) else ""
    title = wording.LAYER_SERIES.get(what, what)
    return Series(title, _axis(run, shown), shown, about, percent=f"weights/{what}" in wording.SHARES)


def without_numbers(run: Run) -> list[str]:
    """The tags that hold nothing to draw: no value of theirs is finite."""
    return [key.tag for key, curve in run.curves.items() if not _drawn(curve)]


def _drawn(curve: Curve) -> bool:
    return bool(np.isfinite(curve.values).any())


def _pair(run: Run, pair: Pair) -> Series:
    sides = {"Train": pair.train, "Validation": pair.val}
    curves = {side: run.curves[key] for side, key in sides.items() if key is not None}
    tags = wording.both([key.tag for key in sides.values() if key is not None])
    return Series(wording.title(pair.name), _axis(run, curves), curves, tags, sided=True)


def _single(run: Run, key: Key, *, several: bool) -> Series:
    title, about = wording.SERIES.get(key.tag, (key.tag, ""))
    folder = key.run.removeprefix(run.name).strip("/")
    curves = {title: run.curves[key]}
    place = f"{title} ({folder})" if several and folder else title
    return Series(place, _axis(run, curves), curves, about, percent=key.tag in wording.SHARES)


def _axis(run: Run, curves: Mapping[str, Curve]) -> str:
    """The axis of the run, unless these curves count something else: their steps go far beyond the run's last."""
    known = [side for side in (run.train, run.val) if side is not None and len(side)]
    last = max((int(side.steps[-1]) for side in known), default=None)
    beyond = last is not None and any(len(curve) and curve.steps[-1] > 2 * max(last, 1) for curve in curves.values())
    return wording.axis("step" if beyond else run.x_axis)
