"""Steps: what is summed up over the steps of an epoch: the loss, the learning rate and the size of the gradient."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from trainer.measure.norms import grad_norm


class StepMeter:
    """Sums of one epoch, from ``add`` after each backward pass and from the optimizer, which counts its own steps.

    So gradients may be accumulated over several batches, and steps that a gradient scaler skips do not count. An
    optimizer that says nothing of its steps is taken to make one after each backward pass.
    """

    def __init__(self, model: nn.Module, optimizer: Optimizer, *, every: int = 1, scaler: Any = None) -> None:
        self.model, self.optimizer, self.every, self.scaler = model, optimizer, every, scaler
        self.hook = optimizer.register_step_post_hook(self._stepped)
        self.begin()

    def begin(self) -> None:
        """Start an epoch."""
        self.loss: Tensor | float = 0.0
        self.norms: list[Tensor] = []
        self.samples = self.batches = self.steps = 0
        self.batch_size = self._batch = 0  # the largest number of samples of a step; those since the last one
        self.lr = self.lr_sum = 0.0
        self._accumulating = False

    def add(self, loss: Tensor | float, samples: int) -> None:
        """One batch, after ``backward`` and before the optimizer's step; the gradient of its last batch is a step's."""
        self.loss += (loss.detach().reshape(()) if isinstance(loss, Tensor) else loss) * samples
        self.samples += samples
        self.batches += 1
        self._batch += samples
        if self.steps % self.every == 0:
            norm = grad_norm(self.model)
            if self.scaler is not None:
                norm = norm / self.scaler.get_scale()
            if self._accumulating:
                self.norms.pop()
            self.norms.append(norm)
            self._accumulating = True

    def values(self) -> dict[str, Tensor | float]:
        """``loss/train`` by samples, ``optim/lr`` of the last step, ``optim/lr_sum``, mean ``optim/grad_norm``."""
        heard = self.steps > 0
        lr = self.lr if heard else self._rate()
        values: dict[str, Tensor | float] = {"loss/train": self.loss / self.samples} if self.samples else {}
        values |= {"optim/lr": lr, "optim/lr_sum": self.lr_sum if heard else lr * self.batches}
        if self.norms:
            values["optim/grad_norm"] = torch.stack(self.norms).mean()
        return values

    def close(self) -> None:
        """Leave the optimizer alone again."""
        self.hook.remove()

    def _rate(self) -> float:
        return float(self.optimizer.param_groups[0]["lr"])

    def _stepped(self, *_: Any) -> None:
        """The optimizer made a step."""
        self.steps += 1
        self.batch_size, self._batch = max(self.batch_size, self._batch), 0
        self.lr = self._rate()
        self.lr_sum += self.lr
        self._accumulating = False
