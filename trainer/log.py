"""Log: what a diagnosis needs of each epoch, written as TensorBoard scalars from any PyTorch training loop."""

from __future__ import annotations

import json
import math
import os
from collections import Counter
from collections.abc import Mapping
from types import TracebackType
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from trainer.fit.step import Data, Loss, evaluate, samples_in
from trainer.measure.event_writer import EventWriter
from trainer.measure.hypergradient import Hypergradient
from trainer.measure.norms import grad_norm
from trainer.measure.temperature import Logits
from trainer.measure.weights import WeightMeter


class EpochLog:
    """Logs what a diagnosis needs of each epoch, from any PyTorch training loop, as TensorBoard scalars.

    The training loss is averaged over the steps; the network is evaluated on the same fixed samples each epoch, so that
    training and validation can be compared. docs/trainer.md lists the tags. Values stay on the model's device until the
    epoch ends and come to the host in one transfer.

    Parameters
    ----------
    run_dir
        Folder of the run, made if missing. Each ``EpochLog`` writes one event file, for one session of training.
    model
        The network, already with its first weights.
    optimizer
        The rate of its first parameter group is logged as the learning rate.
    loss_fn
        ``loss_fn(outputs, targets)``, the plain mean loss of a batch, without penalties.
    train_clean, val
        Batches ``(inputs, targets)`` of fixed training samples, about as many as there are of validation, and of the
        validation samples.
    canary
        Batches of training samples with random labels; recognising more than 1 in ``classes`` is memorisation.
    classes
        How many classes there are; 0 where the targets are numbers.
    config
        Settings to show in TensorBoard, as JSON can hold them.
    strengths
        Registry name of a regularizer -> its strength, logged as ``strength/<name>``.
    grad_norm_every
        Measures the gradient at every n-th step only, which saves time on large models.
    perplexity
        Logs the exponential of each loss as well, for texts.
    hypergrad
        Logs whether more weight decay would help, by the gradient of the validation loss.

    Raises
    ------
    WriteError
        The event file cannot be written; what was written before is whole. A ``ValueError``.

    Examples
    --------
    >>> x, y = torch.randn(64, 4), torch.randn(64, 1)
    >>> model, loss_fn = torch.nn.Linear(4, 1), torch.nn.MSELoss()
    >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    >>> clean, val = [(x[:16], y[:16])], [(x[48:], y[48:])]
    >>> with EpochLog("runs/mine", model, optimizer, loss_fn, train_clean=clean, val=val) as log:
    ...     for epoch in range(1, 4):
    ...         loss = loss_fn(model(x[:48]), y[:48])
    ...         optimizer.zero_grad()
    ...         loss.backward()
    ...         log.step(loss, samples=48)  # between backward and the optimizer's step
    ...         optimizer.step()
    ...         values = log.epoch(epoch)
    >>> [tag for tag in values if tag.startswith("loss/")]
    ['loss/train', 'loss/train_clean', 'loss/val']
    """

    def __init__(
        self,
        run_dir: str | os.PathLike[str],
        model: nn.Module,
        optimizer: Optimizer,
        loss_fn: Loss,
        *,
        train_clean: Data | None = None,
        val: Data | None = None,
        canary: Data | None = None,
        classes: int = 0,
        config: Mapping[str, Any] | None = None,
        strengths: Mapping[str, float] | None = None,
        grad_norm_every: int = 1,
        perplexity: bool = False,
        hypergrad: bool = False,
    ) -> None:
        self.model, self.optimizer, self.loss_fn = model, optimizer, loss_fn
        self.parts = {name: data for name, data in {"train_clean": train_clean, "val": val}.items() if data is not None}
        self.canary, self.grad_norm_every, self.perplexity = canary, grad_norm_every, perplexity
        self.strengths = {f"strength/{name}": strength for name, strength in (strengths or {}).items()}
        self.meter = WeightMeter(model)
        self.hypergradient = Hypergradient(model, optimizer, loss_fn) if hypergrad and val is not None else None
        self.writer = EventWriter(run_dir)
        self._begin()
        if "regularizers" not in (config or {}):  # our own configuration says it in its own words
            self.writer.text("training", json.dumps({"layers": layers_of(model), **facts_of(optimizer)}))
        if config is not None:
            lines = json.dumps(dict(config), indent=2).splitlines()
            self.writer.text("config", "\n".join(f"    {line}" for line in lines))  # a code block, and still JSON
            scalars = {key: value for key, value in config.items() if isinstance(value, str | int | float)}
            self.writer.hparams({**scalars, **(strengths or {}), **self._facts(classes)})

    def _facts(self, classes: int) -> dict[str, float]:
        """What a reader needs to tell chance from learning, a lucky choice of samples from progress, and memory."""
        facts = {"classes": float(classes)} if classes else {}
        if samples := samples_in(self.parts.get("val", ())):
            facts["val_samples"] = float(samples)
        if self.canary is not None and classes:
            facts |= {"canary_chance": 1 / classes, "canary_samples": float(sum(len(y) for _, y in self.canary))}
        return facts

    def step(self, loss: Tensor, samples: int) -> None:
        """Take in one batch: after ``backward``, before the optimizer's step. ``loss`` is its mean over ``samples``."""
        self._loss += loss.detach() * samples
        self._samples += samples
        self._lr = float(self.optimizer.param_groups[0]["lr"])
        self._lr_sum += self._lr
        if self._steps % self.grad_norm_every == 0:
            self._grad_norms.append(grad_norm(self.model))
        self._steps += 1
        if self.hypergradient is not None:
            self.hypergradient.step(samples)

    def epoch(self, epoch: int) -> dict[str, float]:
        """Evaluate, measure and write the epoch, counted from 1; gives the values written, by tag."""
        values: dict[str, Tensor | float] = {}
        if self._samples:
            values["loss/train"] = self._loss / self._samples
        for part, data in self.parts.items():
            logits = Logits()
            observe = logits.add if part == "val" else None
            if self.hypergradient is not None and part == "val":
                data = self.hypergradient.watch(data, epoch)
            values[f"loss/{part}"], accuracy = evaluate(self.model, self.loss_fn, data, see=observe)
            if accuracy is not None:
                values[f"accuracy/{part}"] = accuracy
            if (calibrated := logits.calibrated()) is not None:
                values["calibration/temperature"], values[f"loss/{part}_scaled"] = calibrated
        if self.canary is not None:
            _, hits = evaluate(self.model, self.loss_fn, self.canary)
            values |= {} if hits is None else {"accuracy/canary": hits}
        values["optim/lr"] = self._lr if self._steps else float(self.optimizer.param_groups[0]["lr"])
        values["optim/lr_sum"] = self._lr_sum
        if self._grad_norms:
            values["optim/grad_norm"] = torch.stack(self._grad_norms).mean()
        written = to_host(values | self.meter.measure() | self._hypergradient() | self.strengths)
        if self.perplexity:
            written |= {f"perplexity/{part}": exponential(written[f"loss/{part}"]) for part in self.parts}
        self.writer.scalars(epoch, written)
        self._begin()
        return written

    def _hypergradient(self) -> dict[str, Tensor | float]:
        """Its values; a network that has none, or no memory for it, is said once and trains on."""
        try:
            return {} if self.hypergradient is None else self.hypergradient.measure()
        except RuntimeError as error:
            self.hypergradient = None
            self.note("hypergrad", f"not measured: {error}")
            return {}

    def note(self, tag: str, sentence: str) -> None:
        """Write a sentence about the run."""
        self.writer.text(tag, sentence)

    def close(self) -> None:
        """Give the file back; every epoch is written already."""
        self.writer.close()

    def __enter__(self) -> EpochLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _begin(self) -> None:
        self._loss: Tensor | float = 0.0
        self._grad_norms: list[Tensor] = []
        self._samples = self._steps = 0
        self._lr = self._lr_sum = 0.0


def layers_of(model: nn.Module) -> str:
    """The kinds of layers that a network has, with their numbers: ``Linear x 2, ReLU x 1``."""
    leaves = Counter(type(module).__name__ for module in model.modules() if not isinstance(module, nn.Sequential))
    return ", ".join(f"{name} x {count}" for name, count in leaves.items())


def facts_of(optimizer: Optimizer) -> dict[str, str | float]:
    """What a reader needs to give a weight decay for it: its name, its momentum and its decay."""
    groups = optimizer.param_groups
    name = "AdamW" if groups[0].get("decoupled_weight_decay") else type(optimizer).__name__
    facts: dict[str, str | float] = {"optimizer": name}
    if "momentum" in groups[0]:
        facts["momentum"] = float(groups[0]["momentum"])
    if "weight_decay" in groups[0]:
        facts["weight_decay"] = max(float(group["weight_decay"]) for group in groups)
    return facts


def exponential(loss: float) -> float:
    """``e ** loss``, infinite where that is more than a number can be."""
    try:
        return math.exp(loss)
    except OverflowError:
        return math.inf


def to_host(values: Mapping[str, Tensor | float]) -> dict[str, float]:
    """The same values as numbers, in the same order, with one transfer for all tensors together."""
    tensors = [value.float() for value in values.values() if isinstance(value, Tensor)]
    numbers = iter(torch.stack(tensors).tolist() if tensors else [])
    return {tag: next(numbers) if isinstance(value, Tensor) else value for tag, value in values.items()}
