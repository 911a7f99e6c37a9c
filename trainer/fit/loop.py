"""Loop: training, to be read aloud, and the moments of it that a callback may see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:  # a callback can be had, and say that torch is missing, before torch is imported
    from torch import Tensor, nn
    from torch.optim import Optimizer
    from torch.optim.lr_scheduler import LambdaLR

    from trainer.fit.step import Batches, Loss
    from trainer.regularizers import Regularizers

Moment = Literal["fit_start", "epoch_start", "after_backward", "batch_end", "evaluate", "epoch_end", "fit_end", "close"]

REGULARIZING = 5  # after the seeds of the split, of label noise and of canaries


class Callback:
    """Every moment of a training; doing nothing at any of them."""

    def fit_start(self, loop: Loop) -> None:
        """Training begins or goes on."""

    def epoch_start(self, loop: Loop) -> None:
        """``loop.epoch`` begins."""

    def after_backward(self, loop: Loop) -> None:
        """The gradients of a batch are there, the weights have not moved yet."""

    def batch_end(self, loop: Loop) -> None:
        """The weights have moved."""

    def evaluate(self, loop: Loop) -> None:
        """Every batch is done; the weights are those to measure and to keep."""

    def epoch_end(self, loop: Loop) -> None:
        """The epoch is measured; the weights are those that train."""

    def fit_end(self, loop: Loop) -> None:
        """Training is over, finished or stopped."""

    def close(self, loop: Loop) -> None:
        """Last of all, also after an error: give back what was taken."""


class Loop:
    """Trains ``model`` on ``batches`` until ``epochs`` are done or somebody asks it to stop.

    ``epoch`` is the one at work, or the last one done. ``values`` is what the last epoch measured, by tag; ``loss`` and
    ``samples`` are the last batch's. ``network`` is what computes ``model``; other processes may listen to it.
    ``scheduler`` sets the learning rate after each batch. ``reason`` is a sentence when a regularizer ended it all.
    ``rewound`` says that this loop is over and another one goes on from the checkpoint, and ``unsaved`` has a sentence
    for each file that the disk does not take.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: Optimizer,
        loss_fn: Loss,
        *,
        batches: Batches,
        epochs: int,
        regularizers: Regularizers,
        seed: int = 0,
        callbacks: Sequence[Callback] = (),
        scheduler: LambdaLR | None = None,
    ) -> None:
        self.model, self.optimizer, self.loss_fn = model, optimizer, loss_fn
        self.network = model
        self.batches, self.epochs, self.callbacks = batches, epochs, list(callbacks)
        self.regularizers, self.seed = regularizers, seed
        self.scheduler = scheduler
        self.epoch = 0
        self.reason = ""
        self.unsaved: dict[str, str] = {}
        self.stopping = self.rewound = False
        self.values: dict[str, float] = {}
        self.loss: Tensor | None = None
        self.samples = 0

    def fit(self) -> None:
        """Train, and end with the weights to keep; the epoch in which a stop is asked for is finished."""
        from trainer.fit.step import train_step

        self.call("fit_start")
        try:
            while self.epoch < self.epochs and not self.stopping:
                self.epoch += 1
                self.call("epoch_start")
                self.model.train()
                rng = np.random.default_rng([self.seed, REGULARIZING, self.epoch, self.batches.rank])
                for batch in self.batches:
                    train_step(
                        self.network,
                        self.optimizer,
                        self.loss_fn,
                        batch,
                        regularizers=self.regularizers,
                        rng=rng,
                        after_backward=self.after_backward,
                    )
                    if self.scheduler is not None:
                        self.scheduler.step()
                    self.call("batch_end")
                self.evaluate()
                self.call("epoch_end")
                if self.rewound:
                    return
            self.call("fit_end")
            self.regularizers.finish(self.model)
        finally:
            self.call("close")

    def evaluate(self) -> None:
        """Measure the weights to keep, and ask the regularizers whether to go on."""
        with self.regularizers.evaluation():
            self.call("evaluate")
            if "loss/val" in self.values:
                val_loss = self.values["loss/val"]
                self.reason = self.regularizers.end_of_epoch(self.model, self.epoch, val_loss) or ""
        self.stopping = self.stopping or bool(self.reason)

    def after_backward(self, loss: Tensor, samples: int) -> None:
        """The gradients of a batch are there, the weights have not moved yet."""
        self.loss, self.samples = loss, samples
        self.call("after_backward")

    def call(self, moment: Moment) -> None:
        """Tell every callback, in their order, what has come."""
        for callback in self.callbacks:
            getattr(callback, moment)(self)
