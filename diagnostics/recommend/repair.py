"""Repair: the doses with which an overfitting run goes on from its best weights, one after the other."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from diagnostics.recommend import dropout, weight_decay
from diagnostics.recommend.facts import Facts
from diagnostics.recommend.ladders import DEEP, MAX_DEEP_DROPOUT, MAX_MAP_DROPOUT, Dose, ladder_of
from diagnostics.recommend.setup import Setup
from diagnostics.verdict import Diagnosis

# Stronger than the first dose of a new run, which also has to learn from nothing. Chosen on development tasks, as are
# their order and the patience: docs/recommendations-measured.md.
REPAIRS = (Dose(0.2, 0.7), Dose(0.0, 1.5))
MEASURED_NETWORKS = ("mlp", "cnn")
LEAST_PATIENCE = 3  # epochs
PATIENCE = 0.1  # of the planned training, without a better validation, after which the next dose is due


@np.errstate(all="ignore")
def repair_doses(diagnosis: Diagnosis, setup: Setup) -> tuple[Mapping[str, float], ...]:
    """What to go on with from the best weights, each dose as strengths by registry name, 0 is off.

    No strength is lower than what is in use. Empty without enough overfitting, the learning rate or the steps, and
    where the run has all that already.
    """
    facts = Facts(diagnosis, setup)
    if not facts.needs_dose or facts.lr_time is None:
        return ()
    candidates = [strengths(facts, dose) for dose in _candidates(facts)]
    stronger = [dose for dose in candidates if any(dose[name] > (facts.in_use(name) or 0.0) for name in dose)]
    return tuple(dose for place, dose in enumerate(stronger) if dose not in stronger[:place])


def patience(epochs: int) -> float:
    """How many epochs a dose gets for a better validation, of a training of so many."""
    return max(LEAST_PATIENCE, PATIENCE * epochs)


def strengths(facts: Facts, dose: Dose) -> dict[str, float]:
    """A dose for this run, by registry name."""
    name = dropout.lever(facts)
    highest = MAX_MAP_DROPOUT if name == "spatial_dropout" else 0.5
    if facts.setup.depth is not None and facts.setup.depth >= DEEP:
        highest = min(highest, MAX_DEEP_DROPOUT)
    decay = weight_decay.until_best(facts, dose.u) or 0.0
    wanted = {name: min(dose.dropout, highest), weight_decay.NAME: decay}
    return {lever: max(strength, facts.in_use(lever) or 0.0) for lever, strength in wanted.items()}


def _candidates(facts: Facts) -> tuple[Dose, ...]:
    """Of a network that was not measured, as many of the doses of a new run."""
    return REPAIRS if facts.setup.architecture in MEASURED_NETWORKS else ladder_of(facts)[: len(REPAIRS)]
