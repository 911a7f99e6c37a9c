"""Repairing: how a callback for a framework of torch takes its training back to its best weights, and on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from diagnostics.logs.rewinds import BEST_EPOCH
from diagnostics.recommend import ARCHITECTURES
from fitwatch.watching import TRAIN, Watching
from trainer.errors import ConfigError
from trainer.log import EpochLog
from trainer.measure.description import description
from trainer.repair import Repair

LEVERS = ("dropout", "spatial_dropout", "weight_decay")


def repair_of(
    model: Any,
    optimizer: Any,
    *,
    epochs: int,
    steps_per_epoch: float,
    settings: Mapping[str, Any],
) -> Repair:
    """A repair that knows what model and optimizer say of themselves; ``settings`` win. Raises ``ConfigError``."""
    if epochs < 1:
        raise ConfigError("repair needs to know how many epochs are planned; name them, as in max_epochs=60")
    found = {**description(model, [optimizer], None), **settings}
    architecture = found.get("architecture")
    return Repair(
        model,
        optimizer,
        epochs=epochs,
        steps_per_epoch=max(1, round(steps_per_epoch)),
        architecture=architecture if architecture in ARCHITECTURES else None,
        val_samples=found.get("val_samples"),
        strengths={name: float(found[name]) for name in LEVERS if found.get(name) is not None},
    )


def go_back(repair: Repair, epoch: int, values: Mapping[str, float], watching: Watching, log: EpochLog) -> bool:
    """Take in an evaluation; True where the training went back, which the log says with the new strengths."""
    train = next((values[tag] for tag in TRAIN if tag in values), math.nan)
    if "loss/val" not in values or not repair.epoch(epoch, train, values["loss/val"]):
        return False
    watching.forget(len(repair.rows))
    log.writer.scalars(epoch, {BEST_EPOCH: float(repair.best["epoch"])})
    log.note("repair", repair.sentence)
    log.strengths |= {f"strength/{name}": strength for name, strength in repair.dose.items()}
    return True
