"""Loop: training, to be read aloud."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from torch import Tensor, nn
from torch.optim import Optimizer

from trainer.callbacks import Callback
from trainer.step import Batches, Loss, train_step

Moment = Literal["fit_start", "epoch_start", "after_backward", "batch_end", "epoch_end", "fit_end", "close"]


class Loop:
    """Trains ``model`` on ``batches`` until ``epochs`` are done or somebody asks it to stop.

    ``epoch`` is the one at work, or the last one done. ``values`` is what the last epoch measured, by tag; ``loss`` and
    ``samples`` are the last batch's.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: Optimizer,
        loss_fn: Loss,
        *,
        batches: Batches,
        epochs: int,
        callbacks: Sequence[Callback] = (),
    ) -> None:
        self.model, self.optimizer, self.loss_fn = model, optimizer, loss_fn
        self.batches, self.epochs, self.callbacks = batches, epochs, list(callbacks)
        self.epoch = 0
        self.stopping = False
        self.values: dict[str, float] = {}
        self.loss: Tensor | None = None
        self.samples = 0

    def fit(self) -> None:
        """Train; the epoch in which a stop is asked for is finished."""
        self.call("fit_start")
        try:
            while self.epoch < self.epochs and not self.stopping:
                self.epoch += 1
                self.call("epoch_start")
                self.model.train()
                for batch in self.batches:
                    train_step(self.model, self.optimizer, self.loss_fn, batch, after_backward=self.after_backward)
                    self.call("batch_end")
                self.call("epoch_end")
            self.call("fit_end")
        finally:
            self.call("close")

    def after_backward(self, loss: Tensor, samples: int) -> None:
        """The gradients of a batch are there, the weights have not moved yet."""
        self.loss, self.samples = loss, samples
        self.call("after_backward")

    def call(self, moment: Moment) -> None:
        """Tell every callback, in their order, what has come."""
        for callback in self.callbacks:
            getattr(callback, moment)(self)
