"""Confidence: how often a verdict with this evidence turned out right."""

from __future__ import annotations

import numpy as np

from diagnostics.evidence import Evidence

# Logistic regression on one half of the benchmark: python -m tests.benchmarks.calibration FILE
_WEIGHTS = (0.5, 3.0, 0.0)


def features(found: Evidence) -> tuple[float, float]:
    """Logarithms of the excess now and of the smallest excess while it had to persist; -3 to 3 (a factor of 20)."""
    seen = np.where(found.recent.train_rose, 0.0, found.recent.excess)
    now, least = np.log(np.clip([seen[-1], seen.min()], np.exp(-3), np.exp(3)))
    return float(now), float(least)


def overfitting_probability(found: Evidence) -> float:
    """Chance in 0.02..0.98 that this run is overfitting: ``1 / (1 + exp(-(a + b ln now + c ln least)))``."""
    logit = float(np.dot(_WEIGHTS, (1.0, *features(found))))
    return float(np.clip(1.0 / (1.0 + np.exp(-logit)), 0.02, 0.98))
