"""Augmentation: new views of the same samples, where the ladder of doses has it."""

from __future__ import annotations

from diagnostics.recommend.facts import Facts
from diagnostics.recommend.ladders import ladder_for
from diagnostics.recommend.recommendation import MEASURED, Recommendation


def augmentation(facts: Facts) -> Recommendation | None:
    """For networks of images: switched on or off, at the trainer's default. None where it is on."""
    ladder, current = ladder_for(facts.setup.architecture, facts.share), facts.in_use("augmentation")
    if facts.setup.architecture is None or current or not any(dose.augmentation for dose in ladder):
        return None
    place = next(number for number, dose in enumerate(ladder, start=1) if dose.augmentation)
    why = f"On images or signals, augmentation with light dropout is the dose to try as number {place}."
    return Recommendation(
        "augmentation", why, MEASURED, current, 1.0, (current or 0.0, 1.0), facts.known() | {"dose": float(place)}
    )
