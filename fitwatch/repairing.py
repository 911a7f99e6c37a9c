"""Repairing: what the callbacks of all frameworks do where a training goes back to its best weights."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from diagnostics.logs.rewinds import BEST_EPOCH
from diagnostics.recommend import ARCHITECTURES
from fitwatch.watching import TRAIN, Watching
from trainer.errors import ConfigError
from trainer.measure.event_writer import EventWriter
from trainer.repair_plan import RepairPlan

LEVERS = ("dropout", "spatial_dropout", "weight_decay")


def plan_of(settings: Mapping[str, Any], *, epochs: int, steps_per_epoch: float) -> dict[str, Any]:
    """What a repair needs to know, from settings as they are logged. Raises ``ConfigError``."""
    if epochs < 1:
        raise ConfigError("repair needs to know how many epochs are planned; name them, as in max_epochs=60")
    architecture = settings.get("architecture")
    return {
        "epochs": epochs,
        "steps_per_epoch": max(1, round(steps_per_epoch)),
        "architecture": architecture if architecture in ARCHITECTURES else None,
        "val_samples": settings.get("val_samples"),
        "strengths": {name: float(settings[name]) for name in LEVERS if settings.get(name) is not None},
    }


def go_back(repair: RepairPlan, epoch: int, values: Mapping[str, float], watching: Watching) -> bool:
    """Take in an evaluation, by what the first process measured; True where the training went back."""
    values = repair.first(values)
    train = next((values[tag] for tag in TRAIN if tag in values), math.nan)
    if "loss/val" not in values or not repair.epoch(epoch, train, values["loss/val"]):
        return False
    watching.forget(len(repair.rows))
    return True


def write_down(repair: RepairPlan, epoch: int, writer: EventWriter, strengths: dict[str, float]) -> None:
    """Say in the log from where to where it went; ``strengths``, by tag, are what it goes on with."""
    writer.scalars(epoch, {BEST_EPOCH: float(repair.best["epoch"])})
    writer.text("repair", repair.sentence)
    strengths |= {f"strength/{name}": strength for name, strength in repair.dose.items()}
