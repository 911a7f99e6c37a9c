"""Repair: for a loop of one's own, back to the best weights when overfitting is clear, and on with a dose."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any, TypeGuard

from torch import distributed, nn
from torch.optim import Optimizer

from diagnostics.recommend import Architecture
from trainer.errors import ConfigError
from trainer.repair_plan import Anything, RepairPlan

PLACES = {"dropout": nn.Dropout, "spatial_dropout": nn.Dropout2d}

SetStrengths = Callable[[nn.Module, Optimizer, Mapping[str, float]], None]


def set_strengths(model: nn.Module, optimizer: Optimizer, strengths: Mapping[str, float]) -> None:
    """Set dropout at every place that the model has, and weight decay in the optimizer's groups.

    Where some groups decay and others do not, as for biases, those stay without.
    """
    for module in model.modules():
        for name, kind in PLACES.items():
            if isinstance(module, kind) and name in strengths:
                module.p = strengths[name]
        if drops_between_layers(module) and "dropout" in strengths:
            module.dropout = strengths["dropout"]
    groups = optimizer.param_groups
    for group in [group for group in groups if group.get("weight_decay")] or groups:
        group["weight_decay"] = strengths.get("weight_decay", group.get("weight_decay", 0.0))


def drops_between_layers(module: nn.Module) -> TypeGuard[nn.RNNBase]:
    """Is it a stack of recurrent layers?"""
    return isinstance(module, nn.RNNBase) and module.num_layers > 1


class Repair(RepairPlan):
    """Goes back to the best weights of a training when it clearly overfits, and sets the dose to go on with.

    Of several processes (``torch.distributed``) each has its own and calls it each epoch; the losses of the first
    decide for all.

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
        each ``nn.Dropout`` (``nn.Dropout2d`` for ``spatial_dropout``) and between the layers of an ``nn.LSTM`` or other
        recurrent stack, and weight decay in the optimizer's groups.

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
        super().__init__(
            epochs=epochs,
            steps_per_epoch=steps_per_epoch,
            architecture=architecture,
            val_samples=val_samples,
            strengths=strengths or {},
        )
        self.model, self.optimizer, self.setter = model, optimizer, setter
        if setter is set_strengths:
            self._need_places()

    def rate(self) -> float:
        return float(self.optimizer.param_groups[0]["lr"])

    def decay(self) -> tuple[str, float]:
        defaults = self.optimizer.defaults
        return "sgd" if "momentum" in defaults else "adamw", defaults.get("momentum", 0.0)

    def state(self) -> Any:
        return copy.deepcopy({"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict()})

    def put_back(self, state: Any, dose: Mapping[str, float]) -> None:
        self.model.load_state_dict(state["model"])
        rates = [group["lr"] for group in self.optimizer.param_groups]  # a schedule goes on from where it is
        self.optimizer.load_state_dict(copy.deepcopy(state["optimizer"]))
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate
        self.setter(self.model, self.optimizer, dose)

    def first(self, word: Anything) -> Anything:
        if not (distributed.is_available() and distributed.is_initialized()):
            return word
        shared = [word]
        distributed.broadcast_object_list(shared, src=0)
        return shared[0]

    def _need_places(self) -> None:
        layers = self.model.modules()
        if not any(isinstance(layer, tuple(PLACES.values())) or drops_between_layers(layer) for layer in layers):
            raise ConfigError(
                "the model has no nn.Dropout to set; put nn.Dropout(0.0) after its hidden activations, or give a setter"
            )
        if type(self.optimizer).__name__ == "Adam" and not self.optimizer.defaults.get("decoupled_weight_decay"):
            raise ConfigError(
                "Adam adds weight decay to the gradient, where a dose is another number; use AdamW, or give a setter"
            )
