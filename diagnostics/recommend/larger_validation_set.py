"""Larger validation set: too few samples to decide anything by."""

from __future__ import annotations

from diagnostics.recommend.facts import MIN_VAL_SAMPLES, Facts
from diagnostics.recommend.recommendation import MEASURED, Recommendation


def larger_validation_set(facts: Facts) -> Recommendation | None:
    """Asked for below 100 samples: a trial could not tell a better run from a lucky one."""
    samples = facts.setup.val_samples
    if samples is None or not facts.too_few_samples:
        return None
    why = (
        f"Validation has {samples} samples, too small to decide: use at least {MIN_VAL_SAMPLES}, or repeat with "
        "several splits."
    )
    return Recommendation("larger_validation_set", why, MEASURED, evidence={"val_samples": float(samples)})
