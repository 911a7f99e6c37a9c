"""Problem: the samples a run learns from, the network that learns, and the loss it is judged by, on their device."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from trainer.fit.step import Batches, Data, Loss

EVAL_BATCH = 1024


@dataclass(frozen=True)
class Problem:
    """``loss_fn`` is the plain mean loss; ``batches`` are those of training, in random order.

    ``clean`` is the fixed part of the training samples that is evaluated like ``val``, ``canary`` those with random
    labels. ``classes`` is 0 where a number is predicted; ``text`` says that it is tokens, one after another.
    """

    model: nn.Module
    loss_fn: Loss
    batches: Batches
    val: Data
    clean: Data
    canary: Data | None = None
    classes: int = 0
    text: bool = False
    notes: tuple[str, ...] = ()
