"""Dose: weight decay and dropout together, which is what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from diagnostics.recommend import dropout, weight_decay
from diagnostics.recommend.expected import best_checkpoint_effect, last_epoch_effect
from diagnostics.recommend.facts import Facts
from diagnostics.recommend.ladders import PRETRAINING_U, ladder_of
from diagnostics.recommend.recommendation import Recommendation
from diagnostics.recommend.setup import Setup
from diagnostics.verdict import Diagnosis, Verdict

WEAKEST_U = 0.05  # the weakest measured: a decay below it changes nothing
MEASURED_NETWORKS = ("mlp", "cnn", None)
MEMORIZED = "Training goes on learning its own samples by heart while validation stays flat."
REGULARIZED = "The run regularizes already, and the doses were measured on runs that do not: make a trial first."


def first_dose(facts: Facts) -> tuple[Recommendation, ...]:
    """The recommendations that make up the next run, with the effect of all of them together.

    The effect was measured on runs without regularization, so that others are told to make a trial instead.
    """
    both = [lever(facts) for lever in (weight_decay.strengthen, dropout.strengthen)]
    return tuple(_with_effect(facts, recommendation) for recommendation in both if recommendation is not None)


@np.errstate(all="ignore")
def doses(diagnosis: Diagnosis, setup: Setup) -> tuple[Mapping[str, float], ...]:
    """The whole ladder for an overfitting run in the order in which to try, each dose as strengths by registry name.

    What a dose leaves out is off. Empty without enough overfitting, the learning rate or the steps.
    """
    facts = Facts(diagnosis, setup)
    if not facts.needs_dose or facts.lr_time is None or setup.boosting is not None:
        return ()
    if setup.architecture == "language_model_pretraining":
        decay = weight_decay.over_the_run(facts, (PRETRAINING_U[0] * PRETRAINING_U[1]) ** 0.5)
        return () if decay is None else ({"weight_decay": decay},)
    before = facts.in_use("dropout") or 0.0 if setup.architecture == "fine_tuning" else 0.0
    ladder: list[Mapping[str, float]] = []
    for dose in ladder_of(facts):
        decay = weight_decay.until_best(facts, dose.u)
        strengths = {
            dropout.lever(facts): dose.dropout + before if dose.dropout else 0.0,
            "weight_decay": decay or 0.0,
        }
        in_use = {name: strength for name, strength in strengths.items() if strength}
        if in_use and in_use not in ladder:
            ladder.append(in_use)
    return tuple(ladder)


def _with_effect(facts: Facts, recommendation: Recommendation) -> Recommendation:
    evidence = {**recommendation.evidence, "dose": 1.0}
    if facts.diagnosis.verdict is not Verdict.OVERFITTING:
        recommendation = replace(recommendation, why=f"{MEMORIZED} {recommendation.why}")
    if _regularizes(facts):
        return replace(recommendation, why=f"{recommendation.why} {REGULARIZED}", evidence=evidence)
    if facts.setup.higher_is_better or facts.setup.architecture not in MEASURED_NETWORKS:
        return replace(recommendation, evidence=evidence)
    gap, rise = facts.best_gap_share, facts.last_over_lowest
    best = None if gap is None else best_checkpoint_effect(gap)
    last = None if rise is None or not facts.has_level else last_epoch_effect(rise)
    return replace(recommendation, evidence=evidence, expected=best, last_epoch=last)


def _regularizes(facts: Facts) -> bool:
    """Does the run drop anything, or decay so much that it matters?"""
    decay = facts.in_use("weight_decay") or 0.0
    decays = decay * facts.lr_time >= WEAKEST_U if facts.lr_time is not None else decay > 0
    return decays or any((facts.in_use(name) or 0.0) > 0 for name in ("dropout", "spatial_dropout"))
