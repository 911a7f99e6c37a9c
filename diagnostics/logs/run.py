"""Run: one training as a person means it, with the curves that were matched and why."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from diagnostics.curves import Curve

XAxis = Literal["epoch", "step", "mixed"]
SCALED_VAL = "loss/val_scaled"  # validation's loss after one fitted temperature, a twin of its loss
LAYER = re.compile(r"weights/(?P<layer>.+)/(?P<quantity>[a-z0-9_]+)")


class Rows(NamedTuple):
    """What one event file holds for one tag, in file order: steps may repeat and go back. All of shape ``(n,)``."""

    steps: NDArray[np.int64]
    wall_times: NDArray[np.float64]
    values: NDArray[np.float64]


class Key(NamedTuple):
    """Where a curve stands: its event-file folder relative to the log folder (``"."`` for itself), and its tag."""

    run: str
    tag: str


@dataclass(frozen=True)
class Pair:
    """One metric on the training and the validation side; a side that was not logged is ``None``."""

    name: str
    train: Key | None
    val: Key | None
    higher_is_better: bool = False
    score: float = 0.0
    parts: tuple[Pair, ...] = ()
    """The components whose sum the two sides are; empty where the sides were logged as they stand."""


@dataclass(frozen=True)
class Skipped:
    """What could not be read: damaged records, and one sentence for each file that was left out or cut short."""

    records: int = 0
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Run:
    """The newest session of one training, and what was matched in it.

    ``primary`` is the pair the verdict is about (``None`` when no series is a fit loss or metric); ``pairs`` holds
    every pair, the primary one first; ``why`` says in one sentence why it was chosen, ``runners_up`` what else could
    have been, best first. Where validation has no loss, the primary pair is its most general metric alone, and
    ``train_loss`` the training loss beside it. ``val_losses`` are the other losses of validation, each with the
    training loss that goes best with it. ``curves`` has every series as logged; ``train_on_val`` is the training side
    on validation's steps, where the two count different things; ``epochs`` is the logged epoch by step, and
    ``resumed_at`` are the steps of validation from which the training was resumed. ``boosting`` names the library of a
    gradient boosting (``"catboost"``, ``"xgboost"``, ``"lightgbm"``): there a step is a tree, and neither an epoch nor
    an update of weights.
    """

    name: str
    curves: Mapping[Key, Curve]
    primary: Pair | None = None
    pairs: tuple[Pair, ...] = ()
    why: str = ""
    runners_up: tuple[Pair, ...] = ()
    train_loss: Key | None = None
    val_losses: tuple[Pair, ...] = ()
    x_axis: XAxis | None = None
    train_on_val: Curve | None = None
    epochs: Curve | None = None
    sessions: int = 1
    resumed_at: tuple[int, ...] = ()
    boosting: str | None = None
    stale: bool = False
    texts: Mapping[str, str] = field(default_factory=dict)
    hparams: Mapping[str, bool | float | str] = field(default_factory=dict)
    skipped: Skipped = Skipped()

    @property
    def train(self) -> Curve | None:
        """The training side of the primary pair, on validation's axis."""
        if self.train_on_val is not None:
            return self.train_on_val
        return None if self.primary is None or self.primary.train is None else self.curves[self.primary.train]

    @property
    def val(self) -> Curve | None:
        """The validation side of the primary pair."""
        return None if self.primary is None or self.primary.val is None else self.curves[self.primary.val]

    @property
    def points(self) -> int:
        """How many points there are to go by: of validation, or of training where there is none."""
        curve = self.val if self.val is not None else self.train
        return 0 if curve is None else len(curve)

    @property
    def unit(self) -> Literal["epoch", "step", "tree"]:
        """What validation's steps count, as a word: "epoch", "tree" of a gradient boosting, else "step"."""
        return "tree" if self.boosting else "epoch" if self.x_axis == "epoch" else "step"

    def tagged(self, tag: str) -> Curve | None:
        """The series of that tag, in whatever folder of the run; ``None`` where it was not logged."""
        return next((self.curves[key] for key in self.curves if key.tag == tag), None)

    @property
    def layers(self) -> dict[str, dict[str, Curve]]:
        """What was logged of the weights of each layer, as ``weights/<layer>/<quantity>``: quantity -> layer -> curve.

        The quantities are those of ``weights/<quantity>`` for the whole network, such as ``sparsity`` and ``l2_norm``.
        """
        layers: dict[str, dict[str, Curve]] = {}
        for key in self.curves:
            if match := LAYER.fullmatch(key.tag):
                layers.setdefault(match["quantity"], {})[match["layer"]] = self.curves[key]
        return layers
