"""Confidence: how often a verdict with this evidence turned out right."""

from __future__ import annotations

import numpy as np

from diagnostics.evidence import Evidence

# Logistic regression of the label on the evidence, fitted by tests/benchmarks/verdicts.py.
_INTERCEPT, _EXCESS = 0.5, 3.0


def overfitting_probability(found: Evidence) -> float:
    """Chance in 0.02..0.98 that this run is overfitting: ``1 / (1 + exp(-(a + b ln excess)))``."""
    seen = found.recent
    excess = 0.0 if seen.train_rose.any() else float(np.clip(seen.excess[-1], 1e-3, 1e3))
    logit = _INTERCEPT + _EXCESS * np.log(max(excess, 1e-3))
    return float(np.clip(1.0 / (1.0 + np.exp(-logit)), 0.02, 0.98))
