"""Studies: what the searches under a folder have found so far, as their ``study.json`` says it."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STUDY = "study.json"
SCHEMA = 1
STATES = ("complete", "running", "pruned", "failed")
PATTERNS = (STUDY, f"*/{STUDY}", f"*/*/{STUDY}")  # how deep a study may lie below the folder that is looked at

Value = bool | float | str | None


class StudyError(ValueError):
    """A study's file that cannot be read; the message says what was found and the way out."""


@dataclass(frozen=True)
class Range:
    """What a parameter may be: a number from ``low`` to ``high``, or one of the ``choices``."""

    low: float = 0.0
    high: float = 1.0
    log: bool = False
    choices: tuple[Value, ...] = ()

    def place(self, value: Value) -> float | None:
        """Where it lies from 0 to 1 on the range's own scale; ``None`` for what is outside of it or no number."""
        if self.choices:
            at = self.choices.index(value) if value in self.choices else -1
            return None if at < 0 else at / max(1, len(self.choices) - 1)
        if isinstance(value, str | None) or (self.log and value <= 0):
            return None
        low, high, here = (math.log(x) if self.log else x for x in (self.low, self.high, value))
        share = (here - low) / (high - low)
        return share if -1e-9 <= share <= 1 + 1e-9 else None


@dataclass(frozen=True)
class Tried:
    """One trial; ``value`` is what it reached, ``run`` the folder of its (first) run, relative to the study's."""

    number: int
    params: Mapping[str, Value]
    state: str
    value: float | None
    run: str
    epochs: int
    reason: str
    runs: int = 1


@dataclass(frozen=True)
class Best:
    """The best trial; ``error`` is its standard error over seeds; ``rival`` is a trial nobody can tell it from."""

    number: int
    params: Mapping[str, Value]
    value: float
    run: str
    error: float | None = None
    rival: int | None = None


@dataclass(frozen=True)
class Effect:
    """What switching a regularizer on does to the value and to the clean gap, with their standard errors."""

    name: str
    on: Value
    best_val: float
    best_val_error: float
    clean_gap: float | None
    clean_gap_error: float | None


@dataclass(frozen=True)
class Screen:
    """Which of several regularizers does the work; no ``effects`` while runs are missing."""

    factors: tuple[str, ...]
    effects: tuple[Effect, ...]
    resolution: str = ""


@dataclass(frozen=True)
class Study:
    """One search. ``budget`` holds what is limited: ``runs``, ``epochs`` or ``minutes``. ``written`` is a time.

    ``points`` are those of a search that was laid out beforehand, a grid or a screen; 0 where a sampler draws them.
    """

    name: str
    folder: Path
    space: Mapping[str, Range]
    trials: tuple[Tried, ...]
    best: Best | None
    importance: Mapping[str, float]
    edges: tuple[str, ...]
    next: str
    screen: Screen | None
    metric: str
    higher_is_better: bool
    command: str
    call: str
    sampler: str
    pruner: str
    repeats: int
    budget: Mapping[str, float]
    points: int
    written: float

    @property
    def counts(self) -> Counter[str]:
        """How many trials are in each state."""
        return Counter(trial.state for trial in self.trials)

    @property
    def spent(self) -> dict[str, float]:
        """What is used up of each thing that can be limited, but of the time."""
        return {"runs": sum(one.runs for one in self.trials), "epochs": sum(one.epochs for one in self.trials)}

    @property
    def left(self) -> dict[str, float]:
        """What remains of the budget and of the points, where that can be counted."""
        found = {name: self.budget[name] - spent for name, spent in self.spent.items() if name in self.budget}
        if self.points:
            ended = {repr(sorted(one.params.items())) for one in self.trials if one.state != "running"}
            found["points"] = float(self.points - len(ended))
        return {name: max(0.0, left) for name, left in found.items()}


def find(place: str) -> list[str]:
    """The folders of all studies, relative to the place, in the order of their names; ``"."`` for itself."""
    found = {path.parent for pattern in PATTERNS for path in Path(place).glob(pattern)}
    return sorted(path.relative_to(place).as_posix() for path in found)


def read(folder: Path) -> Study:
    """The study in that folder. Raises ``StudyError``."""
    path = folder / STUDY
    try:
        written, found = path.stat().st_mtime, json.loads(path.read_bytes())
    except OSError as error:
        raise StudyError(f"cannot read {path}: {error.strerror}; choose another study") from error
    except (ValueError, RecursionError) as error:
        raise StudyError(f"{path} is damaged ({error}); the same tune command writes it anew") from error
    try:
        return _study(found, folder, written)
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        raise StudyError(
            f"{path} is not as this Fitwatch writes it ({error!r}); update Fitwatch, or run the same tune command again"
        ) from error


def _study(found: Any, folder: Path, written: float) -> Study:
    if found["schema"] != SCHEMA:
        raise ValueError(f"its schema is {found['schema']!r}, known is {SCHEMA}")
    metric = found.get("metric") or {}
    return Study(
        name=str(found["study"]),
        folder=folder,
        space={str(name): _range(span) for name, span in found["space"].items()},
        trials=tuple(sorted((_tried(one) for one in found["trials"]), key=lambda one: one.number)),
        best=_best(found.get("best")),
        importance={str(name): _number(share) for name, share in (found.get("importance") or {}).items()},
        edges=tuple(str(edge) for edge in found.get("edges") or ()),
        next=str(found.get("next") or ""),
        screen=_screen(found.get("screen")),
        metric=str(metric.get("name") or ""),
        higher_is_better=bool(metric.get("higher_is_better")),
        command=str(found.get("command") or ""),
        call=str(found.get("call") or ""),
        sampler=str(found.get("sampler") or ""),
        pruner=str(found.get("pruner") or ""),
        repeats=int(found.get("repeats") or 1),
        budget={str(name): _number(limit) for name, limit in (found.get("budget") or {}).items() if limit is not None},
        points=int(found.get("points") or (8 if found.get("screen") else 0)),
        written=written,
    )


def _range(span: Any) -> Range:
    if "choices" in span:
        return Range(choices=tuple(span["choices"]))
    low, high, log = _number(span["low"]), _number(span["high"]), bool(span.get("log"))
    if low >= high or (log and low <= 0):
        raise ValueError(f"a range from {low:g} to {high:g} holds nothing to search")
    return Range(low, high, log)


def _tried(one: Any) -> Tried:
    if one["state"] not in STATES:
        raise ValueError(f"a trial's state is {one['state']!r}, known are {', '.join(STATES)}")
    return Tried(
        number=int(one["number"]),
        params=dict(one["params"]),
        state=one["state"],
        value=_maybe(one.get("value")),
        run=str(one["run"]),
        epochs=int(one.get("epochs") or 0),
        reason=str(one.get("reason") or ""),
        runs=len(one["runs"]) if "runs" in one else 1,
    )


def _best(one: Any) -> Best | None:
    if one is None:
        return None
    rival = one.get("rival")
    return Best(
        number=int(one["number"]),
        params=dict(one["params"]),
        value=_number(one["value"]),
        run=str(one["run"]),
        error=_maybe(one.get("error")),
        rival=int(rival["number"]) if rival and not rival.get("distinct") else None,
    )


def _screen(one: Any) -> Screen | None:
    if one is None:
        return None
    effects = tuple(
        Effect(
            str(effect["name"]),
            effect.get("on"),
            _number(effect["best_val"]),
            _number(effect["best_val_error"]),
            _maybe(effect.get("clean_gap")),
            _maybe(effect.get("clean_gap_error")),
        )
        for effect in one["effects"]
    )
    return Screen(tuple(map(str, one["factors"])), effects, str(one.get("resolution") or ""))


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{value!r} is no number")
    return number


def _maybe(value: Any) -> float | None:
    """A number that may be missing; one that is not finite is."""
    return None if value is None or not math.isfinite(float(value)) else float(value)
