"""Keras: a callback that logs what a diagnosis needs of each epoch; it needs Keras 3 and no torch."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras  # type: ignore[import-untyped]
import numpy as np

from diagnostics import sparsity
from fitwatch.keras_repair import SPATIAL, KerasRepair, array
from fitwatch.repairing import LEVERS, go_back, plan_of, write_down
from fitwatch.watching import Watching
from trainer.errors import ConfigError
from trainer.measure.event_writer import EventWriter

RECURRENT = re.compile(r"(?:LSTM|GRU|RNN)(?:Cell|\dD)?$")


class KerasLog(keras.callbacks.Callback):  # type: ignore[misc]
    """Logs each epoch: your losses and accuracies, norms of the weights, and what the optimizer and the layers say.

    Parameters
    ----------
    run_dir
        Folder of the run, made if missing.
    train_clean
        ``(inputs, targets)``, a fixed part of the training samples about as large as validation: evaluated as
        validation is, it shows the real generalization gap.
    stop
        Ends the training when it clearly overfits.
    repair
        Takes the training back to its best weights when it clearly overfits, and on with a dose of dropout and weight
        decay, as ``fitwatch.Repair`` does; with the torch backend of Keras, and ``Dropout`` layers in the model. With
        ``stop`` as well, it ends when no dose is left.

    Examples
    --------
    ``model.fit(x, y, validation_data=..., callbacks=[KerasLog("runs/mine")])``
    """

    def __init__(
        self,
        run_dir: str | Path,
        *,
        train_clean: tuple[Any, Any] | None = None,
        stop: bool = False,
        repair: bool = False,
    ) -> None:
        super().__init__()
        self.run_dir, self.train_clean, self.stop, self.repair = run_dir, train_clean, stop, repair
        self.repairing: KerasRepair | None = None
        self.watching = Watching()
        self.strengths: dict[str, float] = {}

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Write down the settings."""
        self.steps = int(self.params.get("steps") or 0)
        settings = description(self.model) | ({"steps_per_epoch": self.steps} if self.steps else {})
        if self.repair:
            self.repairing = self._repair(settings)
        self.watching, self.writer = Watching(), EventWriter(self.run_dir)
        self.strengths = {f"strength/{name}": settings[name] for name in LEVERS if name in settings}
        lines = json.dumps(settings, indent=2).splitlines()
        self.writer.text("config", "\n".join(f"    {line}" for line in lines))
        self.writer.hparams(settings)
        self.before = dict(matrices(self.model))

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Measure and write the epoch."""
        values = {tag: float(value) for name, value in (logs or {}).items() if (tag := tag_of(name))}
        if self.train_clean is not None:
            measured = self.model.evaluate(*self.train_clean, verbose=0, return_dict=True)
            values |= {
                f"{tag.split('/')[0]}/train_clean": float(value)
                for name, value in measured.items()
                if (tag := tag_of(name))
            }
        rate = float(array(self.model.optimizer.learning_rate))
        values |= {"optim/lr": rate, "optim/lr_sum": rate * self.steps} if self.steps else {"optim/lr": rate}
        now = dict(matrices(self.model))
        values |= norms(now, self.before)
        self.before = now
        self.writer.scalars(epoch + 1, values | self.strengths)
        self.watching.add(values)
        repair = self.repairing
        if repair is not None and go_back(repair, epoch + 1, values, self.watching):
            write_down(repair, epoch + 1, self.writer, self.strengths)
            self.before = dict(matrices(self.model))
        elif self.stop and (repair is None or repair.left == []) and (reason := self.watching.reason_to_stop()):
            self.writer.text("early_stopping", reason)
            self.model.stop_training = True

    def _repair(self, settings: dict[str, Any]) -> KerasRepair:
        """Raises ``ConfigError`` for a training that cannot go back."""
        if not self.steps:
            raise ConfigError("repair needs to know how many steps an epoch has; give model.fit steps_per_epoch")
        plan = plan_of(settings, epochs=int(self.params.get("epochs") or 0), steps_per_epoch=self.steps)
        return KerasRepair(self.model, **plan)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Give the file back; every epoch is written already."""
        self.writer.close()


def tag_of(name: str) -> str:
    """``val_loss`` as ``loss/val``, ``accuracy`` as ``accuracy/train``; empty for any other metric."""
    part = "val" if name.startswith("val_") else "train"
    metric = name.removeprefix("val_")
    if metric == "loss":
        return f"loss/{part}"
    return f"accuracy/{part}" if metric in ("acc", "accuracy") or metric.endswith("_accuracy") else ""


def description(model: Any) -> dict[str, Any]:
    """Settings in force: the optimizer's, dropouts and the kind of network, under the names that a diagnosis reads.

    Keras decays every weight beside the gradient, with Adam and SGD as well.
    """
    settings: dict[str, Any] = {"model": type(model).__name__, "dropout": 0.0}
    optimizer = model.optimizer
    decay = getattr(optimizer, "weight_decay", None)
    kind = type(optimizer).__name__
    settings["optimizer"] = {"Adam": "AdamW", "SGD": "SGDW"}.get(kind, kind)
    settings |= {"lr": float(array(optimizer.learning_rate)), "weight_decay": float(decay or 0.0)}
    if kind == "SGD":
        settings["momentum"] = float(optimizer.momentum)
    kinds = set()
    for layer in model._flatten_layers():
        kind = type(layer).__name__
        kinds.add(kind)
        rates = [getattr(layer, "rate", None) if kind.endswith("Dropout") or kind in SPATIAL else None]
        rates += [
            getattr(layer, "dropout", None),
            getattr(layer, "_dropout", None),
        ]  # of recurrent and attention layers
        for rate in rates:
            if isinstance(rate, int | float) and 0 < rate < 1:
                name = "spatial_dropout" if kind in SPATIAL else "dropout"
                settings[name] = max(settings.get(name, 0.0), float(rate))
    return settings | {"architecture": architecture_of(kinds)}


def architecture_of(kinds: set[str]) -> str:
    """``mlp``, ``cnn``, ``recurrent``, ``vit`` or ``transformer`` by the classes of layers; else ``other``."""
    if any(RECURRENT.search(kind) for kind in kinds) and "MultiHeadAttention" not in kinds:
        return "recurrent"
    convolutions = any(kind.startswith(("Conv", "DepthwiseConv", "SeparableConv")) for kind in kinds)
    if any("Attention" in kind for kind in kinds):
        return "vit" if "Conv2D" in kinds and "Embedding" not in kinds else "transformer"
    return "cnn" if convolutions else "mlp" if "Dense" in kinds else "other"


def matrices(model: Any) -> Iterator[tuple[str, np.ndarray]]:
    """Name and values of each kernel that trains; biases, norms and embeddings are left out."""
    for variable in model.trainable_variables:
        if "kernel" in variable.path.rsplit("/", 1)[-1] and len(variable.shape) > 1:
            name = variable.path.rsplit("/", 1)[0].replace("/", ".")
            yield name, array(variable).astype(np.float64)


def norms(now: dict[str, np.ndarray], before: dict[str, np.ndarray]) -> dict[str, float]:
    """L2 norm, update and sparsity of all matrices together and of each, under the trainer's tags."""
    if not now:
        return {}
    moved = sum(float(np.square(matrix - before[name]).sum()) for name, matrix in now.items())
    values = {"optim/update_norm": moved**0.5}
    total, small, size = 0.0, 0.0, 0
    for name, matrix in now.items():
        square = float(np.square(matrix).sum())
        near = sparsity(matrix).near
        values |= {f"weights/{name}/l2_norm": square**0.5, f"weights/{name}/sparsity": near}
        total, small, size = total + square, small + near * matrix.size, size + matrix.size
    return values | {"weights/l2_norm": total**0.5, "weights/sparsity": small / size}
