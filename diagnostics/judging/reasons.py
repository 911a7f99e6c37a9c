"""Reasons: the sentences of a diagnosis, each with the numbers that decided it."""

from __future__ import annotations

from diagnostics.context import Context
from diagnostics.curves import Curve
from diagnostics.diagnosis import Best
from diagnostics.evidence import Evidence

MANY_TIMES = 10.0

SINGLE_EVALUATION = (
    "The training ended with a single evaluation, and one value shows no change: evaluate after each epoch."
)
NOT_A_NUMBER = (
    "Validation is not a number {where} while training stays finite: that is usually the evaluation (half precision, "
    "an empty batch, the logarithm of 0), not the training."
)


def no_validation(train: Curve | None) -> str:
    """Only a training curve was logged, or nothing."""
    if train is None:
        return "Nothing to judge: found neither a training nor a validation curve."
    return (
        f"No validation curve: found only a training curve of {_points(len(train))}; evaluate on held-out data each "
        "epoch and log its loss."
    )


def only_validation(best: Best, points: int, worse: float) -> str:
    """Only a validation curve was logged; ``worse`` is its last value over its best, as a share."""
    where = f"{percent(worse)} above its best" if worse > 0.005 else "at its best"
    return (
        f"Only validation was logged ({_points(points)}, best {best.value:.4g} at step {best.step}, now {where}): "
        "without a training curve, overfitting cannot be told from an unstable training."
    )


def overfitting(evidence: Evidence, context: Context) -> str:
    """Validation got worse while training did not."""
    went_on = bool(evidence.recent.follow[-1] < evidence.recent.follow_best[-1])
    training = "kept improving" if went_on else "stays at its best"
    return (
        f"{subject(context)} is {risen(evidence)}, while training {training}; of trainings that looked like this, "
        f"{_most(evidence.probability)} did worse on test data for going on."
    )


def train_rose(evidence: Evidence, context: Context) -> str:
    """Validation got worse, and training did, too."""
    return f"{subject(context)} is {risen(evidence)}, but training got worse, too: look at the learning rate first."


def swings(evidence: Evidence, context: Context) -> str:
    """Validation jumps from point to point by a large share of its level."""
    swing = percent(evidence.noise / evidence.size)
    return (
        f"{subject(context)} swings by {swing} of its best, {_best(evidence, context)}, from one evaluation to the "
        "next: too much to tell anything smaller."
    )


def ends_high(evidence: Evidence, context: Context) -> str:
    """Validation ends clearly above its best, by no more than what its noise or its past explains."""
    above = percent(evidence.ends_above_best)
    return (
        f"{subject(context)} ends {above} above its best, {_best(evidence, context)}, "
        "but has not stayed there long or clearly enough to call it overfitting."
    )


def improving(evidence: Evidence, context: Context) -> str:
    """Validation is still getting better."""
    gained = f"{evidence.progress:.3g} within the last fifth, to its best at step {evidence.best.step}"
    return f"{subject(context)} improved by {gained}."


def plateau(evidence: Evidence, context: Context) -> str:
    """Validation stands while training goes on."""
    best = _best(evidence, context)
    stands = f"has not improved on its best, {best}, for {evidence.stalled} points"
    if evidence.stalled < evidence.standing / 2:
        gained = float(evidence.medians[-1 - evidence.standing] - evidence.medians.min())
        stands = f"gained only {gained:.2g} in the last {evidence.standing} points (best {best})"
    return (
        f"{subject(context)} {stands}, while training improved by {evidence.train_fell:.3g} and the gap grew by "
        f"{evidence.gap_growth:.3g}."
    )


def healthy(evidence: Evidence, context: Context) -> str:
    """Validation stays at its best."""
    within = max(evidence.rise, evidence.noise)
    return f"{subject(context)} stays within {within:.2g} of its best, {_best(evidence, context)}."


def subject(context: Context) -> str:
    """What got worse, as a sentence begins."""
    if context.perplexity:
        return "The logarithm of validation's perplexity"
    return "Validation" if context.metric is None else f"Validation's {context.metric}"


def _points(count: int) -> str:
    return f"{count} point{'' if count == 1 else 's'}"


def percent(share: float) -> str:
    """A share of the best value; beyond ten times it, the number says no more."""
    return f"{share:.0%}" if share < MANY_TIMES else f"over {MANY_TIMES:,.0%}"


def _most(share: float) -> str:
    """A chance; none is certain."""
    return f"{share:.0%}" if share < 0.995 else "over 99%"


def _best(evidence: Evidence, context: Context) -> str:
    """The best value as it is judged, and its step."""
    return f"{'ln ' if context.perplexity else ''}{evidence.best.value:.4g} at step {evidence.best.step}"


def risen(evidence: Evidence) -> str:
    """How far validation stands above its best, in each of its yardsticks; a lucky value elsewhere is not its best."""
    best = "best" if evidence.steps[evidence.onset] == evidence.best.step else "best median"
    of = f"than its {best}" if evidence.has_level else f"(of what it had gained) than its {best}"
    times = f"{evidence.sigmas:.0f} times its noise" if evidence.sigmas < 1000 else "far above its noise"
    return f"{percent(evidence.relative_rise)} worse {of} at step {evidence.steps[evidence.onset]} ({times})"
