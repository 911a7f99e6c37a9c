"""Recommend: what to change in a run, how strongly, why, and what it is expected to do."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from diagnostics.recommend.actions import (
    before_all,
    decay_to_start,
    evaluate_more_often,
    larger_validation_set,
    nothing,
    stop_at_best,
    temperature,
    train_longer,
)
from diagnostics.recommend.boosting import for_boosting
from diagnostics.recommend.dose import doses, first_dose
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
    "recommend",
    "setup_of",
]

Lever = Callable[[Facts], Recommendation | None]

CAUSES: tuple[Lever, ...] = (larger_validation_set, evaluate_more_often)
AFTER_THE_DOSE: tuple[Lever, ...] = (stop_at_best, mixup, augmentation, drop_path, cutmix, randaugment, label_smoothing)


def recommend(
    diagnosis: Diagnosis, setup: Setup | None = None, ledger: Ledger | None = None
) -> tuple[Recommendation, ...]:
    """What to change in a run, the most useful first.

    Parameters
    ----------
    diagnosis
        What ``diagnose`` or ``diagnose_run`` says of it.
    setup
        How the run was trained, as far as anybody knows; ``setup_of`` reads it from a log. What is missing costs
        numbers: a weight decay without a learning rate is a formula.
    ledger
        The trials made beside the run, whose outcomes replace what is expected.

    Returns
    -------
    tuple[Recommendation, ...]
        Each names a ``lever`` (a regularizer, or an action such as "stop_at_best"), its ``current`` and ``suggested``
        strength with a ``range``, ``why``, the numbers behind it (``evidence``), the ``expected`` relative change of
        the best validation loss, negative when better, and the ``source`` of all that. Empty where a verdict leaves
        nothing to say.

    Raises
    ------
    SetupError
        ``setup`` contradicts itself; raised where it is made.

    Notes
    -----
    docs/recommendations.md explains the doses, docs/recommendations-measured.md what was measured and what is
    literature.

    Examples
    --------
    >>> import numpy as np
    >>> from diagnostics import Curve, Setup, diagnose
    >>> train = [2.0 * 0.9**epoch for epoch in range(60)]
    >>> val = [0.5 + 1.5 * 0.8**epoch + 0.01 * max(0, epoch - 15) for epoch in range(60)]
    >>> setup = Setup(architecture="mlp", val=Curve.of(val), epochs=np.arange(1.0, 61.0), val_samples=1000)
    >>> advice = recommend(diagnose(train, val), setup)
    >>> "weight_decay" in [recommendation.lever for recommendation in advice]
    True
    """
    facts = Facts(diagnosis, setup or Setup())
    advice: tuple[Recommendation, ...] = ()
    with np.errstate(all="ignore"):
        if facts.setup.boosting is not None:
            advice = for_boosting(facts)
        elif diagnosis.verdict is Verdict.OVERFITTING or facts.needs_dose:
            advice = _for_overfitting(facts)
        elif diagnosis.verdict in (Verdict.IMPROVING, Verdict.HEALTHY, Verdict.PLATEAU):
            advice = _for_the_rest(facts)
    return measured_here(advice, ledger) if ledger is not None else advice


def _for_overfitting(facts: Facts) -> tuple[Recommendation, ...]:
    free = _given(facts, temperature)
    if not facts.needs_dose:
        return (*free, *_given(facts, *CAUSES, stop_at_best, label_smoothing))
    if facts.setup.architecture == "fine_tuning":
        return (*_given(facts, before_all), *free, *first_dose(facts), *_given(facts, decay_to_start, *CAUSES))
    return (*free, *first_dose(facts), *_given(facts, *CAUSES, *AFTER_THE_DOSE))


def _for_the_rest(facts: Facts) -> tuple[Recommendation, ...]:
    free = () if facts.diagnosis.verdict is Verdict.IMPROVING else _given(facts, temperature)
    changes = (*weaken(facts), *_given(facts, larger_validation_set, train_longer))
    return (*free, *(changes or (nothing(facts),)))


def _given(facts: Facts, *levers: Lever) -> tuple[Recommendation, ...]:
    return tuple(recommendation for lever in levers if (recommendation := lever(facts)) is not None)
