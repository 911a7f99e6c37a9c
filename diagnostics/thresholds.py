"""Thresholds: when a rise of validation counts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Thresholds:
    """Each has a heading in docs/method.md that says where its value comes from; any value is safe."""

    min_points: int = 3
    min_rise: float = 0.025
    min_range: float = 0.02
    min_sigmas: float = 3.0
    min_probability: float = 0.5
