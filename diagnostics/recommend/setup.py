"""Setup: how a run was trained, as far as anybody knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from diagnostics.curves import Curve
from diagnostics.logs.settings import REGULARIZER_NAMES, SHARES, regularizer_called

Architecture = Literal[
    "mlp", "cnn", "recurrent", "transformer", "vit", "language_model_pretraining", "fine_tuning", "other"
]  # "other" is known to be none of them, such as a graph network; None is not known
ARCHITECTURES: tuple[Architecture, ...] = get_args(Architecture)
# How weight decay acts: beside the gradient (adamw, sgdw), or added to it (adam, sgd), where the same number does more
# or less. A dose is measured for the first kind.
OPTIMIZERS = ("adamw", "adam", "sgd", "sgdw")
POINTWISE = (
    *("steps", "epochs", "lr_sum", "update_norm", "l2_norm", "hypergradient", "cosine"),
    *("train", "temperature", "val_scaled"),
)
Values = NDArray[np.float64]


class SetupError(ValueError):
    """A setup that contradicts itself; the message says what was found, what is needed and the way out."""


@dataclass(frozen=True)
class GivenSetup:
    """The part of a setup that a person gives, because the log does not say it; None leaves it to the log."""

    architecture: Architecture | None = None
    val_samples: int | None = None
    lr: float | None = None
    steps_per_epoch: float | None = None
    optimizer: str | None = None
    momentum: float | None = None
    strengths: tuple[tuple[str, float], ...] = ()  # in use by registry name; 0 is off


def strength_in_use(text: str) -> tuple[str, float]:
    """``dropout=0.3`` as a registry name and a strength that it can have. Raises ``SetupError``."""
    name, _, number = text.partition("=")
    try:
        strength = float(number)
    except ValueError:
        strength = -1.0
    if not (name.isidentifier() and 0 <= strength < float("inf")):
        raise SetupError(f"found {text!r}; give NAME=VALUE, for example dropout=0.3, or dropout=0 where it is off")
    if name not in REGULARIZER_NAMES:
        near = regularizer_called(name) or next(iter(get_close_matches(name, REGULARIZER_NAMES, n=1)), "")
        way_out = f"did you mean {near!r}?" if near else f"choose from {', '.join(REGULARIZER_NAMES)}"
        raise SetupError(f"there is no strength {name!r}; {way_out}")
    if name in SHARES and strength >= 1:
        raise SetupError(f"found {text!r}, but {name} is a share; give a number from 0 to below 1")
    return name, strength


@dataclass(frozen=True, eq=False)
class Setup:
    """How a run was trained, as far as anybody knows; ``setup_of`` reads it from a log.

    Everything may be unknown: ``None``, or a name that is missing in ``strengths``. Arrays have one value for each
    point of ``val``.

    Parameters
    ----------
    architecture
        One of ``ARCHITECTURES``.
    val, higher_is_better
        Validation's curve, and its direction.
    steps, epochs
        Optimizer steps and passes over the data done by each point.
    lr, lr_sum
        The mean learning rate, or values spread evenly over the training; its sum over the steps since the point
        before.
    update_norm, l2_norm
        The norm of an epoch's update of the weight matrices, and of the matrices.
    hypergradient, cosine
        How the validation loss would have moved with more weight decay since the point before, per unit of it
        (negative: more would have helped), and the cosine of validation's gradient with the weights.
    optimizer, momentum
        One of ``OPTIMIZERS``, or another name; SGD's momentum, 0 up to 1, where weight decay goes through it, and 0
        where decay is decoupled from the gradient.
    train, train_is_clean
        The training loss, and whether it is plain: in evaluation mode, with nothing added to it.
    temperature, val_scaled
        What the logits of validation are best divided by, and the validation loss after that.
    strengths
        Registry name of a regularizer -> strength in use; 0 is off.
    val_samples, batch_size, depth
        Samples in validation and in a batch; hidden layers.
    adapters
        In fine-tuning, the weights that are trained are the difference from the pretrained ones, as LoRA's are.
    boosting
        The library of a gradient boosting, whose steps are trees; None for a network.

    Raises
    ------
    SetupError
        An unknown architecture, a momentum outside of 0 to 1, or an array that does not have one value for each point.

    Examples
    --------
    >>> setup = Setup(architecture="cnn", lr=1e-3, strengths={"dropout": 0.1})
    >>> setup.strengths["dropout"], setup.val is None
    (0.1, True)
    >>> Setup(architecture="resnet")
    Traceback (most recent call last):
        ...
    diagnostics.recommend.setup.SetupError: there is no architecture 'resnet'; choose from ...
    """

    architecture: Architecture | None = None
    val: Curve | None = None
    higher_is_better: bool = False
    steps: Values | None = None
    epochs: Values | None = None
    lr: Values | float | None = None
    lr_sum: Values | None = None
    update_norm: Values | None = None
    l2_norm: Values | None = None
    hypergradient: Values | None = None
    cosine: Values | None = None
    optimizer: str | None = None
    momentum: float | None = None
    train: Values | None = None
    train_is_clean: bool = False
    temperature: Values | None = None
    val_scaled: Values | None = None
    strengths: Mapping[str, float] = field(default_factory=dict)
    val_samples: int | None = None
    batch_size: int | None = None
    depth: int | None = None
    adapters: bool = False
    boosting: str | None = None

    @property
    def train_end(self) -> float | None:
        """The last training loss."""
        return None if self.train is None or not len(self.train) else float(self.train[-1])

    def __post_init__(self) -> None:
        if self.architecture is not None and self.architecture not in ARCHITECTURES:
            raise SetupError(f"there is no architecture {self.architecture!r}; choose from {', '.join(ARCHITECTURES)}")
        if self.momentum is not None and not 0 <= self.momentum < 1:
            raise SetupError(f"momentum is {self.momentum}; it must be at least 0 and below 1")
        points = 0 if self.val is None else len(self.val)
        for name in POINTWISE:
            values = getattr(self, name)
            if values is not None and len(values) != points:
                raise SetupError(f"{name} has {len(values)} values and val {points} points; give one for each point")
