"""Guide: what its page shows: pictures and small trainings made by the code that trains, and made-up runs to judge.

``make guide`` makes ``guide.json`` (``tests/guide_pictures.py``), as the app itself knows no torch.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from diagnostics import Curve, Diagnosis, Verdict, diagnose

FILE = Path(__file__).with_name("guide.json")
REFERENCE = Path(__file__).resolve().parents[3] / "docs" / "regularizers.md"

Tile = list[list[int | None]]
"""Rows of shades from 0 to 99; None where something was left out, -1 where there is nothing."""


@dataclass(frozen=True)
class Picture:
    """What a regularizer does, in one or more forms, and the numbers that stand in its captions."""

    bars: Mapping[str, list[float]]
    curves: Mapping[str, Curve]
    tiles: Sequence[Tile]
    numbers: Mapping[str, float]


@dataclass(frozen=True)
class ExampleTraining:
    """A small training at one strength, None without the regularizer; the train loss is in evaluation mode."""

    strength: float | None
    train: Curve
    val: Curve
    diagnosis: Diagnosis

    @property
    def lowest(self) -> float:
        """The best validation loss."""
        return float(self.val.values.min())

    @property
    def last(self) -> float:
        """The validation loss after the last epoch."""
        return float(self.val.values[-1])

    @property
    def gap(self) -> float:
        """Validation minus training after the last epoch."""
        return float(self.val.values[-1] - self.train.values[-1])


@cache
def _made() -> dict[str, Any]:
    made: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return made


@cache
def picture(name: str, part: str = "") -> Picture:
    """The picture of a regularizer; some have two parts."""
    made = _made()["pictures"][name]
    drawn = made["both"][part] if part else made
    curves = {key: Curve(np.array(drawn["x"]), np.array(values)) for key, values in drawn.get("lines", {}).items()}
    return Picture(drawn.get("bars", {}), curves, drawn.get("tiles", ()), made.get("numbers", {}))


@cache
def trainings(name: str) -> tuple[ExampleTraining, ...]:
    """The same small training without the regularizer and at three strengths, from weak to strong."""
    return tuple(_training(made) for made in _made()["trainings"][name]["runs"])


def _training(made: Mapping[str, Any]) -> ExampleTraining:
    train, val = _curve(made["train"]), _curve(made["val"])
    return ExampleTraining(made["strength"], train, val, diagnose(train, val))


def _curve(values: Sequence[float] | np.ndarray) -> Curve:
    """One value an epoch, from 1 on."""
    return Curve(np.arange(1, len(values) + 1), np.asarray(values, dtype=np.float64))


def settings(name: str) -> dict[str, Any]:
    """What those trainings were asked for."""
    return dict(_made()["trainings"][name]["settings"])


@cache
def reference(name: str) -> str:
    """What the documentation says of it; empty where the app stands without its documentation."""
    text = REFERENCE.read_text(encoding="utf-8") if REFERENCE.is_file() else ""
    return text.partition(f"\n## `{name}`\n")[2].partition("\n## ")[0].strip()


@dataclass(frozen=True)
class Example:
    """A made-up run, and what the engine says of it."""

    train: Curve
    val: Curve | None
    diagnosis: Diagnosis


@cache
def examples() -> dict[Verdict, Example]:
    """A made-up run for each verdict, each judged by the engine."""
    return {verdict: _example(*made) for verdict, made in _made_up().items()}


def _example(train: np.ndarray, val: np.ndarray | None) -> Example:
    fit, held_out = _curve(train), None if val is None else _curve(val)
    return Example(fit, held_out, diagnose(fit, held_out))


def _made_up() -> dict[Verdict, tuple[np.ndarray, np.ndarray | None]]:
    """Losses of 60 epochs with a little noise, always the same."""
    noise = np.random.default_rng(0).normal(0, 0.006, (2, 60))
    epoch = np.arange(60)
    fall, slow = 0.3 + 1.7 * np.exp(-epoch / 6), 0.3 + 1.7 * np.exp(-epoch / 40)
    learned = 0.05 + 1.95 * np.exp(-epoch / 14)
    after, later = np.maximum(epoch - 22, 0), np.maximum(epoch - 30, 0)
    blown_up = 0.02 * np.exp(np.minimum(later, 14) / 2.5)
    train, val = fall + noise[0], fall + 0.08 + noise[1]
    return {
        Verdict.OVERFITTING: (learned + noise[0], 0.45 + 1.6 * np.exp(-epoch / 8) + 0.012 * after + noise[1]),
        Verdict.UNSTABLE: (train + 0.015 * later, val + 0.02 * later),
        Verdict.PLATEAU: (learned + noise[0], 0.5 + 1.5 * np.exp(-epoch / 6) + noise[1]),
        Verdict.IMPROVING: (slow + noise[0], slow + 0.08 + noise[1]),
        Verdict.HEALTHY: (train, val),
        Verdict.DIVERGED: (train + blown_up, val + blown_up),
        Verdict.NOT_LEARNING: (2.3 + noise[0], 2.31 + noise[1]),
        Verdict.TOO_EARLY: (train[:2], val[:2]),
        Verdict.NO_VALIDATION: (train, None),
    }
