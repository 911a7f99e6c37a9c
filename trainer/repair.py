"""Repair: for a loop of one's own, back to the best weights when overfitting is clear, and on with a dose."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from torch import nn
from torch.optim import Optimizer

from diagnostics import Curve, Setup, Verdict, diagnose, in_words
from diagnostics.recommend import Architecture
from diagnostics.recommend.repair import patience, repair_doses
from trainer.errors import ConfigError

PLACES = {"dropout": nn.Dropout, "spatial_dropout": nn.Dropout2d}

SetStrengths = Callable[[nn.Module, Optimizer, Mapping[str, float]], None]


def set_strengths(model: nn.Module, optimizer: Optimizer, strengths: Mapping[str, float]) -> None:
    """Set dropout at every place that the model has, and weight decay in the optimizer's groups.

    Where some groups decay and others do not, as for biases, those stay without.
    """
    for name, kind in PLACES.items():
        for module in model.modules() if name in strengths else ():
            if isinstance(module, kind):
                module.p = strengths[name]
    groups = optimizer.param_groups
    for group in [group for group in groups if group.get("weight_decay")] or groups:
        group["weight_decay"] = strengths.get("weight_decay", group.get("weight_decay", 0.0))


class Repair:
    """Goes back to the best weights of a training when it clearly overfits, and sets the dose to go on with.

    Parameters
    ----------
    model, optimizer
        What is trained. Their ``state_dict`` is copied in each epoch that is the best so far.
    epochs, steps_per_epoch
        How long the training is planned, and the optimizer's steps in an epoch.
    architecture
        The kind of network, one of ``diagnostics.recommend.ARCHITECTURES``.
    val_samples
        Samples in validation; with fewer than 100, nothing is advised.
    strengths
        Registry name -> strength in use, 0 is off.
    setter
        ``setter(model, optimizer, strengths)`` sets a dose; the lines of a snippet do. By default dropout is set at
        each ``nn.Dropout`` (``nn.Dropout2d`` for ``spatial_dropout``) and weight decay in the optimizer's groups.

    Raises
    ------
    ConfigError
        The model has no place for dropout, or the optimizer adds its weight decay to the gradient as Adam does, where
        the number means something else. A ``ValueError``.

    Examples
    --------
    >>> from torch import nn
    >>> model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.0), nn.Linear(8, 1))
    >>> optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.0)
    >>> repair = Repair(model, optimizer, epochs=40, steps_per_epoch=10, architecture="mlp")
    >>> for epoch in range(1, 41):  # losses of a training that overfits from epoch 11 on
    ...     train_loss = 0.9**epoch
    ...     val_loss = 0.5 + 0.8**epoch + 0.02 * max(0, epoch - 8)
    ...     if repair.epoch(epoch, train_loss, val_loss):
    ...         print(repair.sentence)
    ...         break
    After epoch 18 back to the weights of epoch 11, and on with dropout 0.2, weight decay 0.636.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: Optimizer,
        *,
        epochs: int,
        steps_per_epoch: int,
        architecture: Architecture | None = None,
        val_samples: int | None = None,
        strengths: Mapping[str, float] | None = None,
        setter: SetStrengths = set_strengths,
    ) -> None:
        self.model, self.optimizer, self.setter = model, optimizer, setter
        self.epochs, self.steps_per_epoch = epochs, steps_per_epoch
        self.architecture, self.val_samples, self.strengths = architecture, val_samples, dict(strengths or {})
        self.sentence, self.dose = "", dict[str, float]()
        self.rows: list[tuple[int, float, float, float]] = []  # epoch, losses of training and validation, rate
        self.best: dict[str, Any] = {}
        self.left: list[Mapping[str, float]] | None = None
        self.since = 0
        if setter is set_strengths:
            self._need_places()

    def epoch(self, epoch: int, train_loss: float, val_loss: float) -> bool:
        """Take in an epoch; True where the training has gone back, and ``sentence`` says from where to where."""
        self.rows.append((epoch, train_loss, val_loss, float(self.optimizer.param_groups[0]["lr"])))
        if not math.isnan(val_loss) and (not self.best or val_loss < self.best["val_loss"]):
            states = {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict()}
            self.best = {"epoch": epoch, "val_loss": val_loss, **copy.deepcopy(states)}
            return False
        return self._due(epoch) and self._go_back(epoch)

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
            setup = Setup(
                architecture=self.architecture,
                val=curve,
                epochs=epochs,
                steps=epochs * self.steps_per_epoch,
                lr_sum=rates * self.steps_per_epoch,
                optimizer="sgd" if "momentum" in self.optimizer.defaults else "adamw",
                momentum=self.optimizer.defaults.get("momentum", 0.0),
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
        self.model.load_state_dict(self.best["model"])
        rates = [group["lr"] for group in self.optimizer.param_groups]  # a schedule goes on from where it is
        self.optimizer.load_state_dict(copy.deepcopy(self.best["optimizer"]))
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate
        self.setter(self.model, self.optimizer, dose)
        self.rows = [row for row in self.rows if row[0] <= self.best["epoch"]]
        self.since = epoch
        words = ", ".join(f"{name.replace('_', ' ')} {strength:.3g}" for name, strength in dose.items())
        self.sentence = f"After epoch {epoch} back to the weights of epoch {self.best['epoch']}, and on with {words}."
        return True

    def _need_places(self) -> None:
        if not any(isinstance(module, tuple(PLACES.values())) for module in self.model.modules()):
            raise ConfigError(
                "the model has no nn.Dropout to set; put nn.Dropout(0.0) after its hidden activations, or give a setter"
            )
        if type(self.optimizer).__name__ == "Adam" and not self.optimizer.defaults.get("decoupled_weight_decay"):
            raise ConfigError(
                "Adam adds weight decay to the gradient, where a dose is another number; use AdamW, or give a setter"
            )
