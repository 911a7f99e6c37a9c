"""Temperature: the loss once one temperature is fitted, which leaves out how sure of itself a network is.

Guo et al. 2017, https://arxiv.org/abs/1706.04599: the logits are divided by the one ``T`` of least cross entropy. A
loss that rises while the scaled one stays flat is overconfidence; when both rise the answers themselves get worse.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from trainer.fit.step import class_scores

OCTAVES = 7.0  # T is looked for from 2**-7 to 2**7; networks are off by a factor of two or three
HALVINGS = 16  # of that interval: T to a ten-thousandth, and the loss to much less
ENOUGH = 4096  # answers to fit one number to; more would cost time and tell nothing new
COLDEST, HOTTEST = 0.3, 7.4  # a temperature beyond them is of a handful of samples
FOLDS = 5  # of the samples, each of which is judged by what was fitted on the others
NO_ANSWER = -100  # a class number that counts for nothing
MOST = 2**26  # logits to keep until an epoch is evaluated, a quarter of a gigabyte


class Logits:
    """Collects the outputs of an evaluation, where they are; gives their temperature and their loss after it."""

    def __init__(self) -> None:
        self.outputs: list[Tensor] = []
        self.targets: list[Tensor] = []
        self.count = self.classes = 0

    def add(self, outputs: Tensor, targets: Tensor) -> None:
        """Outputs and class numbers as ``class_scores`` takes them; anything else is no classification."""
        scores = class_scores(outputs, targets)
        if scores is None or scores.shape[-1] < 2:
            return
        self.classes = scores.shape[-1]
        self.count += outputs.numel()
        if self.count > MOST:
            self.outputs, self.targets = [], []
        else:
            self.outputs.append(scores.flatten(0, -2).float())
            numbers = targets.flatten().long()
            self.targets.append(numbers.masked_fill(numbers < 0, NO_ANSWER))

    def calibrated(self) -> tuple[Tensor, Tensor] | None:
        """The fitted temperature and the mean cross entropy after it; ``None`` for no logits, or too many to keep."""
        if not self.outputs or self.count > MOST:
            return None
        logits, targets = torch.cat(self.outputs), torch.cat(self.targets)
        if not len(targets):
            return None
        fitted = temperature(logits, targets)
        return fitted, cross_entropy(logits / fitted, targets, ignore_index=NO_ANSWER)


@torch.no_grad()
def temperature(logits: Tensor, targets: Tensor) -> Tensor:
    """The ``T`` of least mean cross entropy of ``logits / T``, a scalar on their device; none is waited for.

    ``logits`` are ``(n, classes)``, ``targets`` class numbers ``(n,)`` or -100 for no answer. The loss is convex in
    ``1 / T`` with slope ``mean(E_p[z] - z_target)``, ``p = softmax(z / T)``: its sign is followed by bisection.
    """
    every = -(-len(logits) // ENOUGH)
    logits, targets = logits[::every], targets[::every, None]
    ahead = (logits - logits.gather(1, targets.clamp(min=0))).masked_fill_(targets < 0, 0.0)
    low, high = logits.new_tensor(-OCTAVES), logits.new_tensor(OCTAVES)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        too_sure = ((ahead * middle.exp2()).softmax(1) * ahead).sum() > 0
        low, high = torch.where(too_sure, low, middle), torch.where(too_sure, middle, high)
    return (-(low + high) / 2).exp2()


def bounded_temperature(logits: Tensor, targets: Tensor) -> float:
    """The same as a number, within what a network can be off by."""
    return min(max(float(temperature(logits, targets)), COLDEST), HOTTEST)


def folds(sample: Tensor) -> Iterator[Tensor]:
    """For each fold, which answers are in it, by the place of the ``sample`` that each answer belongs to."""
    for fold in range(min(FOLDS, int(sample.max()) + 1)):
        yield sample % FOLDS == fold
