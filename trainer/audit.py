"""Audit: is each regularizer really on? Asked of the model and optimizer that train, not of the configuration."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress

from torch import nn
from torch.optim import SGD, Adam, AdamW, Optimizer

from trainer.fit.loop import Callback, Loop
from trainer.log import EpochLog
from trainer.measure.loss_floor import Floor, loss_floor
from trainer.regularizers import DropPath, Regularizers
from trainer.regularizers.dropconnect import DropConnectConv2d, DropConnectLinear
from trainer.regularizers.matrices import kinds
from trainer.regularizers.spatial_dropout import PLACES
from trainer.strengths import Settings

DROPPED: dict[str, tuple[tuple[type[nn.Module], ...], str]] = {
    "dropout": ((nn.Dropout,), "nn.Dropout"),
    "spatial_dropout": (PLACES, "nn.Dropout2d"),
    "dropconnect": ((DropConnectLinear, DropConnectConv2d), "layer that drops its weights"),
    "drop_path": ((DropPath,), "DropPath"),
}
PLURAL = {"bias": "biases", "norm": "norms", "embedding": "embeddings"}
FAR = 10.0  # times beyond one epoch, or the whole run, at which a decay's time scale is called out


class Audit(Callback):
    """Says in the terminal and in the log what is not really on; before training, and when a loss proves it."""

    def __init__(self, log: EpochLog, *, classes: int) -> None:
        self.log, self.classes = log, classes
        self.floor: Floor | None = None

    def fit_start(self, loop: Loop) -> None:
        batches = loop.batches
        findings = audit(
            loop.model, loop.optimizer, loop.regularizers, steps_per_epoch=len(batches), epochs=loop.epochs
        )
        self.floor = loss_floor(loop.regularizers, *batches.peek(), classes=self.classes)
        self.say(findings)

    def epoch_end(self, loop: Loop) -> None:
        train_loss = loop.values.get("loss/train", math.nan)
        finding = self.floor and self.floor.finding(train_loss, steps=len(loop.batches))
        if finding:
            self.floor = None  # once is enough
            self.say([finding])

    def say(self, findings: list[str]) -> None:
        if not findings:
            return
        self.log.note("audit", "\n\n".join(findings))
        for finding in findings:
            with suppress(OSError):
                print(f"audit: {finding}", flush=True)


def audit(
    model: nn.Module, optimizer: Optimizer, regularizers: Regularizers, *, steps_per_epoch: int, epochs: int
) -> list[str]:
    """A sentence for each regularizer that does not do what its name says, at the start of a run."""
    settings = {regularizer.name: regularizer.settings() for regularizer in regularizers}
    decay = settings.get("weight_decay")
    return [
        *_missing_dropout(model, settings),
        *_leaking_decay(model, optimizer, decay or {}),
        *_coupled_under_adam(optimizer, decay),
        *_time_scale(optimizer, decay, steps_per_epoch, epochs),
    ]


def _missing_dropout(model: nn.Module, settings: Mapping[str, Settings]) -> Iterator[str]:
    for name, (types, example) in DROPPED.items():
        if name not in settings:
            continue
        rates = [_rate(module) for module in model.modules() if isinstance(module, types)]
        if name == "dropout":
            rates += [m.dropout for m in model.modules() if isinstance(m, nn.MultiheadAttention | nn.RNNBase)]
        if not rates:
            yield f"{name} is on, but the model has no {example}, so nothing is dropped; add one"
        elif not any(rates):
            yield f"{name} is on, but every {example} of the model has probability 0, so nothing is dropped"


def _rate(module: nn.Module) -> float:
    rate = module.drop_prob if isinstance(module, DropPath) else module.p
    assert isinstance(rate, float | int)
    return rate


def _leaking_decay(model: nn.Module, optimizer: Optimizer, settings: Settings) -> Iterator[str]:
    kind_of = dict(kinds(model))
    allowed = {"matrix"} | {kind for kind, plural in PLURAL.items() if settings.get(plural)}
    leaks = Counter(
        kind_of.get(parameter, "bias")
        for group in optimizer.param_groups
        for parameter in group["params"]
        if group.get("weight_decay", 0) and kind_of.get(parameter, "bias") not in allowed
    )
    if leaks:
        decayed = " and ".join(f"{count} {PLURAL[kind]}" for kind, count in leaks.items())
        yield f"weight decay also shrinks {decayed}; put them into a parameter group with weight_decay=0"


def _coupled_under_adam(optimizer: Optimizer, decay: Settings | None) -> Iterator[str]:
    adam = isinstance(optimizer, Adam)
    own = adam and not isinstance(optimizer, AdamW) and not optimizer.defaults.get("decoupled_weight_decay")
    by_itself = own and any(group["weight_decay"] for group in optimizer.param_groups)
    if by_itself or (adam and decay is not None and decay["kind"] == "coupled"):
        yield (
            "weight decay is coupled under Adam, which divides it by the size of each weight's gradient: "
            "it is not AdamW's; use kind decoupled for that"
        )


def _time_scale(optimizer: Optimizer, decay: Settings | None, steps_per_epoch: int, epochs: int) -> Iterator[str]:
    if decay is None:
        return
    rate = float(decay["weight_decay"] or 0)
    group = optimizer.param_groups[0]
    lr = float(group.get("initial_lr", group["lr"])) / (
        1 - group.get("momentum", 0) if isinstance(optimizer, SGD) else 1
    )
    tau = 1 / (lr * rate * steps_per_epoch)
    if tau > FAR * epochs:
        suited = 1 / (lr * epochs * steps_per_epoch)
        yield (
            f"weight decay {rate:g} lets past updates fade over {tau:.3g} epochs, this run has {epochs}: "
            f"it hardly does anything; {suited:.2g} over one run"
        )
    elif tau < 1 / FAR:
        suited = 1 / (lr * steps_per_epoch)
        yield f"weight decay {rate:g} lets past updates fade within {tau:.2g} epochs; {suited:.2g} over one epoch"
