"""Ladders: how strongly to regularize which network, in the order in which to try."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from diagnostics.recommend.setup import Architecture


class Dose(NamedTuple):
    """Dropout (of feature maps in a CNN), and weight decay as ``u = wd * lr * t*``: t* over the time it remembers."""

    dropout: float
    u: float
    augmentation: bool = False


MAX_MAP_DROPOUT = 0.2
HALF_OF_RUN = 0.5

_MLP = (Dose(0.2, 0.25), Dose(0.0, 0.7), Dose(0.1, 0.25, True), Dose(0.2, 0.1), Dose(0.3, 0.25))
_TRANSFORMER = (Dose(0.2, 0.25), Dose(0.1, 0.7), Dose(0.3, 0.25), Dose(0.2, 0.1))
_LATE_TRANSFORMER = (Dose(0.1, 0.25), *_TRANSFORMER[1:])
_CNN = (Dose(0.1, 0.1), Dose(0.2, 0.05), Dose(0.1, 0.0, True), Dose(0.1, 0.5))
_FINE_TUNING = tuple(Dose(0.1, 0.4 * dose.u) for dose in _TRANSFORMER[:2])
# What no network of the lab would take amiss: the usual decay, and a CNN's dropout.
_UNKNOWN = (Dose(0.1, 0.25), Dose(0.1, 0.1), Dose(0.2, 0.25), Dose(0.0, 0.7))

# Forgetting within a tenth of the run to the whole of it: u over the whole run instead of over t*.
PRETRAINING_U = (1.0, 10.0)

_LADDERS: Mapping[Architecture | None, tuple[Dose, ...]] = {
    "mlp": _MLP,
    "transformer": _TRANSFORMER,
    "vit": _TRANSFORMER,
    "cnn": _CNN,
    "fine_tuning": _FINE_TUNING,
    "language_model_pretraining": (),
    None: _UNKNOWN,
}


# Where decay does not help: ``dose.in_turn`` brings it forward then, and nobody is advised it before.
_LAST_RESORT: Mapping[Architecture | None, tuple[Dose, ...]] = {"mlp": (Dose(0.5, 0.0),)}


def last_resort(architecture: Architecture | None) -> tuple[Dose, ...]:
    """What follows after the ladder of a network; no step up leads there."""
    return _LAST_RESORT.get(architecture, ())


def ladder_for(architecture: Architecture | None, share: float | None = None) -> tuple[Dose, ...]:
    """The doses for a network, the first one first; ``share`` is t* over the steps trained."""
    if architecture in ("transformer", "vit") and share is not None and share > HALF_OF_RUN:
        return _LATE_TRANSFORMER
    return _LADDERS[architecture]
