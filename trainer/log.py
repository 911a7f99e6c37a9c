"""Log: what a diagnosis needs of each epoch, written as TensorBoard scalars from any PyTorch training loop."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from trainer.fit.answering import Answer, answer
from trainer.fit.step import Data, Loss, evaluate, samples_in
from trainer.measure.arguments import (
    need_mean,
    need_model,
    need_names,
    need_number,
    need_optimizers,
    need_repeatable,
    need_run_dir,
    need_strengths,
    need_whole,
)
from trainer.measure.best_losses import BestLosses
from trainer.measure.description import description
from trainer.measure.event_writer import EventWriter
from trainer.measure.hypergradient import Hypergradient
from trainer.measure.steps import StepMeter
from trainer.measure.temperature import Logits
from trainer.measure.weights import WeightMeter

P = ParamSpec("P")
R = TypeVar("R")
REGULARIZERS = ("weight_decay", "dropout", "spatial_dropout", "drop_path", "label_smoothing")  # that are found


class EpochLog:
    """Logs what a diagnosis needs of each epoch, from any PyTorch training loop, as TensorBoard scalars.

    The training loss is averaged over the samples; the network is evaluated on the same fixed samples each epoch, so
    that training and validation can be compared. docs/trainer.md lists the tags. Values stay on the model's device
    until the epoch ends and come to the host in one transfer.

    What the optimizer, the network and the loss say of themselves is logged as well: learning rate, weight decay,
    momentum, dropouts, label smoothing, the kind of network, steps an epoch, sizes of batches and of validation. Of
    several processes (``torch.distributed``) the first writes; in the others each call does nothing.

    Parameters
    ----------
    run_dir
        Folder of the run, made if missing. Each ``EpochLog`` writes one event file, for one session of training.
    model
        The network, already with its first weights; wrapped in ``DistributedDataParallel`` or compiled is fine.
    optimizer
        One, or several: of the first, the rate of the first group of parameters is logged as the learning rate.
    loss_fn
        ``loss_fn(outputs, targets)``, the plain mean loss of a batch, without penalties; not needed where nothing is
        evaluated here, because ``epoch`` is given what was measured elsewhere.
    train_clean, val
        Batches ``(inputs, targets)`` of fixed training samples, about as many as there are of validation, and of the
        validation samples. ``(input, input, ..., targets)`` and mappings with ``labels`` are understood as well.
    forward
        ``forward(model, batch)`` gives the outputs and the targets, for batches of any other form.
    scaler
        The ``GradScaler``, where there is one, so that gradients are logged in their true size.
    canary
        Batches of training samples with random labels; recognizing more than 1 in ``classes`` is memorization.
    classes
        How many classes there are; by default as many as the network has outputs where the targets are class numbers.
    config
        Settings to show in TensorBoard, as JSON can hold them; they win over what is found.
    strengths
        Registry name of a regularizer -> its strength, logged as ``strength/<name>``; they win over what is found.
    grad_norm_every
        Measures the gradient at every n-th step only, which saves time on large models.
    perplexity
        Logs the exponential of each loss as well, for texts.
    hypergrad
        Logs whether more weight decay would help, by the gradient of the validation loss.
    standalone
        False in a trainer that writes the settings and the losses of single samples itself, and that trains on where
        the event file cannot be written: ``writer.trouble`` says why, and each epoch tries again.

    Raises
    ------
    ValueError
        ``train_clean`` or ``val`` is empty, or an iterator, which would be used up after one epoch; or another
        argument is not what is described above. No event file is begun then.
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
        optimizer: Optimizer | Sequence[Optimizer],
        loss_fn: Loss | None = None,
        *,
        train_clean: Data | None = None,
        val: Data | None = None,
        forward: Answer = answer,
        scaler: Any = None,
        canary: Data | None = None,
        classes: int = 0,
        config: Mapping[str, Any] | None = None,
        strengths: Mapping[str, float] | None = None,
        grad_norm_every: int = 1,
        perplexity: bool = False,
        hypergrad: bool = False,
        standalone: bool = True,
    ) -> None:
        need_run_dir(run_dir)
        need_model(model)
        optimizers = [unwrapped(each) for each in (optimizer if isinstance(optimizer, Sequence) else [optimizer])]
        need_optimizers(optimizers)
        for name, data in {"train_clean": train_clean, "val": val}.items():
            need_repeatable(name, data)
        need_names("config", config)
        strengths = need_strengths(strengths)
        classes = need_whole("classes", classes, "how many classes there are, 0 to leave it to the network's outputs")
        every = "after how many steps the gradient is measured again, at least 1"
        grad_norm_every = need_whole("grad_norm_every", grad_norm_every, every, least=1)
        self.writes = not (torch.distributed.is_initialized() and torch.distributed.get_rank() > 0)
        self.closed = False
        if not self.writes:
            return
        loss_fn = no_loss if loss_fn is None else loss_fn
        self.model, self.loss_fn, self.forward = plain(model), loss_fn, forward
        self.parts = {name: data for name, data in {"train_clean": train_clean, "val": val}.items() if data is not None}
        self.canary, self.perplexity, self.last_epoch = canary, perplexity, 0
        self.meter, self.steps = (
            WeightMeter(self.model),
            StepMeter(self.model, optimizers[0], every=grad_norm_every, scaler=scaler),
        )
        self.hypergradient = (
            Hypergradient(self.model, optimizers[0], loss_fn) if hypergrad and val is not None else None
        )
        self.writer = EventWriter(run_dir, patient=not standalone)
        self.best_losses = BestLosses(Path(run_dir), loss_fn) if standalone and val is not None else None
        found = description(self.model, optimizers, loss_fn) if standalone else {}
        self._says_steps = standalone
        in_use = {
            name: found[name] for name in REGULARIZERS if found.get(name) is not None and name not in (config or {})
        }
        in_use = {name: value for name, value in in_use.items() if value > 0 or name == "weight_decay"}
        self.strengths = {f"strength/{name}": value for name, value in {**in_use, **strengths}.items()}
        settings = {**found, **(config or {})}
        self.hparams: dict[str, Any] = {}
        if settings:
            self._config("config", settings)
            scalars = {key: value for key, value in settings.items() if isinstance(value, str | int | float)}
            self.hparams = {**scalars, **strengths, **self._facts(classes)}
            self.writer.hparams(self.hparams)

    def _config(self, tag: str, settings: Mapping[str, Any]) -> None:
        """A code block for TensorBoard, and still JSON."""
        lines = json.dumps(dict(settings), indent=2, default=str).splitlines()
        self.writer.text(tag, "\n".join(f"    {line}" for line in lines))

    def _facts(self, classes: int) -> dict[str, float]:
        """What a reader needs to tell chance from learning, a lucky choice of samples from progress, and memory."""
        facts = {"classes": float(classes)} if classes else {}
        if samples := samples_in(self.parts.get("val", ())):
            facts["val_samples"] = float(samples)
        if self.canary is not None and classes:
            facts |= {"canary_chance": 1 / classes, "canary_samples": float(sum(len(y) for _, y in self.canary))}
        return facts

    def step(self, loss: Tensor | float, samples: int) -> None:
        """Take in one batch: after ``backward``, before the optimizer's step. ``loss`` is its mean over ``samples``.

        With gradients that are accumulated over several batches, call it after each ``backward``, with the plain loss.
        Raises ``ValueError`` for a loss that is not one number, no whole number of samples, or a log that is closed.
        """
        if not self.writes:
            return
        self._need_open("step()")
        need_mean(loss)
        samples = need_whole("samples", samples, "how many samples the batch has, such as len(x)", least=1)
        self.steps.add(loss, samples)
        if self.hypergradient is not None:
            self.hypergradient.step(samples)

    def epoch(self, epoch: int | None = None, measured: Mapping[str, float] | None = None) -> dict[str, float]:
        """Evaluate, measure and write the epoch, counted from 1; gives the values written, by tag.

        ``measured`` has values by tag that were measured elsewhere, such as ``loss/train`` or ``loss/val``. Raises
        ``ValueError`` for an epoch that is no whole number, a value that is no number, or a log that is closed.
        """
        if not self.writes:
            return {}
        self._need_open("epoch()")
        given = {tag: need_number(tag, value) for tag, value in (measured or {}).items()}
        number = "which epoch has ended, counted from 1; leave it out to count by itself"
        self.last_epoch = self.last_epoch + 1 if epoch is None else need_whole("epoch", epoch, number)
        values = self.steps.values() | self._evaluations(self.last_epoch) | given
        written = to_host(values | self.meter.measure() | self._hypergradient() | self.strengths)
        if self.perplexity:
            written |= {f"perplexity/{part}": exponential(written[f"loss/{part}"]) for part in self.parts}
        self.writer.scalars(self.last_epoch, written)
        if self.best_losses is not None:
            self.best_losses.end(self.last_epoch, written["loss/val"])
        if self._says_steps and self.steps.batches:
            self._say_steps()
        self.steps.begin()
        return written

    def _evaluations(self, epoch: int) -> dict[str, Tensor | float]:
        """Loss and accuracy of each part, and how sure of itself the network is."""
        values: dict[str, Tensor | float] = {}
        for part, data in self.parts.items():
            logits = Logits()
            observe = self._observer(logits) if part == "val" else None
            if self.hypergradient is not None and part == "val":
                data = self.hypergradient.watch(data, epoch)
            values[f"loss/{part}"], accuracy = evaluate(
                self.model, self.loss_fn, data, see=observe, forward=self.forward
            )
            if accuracy is not None:
                values[f"accuracy/{part}"] = accuracy
            if logits.classes and self._says_steps and "classes" not in self.hparams:
                self.hparams["classes"] = float(logits.classes)
                self.writer.hparams(self.hparams)
            if (calibrated := logits.calibrated()) is not None:
                values["calibration/temperature"], values[f"loss/{part}_scaled"] = calibrated
        if self.canary is not None:
            _, hits = evaluate(self.model, self.loss_fn, self.canary)
            values |= {} if hits is None else {"accuracy/canary": hits}
        return values

    def _observer(self, logits: Logits) -> Callable[[Tensor, Tensor], None]:
        """Shows validation's outputs and targets to all who collect them."""

        def see(outputs: Tensor, targets: Tensor) -> None:
            logits.add(outputs, targets)
            if self.best_losses is not None:
                self.best_losses.add(outputs, targets)

        return see

    def _say_steps(self) -> None:
        """What only an epoch of training tells: the steps in it, and the samples of a step."""
        steps = self.steps.steps or self.steps.batches
        batch_size = self.steps.batch_size or round(self.steps.samples / steps)
        self._config("config/steps", {"steps_per_epoch": steps, "batch_size": batch_size})
        self._says_steps = False

    def logged(self, train_epoch: Callable[P, R]) -> Callable[P, R]:
        """Decorates a function that trains one epoch: each call is logged as the next epoch once it has returned.

        Where the function does not call ``step``, a number that it returns counts as the epoch's training loss.
        """

        @wraps(train_epoch)
        def trained(*arguments: P.args, **options: P.kwargs) -> R:
            result = train_epoch(*arguments, **options)
            number = isinstance(result, int | float) or (isinstance(result, Tensor) and result.numel() == 1)
            counts = self.writes and number and not self.steps.batches
            self.epoch(measured={"loss/train": float(result)} if counts else None)  # type: ignore[arg-type]
            return result

        return trained

    def _hypergradient(self) -> dict[str, Tensor | float]:
        """Its values; a network that has none, or no memory for it, is said once and trains on."""
        try:
            return {} if self.hypergradient is None else self.hypergradient.measure()
        except RuntimeError as error:
            self.hypergradient = None
            self.note("hypergrad", f"not measured: {error}")
            return {}

    def note(self, tag: str, sentence: str) -> None:
        """Write a sentence about the run. Raises ``ValueError`` for a log that is closed."""
        if self.writes:
            self._need_open("note()")
            self.writer.text(tag, sentence)

    def close(self) -> None:
        """Give the file back; every epoch is written already. Closing again does nothing."""
        if not self.writes or self.closed:
            return
        self.closed = True
        self.steps.close()
        if self.best_losses is not None:
            self.best_losses.write()
        self.writer.close()

    def _need_open(self, call: str) -> None:
        if self.closed:
            raise ValueError(
                f"found {call} after close(), which ends the log; call close() last, or make a new EpochLog"
            )

    def __enter__(self) -> EpochLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def no_loss(outputs: Tensor, targets: Any) -> Tensor:  # noqa: ARG001
    """Stands for the loss of a log that evaluates nothing."""
    raise ValueError(
        "found no loss_fn to evaluate with; give EpochLog one, or give epoch() the values measured elsewhere"
    )


def plain(model: nn.Module) -> nn.Module:
    """The network itself, out of ``DistributedDataParallel``, ``DataParallel`` and ``torch.compile``."""
    while inner := next((model._modules[name] for name in ("_orig_mod", "module") if _wraps(model, name)), None):
        model = inner
    return model


def _wraps(model: nn.Module, name: str) -> bool:
    kind = type(model).__name__
    return name in model._modules and kind in ("DistributedDataParallel", "DataParallel", "OptimizedModule")


def unwrapped(optimizer: Any) -> Optimizer:
    """The optimizer itself, out of the wrappers of Lightning and accelerate."""
    while isinstance(inner := getattr(optimizer, "optimizer", None), Optimizer):
        optimizer = inner
    return optimizer  # type: ignore[no-any-return]


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
