"""Repair plan: when a training goes back to its best weights, and with which dose it goes on."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np

from diagnostics import Curve, Setup, Verdict, diagnose, in_words
from diagnostics.recommend import Architecture
from diagnostics.recommend.repair import patience, repair_doses

Anything = TypeVar("Anything")


class RepairPlan(ABC):
    """Takes in the losses of each epoch; a subclass knows the framework: how to copy, put back and dose.

    Of several processes, all come to what the first one decides; ``first`` gives its word to the others.
    """

    def __init__(
        self,
        *,
        epochs: int,
        steps_per_epoch: int,
        architecture: Architecture | None,
        val_samples: int | None,
        strengths: Mapping[str, float],
    ) -> None:
        self.epochs, self.steps_per_epoch = epochs, steps_per_epoch
        self.architecture, self.val_samples, self.strengths = architecture, val_samples, dict(strengths)
        self.sentence, self.dose = "", dict[str, float]()
        self.rows: list[tuple[int, float, float, float]] = []  # epoch, losses of training and validation, rate
        self.best: dict[str, Any] = {}
        self.left: list[Mapping[str, float]] | None = None
        self.since = 0

    @abstractmethod
    def rate(self) -> float:
        """The learning rate now."""

    @abstractmethod
    def decay(self) -> tuple[str, float]:
        """How the optimizer decays weights, one of ``OPTIMIZERS``, and the momentum that decay goes through."""

    @abstractmethod
    def state(self) -> Any:
        """A copy of the weights and of what the optimizer knows."""

    @abstractmethod
    def put_back(self, state: Any, dose: Mapping[str, float]) -> None:
        """Give model and optimizer the state, but for the learning rate, and set the dose."""

    def first(self, word: Anything) -> Anything:
        """What the first process has here."""
        return word

    def epoch(self, epoch: int, train_loss: float, val_loss: float) -> bool:
        """Take in an epoch; True where the training has gone back, and ``sentence`` says from where to where."""
        train_loss, val_loss = self.first((train_loss, val_loss))
        self.rows.append((epoch, train_loss, val_loss, self.rate()))
        if not math.isnan(val_loss) and (not self.best or val_loss < self.best["val_loss"]):
            self.best = {"epoch": epoch, "val_loss": val_loss, "state": self.state()}
            return False
        due, self.left = self.first((self._due(epoch), self.left))
        return due and self._go_back(epoch)

    def _due(self, epoch: int) -> bool:
        if not self.best or epoch >= self.epochs or self.left == []:
            return False
        waited = epoch - max(self.best["epoch"], self.since)
        if self.left and waited >= patience(self.epochs):
            return True
        epochs, train, val, rates = (np.asarray(column, float) for column in zip(*self.rows, strict=True))
        curve = Curve(epochs.astype(np.int64), val)
        diagnosis = diagnose(Curve(curve.steps, train), curve, val_samples=self.val_samples)
        if diagnosis.verdict is not Verdict.OVERFITTING or in_words(diagnosis.confidence) != "clear":
            return False
        if self.left is None:
            optimizer, momentum = self.decay()
            setup = Setup(
                architecture=self.architecture,
                val=curve,
                epochs=epochs,
                steps=epochs * self.steps_per_epoch,
                lr_sum=rates * self.steps_per_epoch,
                optimizer=optimizer,
                momentum=momentum,
                train=train,
                strengths={"dropout": 0.0, "spatial_dropout": 0.0, "weight_decay": 0.0, **self.strengths},
                val_samples=self.val_samples,
            )
            doses = list(repair_doses(diagnosis, setup))
            self.left = doses or None
        return bool(self.left)

    def _go_back(self, epoch: int) -> bool:
        assert self.left, "asked only where a dose is left"
        dose, *self.left = self.left
        self.dose = dict(dose)
        self.put_back(self.best["state"], dose)
        self.rows = [row for row in self.rows if row[0] <= self.best["epoch"]]
        self.since = epoch
        words = ", ".join(f"{name.replace('_', ' ')} {strength:.3g}" for name, strength in dose.items())
        self.sentence = f"After epoch {epoch} back to the weights of epoch {self.best['epoch']}, and on with {words}."
        return True
