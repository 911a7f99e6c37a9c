"""Actions: advice that is a sentence and no strength, such as stopping at the best point or evaluating more often."""

from __future__ import annotations

from diagnostics.recommend.facts import MIN_POINTS, MIN_VAL_SAMPLES, Facts
from diagnostics.recommend.recommendation import MEASURED, Recommendation
from diagnostics.verdict import Verdict

OVER_CONFIDENT = 1.25  # a temperature above it
WORTH_SCALING = 0.03  # of the loss
FEW_TO_FIT = 300  # validation samples, below which one fitted number can do harm
TEMPERATURE = "measured; literature: Guo et al. 2017, https://arxiv.org/abs/1706.04599"
FEWER_STEPS = "literature: Mosbach et al. 2021, https://arxiv.org/abs/2006.04884"
L2_SP = "literature: Xuhong et al. 2018, https://arxiv.org/abs/1802.01483"
TO_START = (
    "If it needs more, decay toward the pretrained weights instead of toward 0: add alpha / 2 times the squared "
    "distance from them to the loss, with alpha from 0.001 to 0.1. Not measured here: try it."
)
OF_ADAPTERS = (
    "If it needs more, raise the weight decay of the adapters: they are the difference from the pretrained weights, so "
    "it pulls the network back to these. Not measured here: try it."
)
OTHER_OVERFITS = "other_loss_overfits"
OTHER_FIRST = "look at its own verdict before you choose a model."


def stop_at_best(facts: Facts) -> Recommendation | None:
    """Where the best model is, and what the last one loses against it."""
    best = facts.diagnosis.best
    if best is None:
        return None
    why = f"The best model is that of step {best.step}, with {best.value:.4g}{facts.worse_since}: restore it."
    return Recommendation("stop_at_best", why, MEASURED, evidence=facts.evidence() | {"best_step": float(best.step)})


def temperature(facts: Facts) -> Recommendation | None:
    """One number for the network's logits, which needs no new run; None where it would buy little."""
    value, gain = facts.temperature, facts.scaled_gain
    too_sure = "overconfident" in facts.diagnosis.notes if value is None else value > OVER_CONFIDENT
    if not too_sure and (gain is None or gain < WORTH_SCALING):
        return None
    buys = "" if gain is None else f", which takes {gain:.0%} off validation's loss at its best"
    if value is None:
        kind = "surer" if "overconfident" in facts.diagnosis.notes else "surer or less sure"
        by = "one fitted number"
    else:
        kind = "surer" if value > 1 else "less sure"
        by = f"{value:.2f}"
    why = f"The network is {kind} of itself than it should be: divide its logits by {by} (temperature scaling){buys}."
    why += " That needs no new run and changes no accuracy."
    if value is not None:
        why += " The trainer's command calibrate fits it and writes it beside the best weights."
    if facts.setup.val_samples is None or facts.setup.val_samples < FEW_TO_FIT:
        why += f" With fewer than {FEW_TO_FIT} validation samples it can fit their chance: keep some of them apart."
    known = {} if gain is None else {"scaled_gain": gain}
    return Recommendation("temperature", why, TEMPERATURE, evidence=facts.evidence() | known)


def before_all(facts: Facts) -> Recommendation | None:
    """For fine-tuning: fewer steps or a smaller learning rate come before any strength."""
    stop = stop_at_best(facts)
    if stop is None or facts.setup.architecture != "fine_tuning":
        return None
    why = f"{stop.why} In fine-tuning, fewer steps or a smaller learning rate come before any regularizer."
    return Recommendation("stop_at_best", why, FEWER_STEPS, evidence=stop.evidence)


def decay_to_start(facts: Facts) -> Recommendation | None:
    """For fine-tuning, instead of plain decay, which pulls pretrained weights to 0."""
    if facts.setup.architecture != "fine_tuning":
        return None
    return Recommendation("decay_to_start", OF_ADAPTERS if facts.setup.adapters else TO_START, L2_SP)


def nothing(facts: Facts) -> Recommendation:
    """Without a verdict, more regularization costs more than it protects."""
    stalled = "has stopped improving, but " if facts.diagnosis.verdict is Verdict.PLATEAU else ""
    why = f"Validation {stalled}does not reliably get worse: nothing that more regularization should change."
    if OTHER_OVERFITS in facts.diagnosis.notes:
        why = f"Validation as a whole {stalled}does not reliably get worse; one of its losses does: {OTHER_FIRST}"
    return Recommendation("nothing", why, MEASURED, evidence=facts.evidence())


def train_longer(facts: Facts) -> Recommendation | None:
    """Asked for when validation is still improving."""
    best = facts.diagnosis.best
    if facts.diagnosis.verdict is not Verdict.IMPROVING or best is None:
        return None
    improves = f"Validation still improves, to {best.value:.4g} at step {best.step}"
    why = f"{improves}: train longer, add no regularization."
    if OTHER_OVERFITS in facts.diagnosis.notes:
        why = f"{improves}: train longer. One of its losses overfits, though: {OTHER_FIRST}"
    return Recommendation("train_longer", why, MEASURED, evidence=facts.evidence() | {"best_step": float(best.step)})


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


def evaluate_more_often(facts: Facts) -> Recommendation | None:
    """Asked for when there are too few points, or the second one was as good as the best."""
    if facts.points is None:
        return None
    if facts.too_few_points:
        why = f"Validation has {facts.points} points; a dose needs at least {MIN_POINTS}, so evaluate more often."
    elif facts.unresolved:
        why = (
            "Validation was as good as its best by its second point, so it may have turned anywhere before: evaluate "
            "several times within that stretch."
        )
    else:
        return None
    return Recommendation(
        "evaluate_more_often", why, MEASURED, evidence=facts.evidence() | {"points": float(facts.points)}
    )
