"""Overfitting runs with a known t*, for tests of what is advised for them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from diagnostics import Curve, Diagnosis, Setup, Verdict
from diagnostics.verdict import Best

Values = NDArray[np.float64]
POINTS = 40
STEPS_A_POINT = 50


def turning(onset: int = 9, *, rise: float = 0.5, points: int = POINTS) -> Curve:
    """Validation that falls in a line from 3 to 1 at index ``onset`` and rises to ``1 + rise`` at the end."""
    falling = np.linspace(3.0, 1.0, onset + 1)
    rising = np.linspace(1.0, 1.0 + rise, points - onset)[1:]
    return Curve(np.arange(1, points + 1), np.concatenate([falling, rising]))


def series() -> dict[str, Values]:
    """What another program logs of such a run, at a learning rate of 0.001."""
    val = turning().values
    return {"loss/train": np.geomspace(3, 0.01, len(val)), "loss/val": val, "learning_rate": np.full(len(val), 1e-3)}


def diagnosis(verdict: Verdict = Verdict.OVERFITTING, *notes: str, **signals: float) -> Diagnosis:
    return Diagnosis(verdict, "why", 0.9, best=Best(10, 1.0), notes=notes, signals=signals)


def setup(val: Curve | None = None, **known: Any) -> Setup:
    """An MLP at a learning rate of 0.001, evaluated every 50 steps, that does not regularize."""
    val = turning() if val is None else val
    off = {"dropout": 0.0, "weight_decay": 0.0}
    if (end := known.pop("train_end", None)) is not None:
        known["train"] = np.full(len(val), end)
    usual = {"architecture": "mlp", "lr": 1e-3, "steps": STEPS_A_POINT * val.steps.astype(float), "strengths": off}
    return Setup(**{"val": val, **usual, **known})
