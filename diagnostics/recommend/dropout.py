"""Dropout: which share of the activations to drop; of whole feature maps in a CNN."""

from __future__ import annotations

from diagnostics.recommend.facts import Facts
from diagnostics.recommend.ladders import DEEP, MAX_DEEP_DROPOUT, MAX_MAP_DROPOUT, ladder_of
from diagnostics.recommend.recommendation import MEASURED, Recommendation

STEP = 0.1  # what a run that drops already goes up by
DECIMALS = 6  # 0.2 + 0.1 is 0.3
WORTH_IT = 0.03
SMALLEST = 0.02
FINE_TUNING = "literature: a pretrained network was fitted with its own dropout; at most 0.1 more"
UNTRIED = "not measured for ViTs: the dose is a Transformer's"
RECURRENT = (
    "not measured for recurrent networks: the dose is that for unknown ones, the place is that of "
    "Zaremba et al. 2014, https://arxiv.org/abs/1409.2329"
)
WITHOUT_DECAY = "No weight decay at first: it harms more often where a network is less sure than it should be."
WITHOUT_DECAY_BY_LOSS = (
    "No weight decay at first: it harms more often where the training loss is above validation's at its best."
)
WITHOUT_DECAY_OF_PRETRAINED = "No weight decay at first: it would pull the pretrained weights to 0."
OTHER = "not measured for such networks: the dose is that for unknown ones"
BETWEEN = "Drop between the recurrent layers and after the last one, not from one time step to the next."


def lever(facts: Facts) -> str:
    """``spatial_dropout`` in a CNN, whose neighboring pixels say the same, else ``dropout``."""
    return "spatial_dropout" if facts.setup.architecture == "cnn" else "dropout"


def strengthen(facts: Facts) -> Recommendation | None:
    """The next dose of dropout; None where the run drops enough, or sees its data once."""
    ladder = ladder_of(facts)
    if not ladder:
        return None
    name, current = lever(facts), facts.in_use(lever(facts))
    strengths = [dose.dropout for dose in ladder if dose.dropout > 0]
    if facts.setup.architecture == "fine_tuning":
        first = highest = round((current or 0.0) + strengths[0], DECIMALS)
    else:
        first, highest = ladder[0].dropout, max(strengths)
    highest = min(highest, MAX_MAP_DROPOUT if name == "spatial_dropout" else 0.5)
    if facts.setup.depth is not None and facts.setup.depth >= DEEP:
        highest = min(highest, MAX_DEEP_DROPOUT)
    suggested = min(highest, max(first, round((current or 0.0) + STEP, DECIMALS) if current else 0.0))
    if current is not None and suggested < current + WORTH_IT:
        return None
    lowest = max(min(*strengths, suggested), current or 0.0)
    return Recommendation(
        name,
        _reason(facts, suggested, current),
        _source(facts),
        current,
        suggested,
        (lowest, highest),
        facts.evidence(),
    )


def weaken(facts: Facts, because: str) -> Recommendation | None:
    """Half the current dropout; None where there is none to weaken, or hardly any."""
    name = lever(facts) if facts.in_use(lever(facts)) else "dropout"
    current = facts.in_use(name)
    if current is None or current <= SMALLEST:
        return None
    why = f"{because}, so dropping {current:.0%} holds back more than it protects."
    return Recommendation(name, why, MEASURED, current, current / 2, (0.0, current), facts.evidence())


def _reason(facts: Facts, suggested: float, current: float | None) -> str:
    what = "feature maps" if lever(facts) == "spatial_dropout" else "activations"
    now = "" if current is None else f" ({current:.0%} now)"
    unknown = " The log does not say how many it drops now: where it does drop some, go up by a tenth from there."
    place = "best" if facts.diagnosis.onset_step is not None else "near its best"
    share = "" if facts.share is None else f", because validation was {place} after {facts.share:.0%} of the training"
    reason = f"Drop {suggested:.0%} of the {what}{now}{share}.{unknown if current is None else ''}"
    if facts.setup.architecture == "recurrent":
        reason = f"{reason} {BETWEEN}"
    ladder = ladder_of(facts)
    if ladder and ladder[0].u:
        return reason
    if facts.setup.architecture == "fine_tuning":
        return reason if facts.setup.adapters else f"{reason} {WITHOUT_DECAY_OF_PRETRAINED}"
    return f"{reason} {WITHOUT_DECAY if facts.temperature_is_low else WITHOUT_DECAY_BY_LOSS}"


def _source(facts: Facts) -> str:
    return {"fine_tuning": FINE_TUNING, "vit": UNTRIED, "recurrent": RECURRENT, "other": OTHER}.get(
        facts.setup.architecture or "", MEASURED
    )
