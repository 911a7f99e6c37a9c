"""Regularizers: the registry of what the trainer has, and a run's own made from its configuration."""

from collections.abc import Mapping

from trainer.regularizers.augmentation import Augmentation
from trainer.regularizers.base import Mixed, Regularizer, Regularizers
from trainer.regularizers.cutmix import CutMix
from trainer.regularizers.drop_path import DropPath, StochasticDepth
from trainer.regularizers.dropconnect import DropConnect
from trainer.regularizers.dropout import AttentionDropout, Dropout
from trainer.regularizers.early_stopping import EarlyStopping
from trainer.regularizers.ema import EMA
from trainer.regularizers.gradient_clipping import GradientClipping
from trainer.regularizers.l1 import L1
from trainer.regularizers.label_smoothing import LabelSmoothing
from trainer.regularizers.matrices import matrices
from trainer.regularizers.mixup import Mixup
from trainer.regularizers.one_of import OneOf
from trainer.regularizers.randaugment import RandAugment
from trainer.regularizers.spatial_dropout import SpatialDropout
from trainer.regularizers.weight_decay import WeightDecay
from trainer.strengths import RegularizerError, Settings, check_strengths

__all__ = [
    "REGULARIZERS",
    "AttentionDropout",
    "DropPath",
    "Mixed",
    "Regularizer",
    "RegularizerError",
    "Regularizers",
    "make",
    "matrices",
]

# The order in which they act: augment before mixing, smooth before mixing, average before the best is kept.
REGULARIZERS: dict[str, type[Regularizer]] = {
    kind.name: kind
    for kind in (
        Dropout,
        SpatialDropout,
        DropConnect,
        StochasticDepth,
        WeightDecay,
        L1,
        LabelSmoothing,
        Augmentation,
        RandAugment,
        Mixup,
        CutMix,
        GradientClipping,
        EMA,
        EarlyStopping,
    )
}


def make(settings: Mapping[str, Settings]) -> Regularizers:
    """A run's regularizers from ``{"dropout": {"p": 0.2}, ...}``; mixup and cutmix together take turns by chance.

    Raises ``RegularizerError`` for an unknown name or a setting out of range.
    """
    check_strengths(settings)
    regularizers = {name: kind(**settings[name]) for name, kind in REGULARIZERS.items() if name in settings}
    if "mixup" in regularizers and "cutmix" in regularizers:
        regularizers["mixup"] = OneOf(regularizers["mixup"], regularizers.pop("cutmix"))
    return Regularizers(list(regularizers.values()))
