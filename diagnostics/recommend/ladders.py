"""Ladders: how strongly to regularize which network, in the order in which to try."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from diagnostics.recommend.facts import Facts
from diagnostics.recommend.setup import Architecture


class Dose(NamedTuple):
    """Dropout (of feature maps in a CNN), and weight decay as ``u = wd * lr * t*``: t* over the time it remembers."""

    dropout: float
    u: float


MAX_MAP_DROPOUT = 0.2
DEEP, MAX_DEEP_DROPOUT = 4, 0.2  # from so many hidden layers on, what is dropped adds up
HALF_OF_RUN = 0.5

_MLP = (Dose(0.1, 0.25), Dose(0.0, 0.7), Dose(0.2, 0.25), Dose(0.2, 0.1), Dose(0.3, 0.25))
_TRANSFORMER = (Dose(0.2, 0.25), Dose(0.1, 0.7), Dose(0.3, 0.25), Dose(0.2, 0.1))
_LATE_TRANSFORMER = (Dose(0.1, 0.25), *_TRANSFORMER[1:])
_CNN = (Dose(0.1, 0.1), Dose(0.2, 0.05), Dose(0.1, 0.0), Dose(0.1, 0.5))
# Plain decay pulls pretrained weights to 0: dropout alone comes first.
_FINE_TUNING = (Dose(0.1, 0.0), *(Dose(0.1, 0.4 * dose.u) for dose in _TRANSFORMER[:2]))
# What no network of the lab would take amiss: the usual decay, and a CNN's dropout. Recurrent ones were not in the lab.
_UNKNOWN = (Dose(0.1, 0.25), Dose(0.1, 0.1), Dose(0.2, 0.25), Dose(0.0, 0.7))

# Forgetting within a tenth of the run to the whole of it: u over the whole run instead of over t*.
PRETRAINING_U = (1.0, 10.0)

_LADDERS: Mapping[Architecture | None, tuple[Dose, ...]] = {
    "mlp": _MLP,
    "recurrent": _UNKNOWN,
    "transformer": _TRANSFORMER,
    "vit": _TRANSFORMER,
    "cnn": _CNN,
    "fine_tuning": _FINE_TUNING,
    "language_model_pretraining": (),
    "other": _UNKNOWN,
    None: _UNKNOWN,
}


# What comes first where decay harms more often, because the network is less sure than it should be.
_WITHOUT_DECAY = (Dose(0.1, 0.0), Dose(0.3, 0.0))


def ladder_of(facts: Facts) -> tuple[Dose, ...]:
    """The doses for a run, the first one first, none twice and none with more dropout than its network takes."""
    architecture, depth = facts.setup.architecture, facts.setup.depth
    ladder = ladder_for(architecture, facts.share)
    if facts.under_confident and architecture in ("mlp", "cnn", "recurrent", "other", None):
        ladder = (*_WITHOUT_DECAY, *ladder)
    highest = MAX_MAP_DROPOUT if architecture == "cnn" else 0.5
    if depth is not None and depth >= DEEP:
        highest = min(highest, MAX_DEEP_DROPOUT)
    return tuple(dict.fromkeys(dose._replace(dropout=min(dose.dropout, highest)) for dose in ladder))


def ladder_for(architecture: Architecture | None, share: float | None = None) -> tuple[Dose, ...]:
    """The doses for a network, the first one first; ``share`` is t* over the steps trained."""
    if architecture in ("transformer", "vit") and share is not None and share > HALF_OF_RUN:
        return _LATE_TRANSFORMER
    return _LADDERS[architecture]
