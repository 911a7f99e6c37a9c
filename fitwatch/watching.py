"""Watching: the verdict of a training that goes on, for callbacks that may stop it."""

from __future__ import annotations

import math
from collections.abc import Mapping

from diagnostics import diagnose, in_words

TRAIN = ("loss/train_clean", "loss/train")


class Watching:
    """The losses of a training so far; ``add`` takes the values of each evaluation by tag."""

    def __init__(self) -> None:
        self.train: list[float] = []
        self.val: list[float] = []

    def add(self, values: Mapping[str, float]) -> None:
        """One evaluation; values without a validation loss are none."""
        if "loss/val" in values:
            self.val.append(values["loss/val"])
            self.train.append(next((values[tag] for tag in TRAIN if tag in values), math.nan))

    def forget(self, evaluations: int) -> None:
        """The training went back to where it had so many; what came after is another training's."""
        del self.train[evaluations:], self.val[evaluations:]

    def reason_to_stop(self) -> str:
        """A sentence where the training clearly overfits; empty otherwise, and where one of the losses is missing."""
        if all(math.isnan(loss) for loss in self.train):
            return ""
        diagnosis = diagnose(self.train, self.val)
        if diagnosis.verdict != "overfitting" or in_words(diagnosis.confidence) != "clear":
            return ""
        return f"stopped, because the training overfits: {diagnosis.reason}"
