"""Step: one batch of training, and one pass of evaluation."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from trainer.fit.answering import Answer, answer, batch_size, moved
from trainer.regularizers import Regularizers

Loss = Callable[[Tensor, Any], Tensor]  # targets are a tensor, or two mixed
Data = Iterable[Any]  # batches, (inputs, targets) unless a forward says otherwise


class Batches:
    """``x`` and ``y`` in batches of at most ``batch_size``, in a new random order each time if ``order`` is given.

    The batches are of nearly one size, so that every sample weighs the same and none is left in a batch by itself.
    Of several processes (``ranks``) each gets its share: ``weight`` of the ``whole`` samples of the batch at work.
    """

    rank, ranks = 0, 1
    weight, whole = 1.0, 0

    def __init__(self, x: Tensor, y: Tensor, batch_size: int, *, order: torch.Generator | None = None) -> None:
        self.x, self.y, self.order = x, y, order
        self.size, self.count = len(x), -(-len(x) // batch_size)

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        if self.order is None:
            yield from zip(self.x.tensor_split(self.count), self.y.tensor_split(self.count), strict=True)
            return
        for indices in self.shares(self.x.device):
            yield self.x[indices], self.y[indices]

    def shares(self, device: torch.device) -> Iterator[Tensor]:
        """The places of this process's samples of each batch."""
        places = torch.arange(self.size) if self.order is None else torch.randperm(self.size, generator=self.order)
        for batch in places.to(device).tensor_split(self.count):
            share = batch.tensor_split(self.ranks)[self.rank]
            self.weight, self.whole = len(share) / len(batch), len(batch)
            yield share

    def peek(self) -> tuple[Tensor, Tensor]:
        """Some samples, as a batch that is not one of them: nothing is drawn for it."""
        return self.x[: self.smallest], self.y[: self.smallest]

    @property
    def smallest(self) -> int:
        """Samples in the smallest batch."""
        return self.size // self.count


def train_step(
    model: nn.Module,
    optimizer: Optimizer,
    loss_fn: Loss,
    batch: tuple[Tensor, Tensor],
    *,
    regularizers: Regularizers,
    rng: np.random.Generator,
    after_backward: Callable[[Tensor, int], None],
) -> None:
    """One step of the optimizer; ``after_backward(loss, samples)`` sees the gradients of the network before it."""
    x, y = regularizers.batch(*batch, rng)
    loss = loss_fn(model(x), y) + regularizers.penalty()
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    after_backward(loss.detach(), len(x))
    regularizers.after_backward(optimizer)
    optimizer.step()
    regularizers.after_step(optimizer)


def samples_in(data: Data) -> int:
    """How many samples there are; 0 where only a pass over them would tell."""
    if isinstance(data, Batches):
        return data.size
    if isinstance(data, list | tuple):
        return sum(batch_size(batch) for batch in data)
    dataset = getattr(data, "dataset", None)
    return len(dataset) if isinstance(dataset, Sized) else 0


@torch.no_grad()
def evaluate(
    model: nn.Module,
    loss_fn: Loss,
    data: Data,
    *,
    see: Callable[[Tensor, Tensor], None] | None = None,
    forward: Answer = answer,
) -> tuple[Tensor, Tensor | None]:
    """Mean loss a sample (NaN of none) and accuracy (``None`` where targets are no classes), in eval mode, on device.

    ``see`` is shown the outputs and targets of each batch, and ``forward`` gets them of one. A class number below 0
    is a place without an answer, as cross entropy's ``ignore_index`` leaves it out.
    """
    device = device_of(model)
    losses, hits, answers = torch.zeros((3,), device=device)
    samples, classify = 0, False
    with eval_mode(model):
        for batch in data:
            outputs, y = forward(model, moved(batch, device))
            losses += loss_fn(outputs, y) * len(y)
            samples += len(y)
            if see is not None:
                see(outputs, y)
            if (scores := class_scores(outputs, y)) is not None:
                hits += (scores.argmax(-1) == y).sum()
                answers += (y >= 0).sum()
                classify |= y.numel() > 0
    loss = losses / samples if samples else losses + math.nan
    return loss, hits / answers if classify else None


def class_scores(outputs: Any, y: Any) -> Tensor | None:
    """``(n, ..., classes)``, a number for each class at each of the class numbers ``y`` ``(n, ...)``; None for others.

    Outputs are ``(n, classes, ...)``, as cross entropy takes them, or have the classes last, as language models do.
    """
    tensors = isinstance(outputs, Tensor) and isinstance(y, Tensor)
    if not tensors or y.is_floating_point() or outputs.ndim != y.ndim + 1 or not y.ndim:
        return None
    first = outputs.movedim(1, -1)
    return first if first.shape[:-1] == y.shape else outputs if outputs.shape[:-1] == y.shape else None


def device_of(model: nn.Module) -> torch.device:
    """Where the model's first parameter is."""
    parameter = next(model.parameters(), None)
    return torch.device("cpu") if parameter is None else parameter.device


@contextmanager
def eval_mode(model: nn.Module) -> Iterator[None]:
    """The model as it answers, not as it learns; every module's mode is put back afterwards."""
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode
