"""Confidence: how often a verdict with this evidence turned out right."""

from __future__ import annotations

import numpy as np

from diagnostics.evidence import Evidence

# Logistic regression on one half of the benchmark: python -m tests.benchmarks.calibration FILE
_WEIGHTS = (-0.5, 3.55, 1.05)
_CLIP = 3.0  # logarithms beyond a factor of 20 say no more


def features(found: Evidence) -> tuple[float, float]:
    """Logarithms of the rise over its bar of magnitude and over its bar of noise, each within -3 and 3."""
    seen = found.recent
    if seen.train_rose.any() or seen.rise[-1] <= 0:
        return -_CLIP, -_CLIP
    bars = np.array([seen.magnitude[-1], seen.jitter[-1]])
    ratios = np.nan_to_num(
        seen.rise[-1] / np.maximum(bars, 1e-300), nan=1.0
    )  # numbers too large to compare say nothing
    large, loud = np.clip(np.log(ratios), -_CLIP, _CLIP)
    return float(large), float(loud)


def confidence(found: Evidence) -> float:
    """Chance in 0.4..0.98 that the rule is right: ``1 / (1 + exp(-(a + b ln large + c ln loud)))`` that it overfits.

    Where the formula leans the other way than the rule, the rule was still right four times in ten.
    """
    logit = float(np.dot(_WEIGHTS, (1.0, *features(found))))
    return float(np.clip(1.0 / (1.0 + np.exp(-logit if found.overfits else logit)), 0.4, 0.98))
