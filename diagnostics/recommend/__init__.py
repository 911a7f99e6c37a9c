"""Recommend: what to change in a run, how strongly, why, and what it is expected to do."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from diagnostics.recommend.actions import (
    before_all,
    evaluate_more_often,
    larger_validation_set,
    nothing,
    stop_at_best,
    temperature,
    train_longer,
)
from diagnostics.recommend.dose import doses, first_dose, in_turn
from diagnostics.recommend.facts import Facts
from diagnostics.recommend.from_ledger import measured_here
from diagnostics.recommend.reading import setup_of
from diagnostics.recommend.recipes import augmentation, cutmix, drop_path, label_smoothing, mixup, randaugment
from diagnostics.recommend.recommendation import ACTIONS, Recommendation
from diagnostics.recommend.setup import ARCHITECTURES, OPTIMIZERS, Architecture, GivenSetup, Setup, SetupError
from diagnostics.recommend.weaken import weaken
from diagnostics.trials.ledger import Ledger
from diagnostics.trials.trial_file import Effect
from diagnostics.verdict import Diagnosis, Verdict

__all__ = [
    "ACTIONS",
    "ARCHITECTURES",
    "OPTIMIZERS",
    "Architecture",
    "Effect",
    "GivenSetup",
    "Recommendation",
    "Setup",
    "SetupError",
    "doses",
    "in_turn",
    "recommend",
    "setup_of",
]

Lever = Callable[[Facts], Recommendation | None]

CAUSES: tuple[Lever, ...] = (larger_validation_set, evaluate_more_often)
AFTER_THE_DOSE: tuple[Lever, ...] = (stop_at_best, mixup, augmentation, drop_path, cutmix, randaugment, label_smoothing)


def recommend(
    diagnosis: Diagnosis, setup: Setup | None = None, ledger: Ledger | None = None
) -> tuple[Recommendation, ...]:
    """What to change, the most useful first; empty where a verdict leaves nothing to say.

    More regularization is recommended for a run that overfits, or whose validation is flat while training knows its
    samples by heart; less only where training's plain loss shows that it is held back. ``ledger`` has the trials made
    beside the run, whose outcomes replace what is expected. ``docs/recommendations-measured.md`` says what is measured,
    what is literature, and what is not known.
    """
    facts = Facts(diagnosis, setup or Setup())
    advice: tuple[Recommendation, ...] = ()
    with np.errstate(all="ignore"):
        if diagnosis.verdict is Verdict.OVERFITTING or facts.needs_dose:
            advice = _for_overfitting(facts)
        elif diagnosis.verdict in (Verdict.IMPROVING, Verdict.HEALTHY, Verdict.PLATEAU):
            advice = _for_the_rest(facts)
    return measured_here(advice, ledger) if ledger is not None else advice


def _for_overfitting(facts: Facts) -> tuple[Recommendation, ...]:
    free = _given(facts, temperature)
    if not facts.needs_dose:
        return (*free, *_given(facts, *CAUSES, label_smoothing, stop_at_best))
    if facts.setup.architecture == "fine_tuning":
        return (*_given(facts, before_all), *free, *first_dose(facts), *_given(facts, *CAUSES))
    return (*free, *first_dose(facts), *_given(facts, *CAUSES, *AFTER_THE_DOSE))


def _for_the_rest(facts: Facts) -> tuple[Recommendation, ...]:
    free = () if facts.diagnosis.verdict is Verdict.IMPROVING else _given(facts, temperature)
    changes = (*weaken(facts), *_given(facts, larger_validation_set, train_longer))
    return (*free, *(changes or (nothing(facts),)))


def _given(facts: Facts, *levers: Lever) -> tuple[Recommendation, ...]:
    return tuple(recommendation for lever in levers if (recommendation := lever(facts)) is not None)
