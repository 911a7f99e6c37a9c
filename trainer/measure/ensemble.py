"""Ensemble: several networks answering together, each with a temperature of its own and one for their mean.

The greedy choice of Caruana et al. 2004, https://doi.org/10.1145/1015330.1015432. Members that are sure of themselves
to different degrees would outvote each other, so that each is calibrated before they are averaged.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from trainer.measure.temperature import bounded_temperature

MOST_MEMBERS = 6  # one that is taken twice counts twice
SMALLEST = 1e-12  # probability


@dataclass(frozen=True)
class Ensemble:
    """``members`` by their place, as often as each counts, their ``temperatures``, and the one of their mean.

    ``softmax(log(mean(softmax(logits / temperatures))) / temperature)`` are its probabilities.
    """

    members: tuple[int, ...]
    temperatures: tuple[float, ...]
    temperature: float = 1.0

    def logits(self, logits: Tensor) -> Tensor:
        """Its answers ``(n, classes)`` up to a constant, from those of all networks ``(networks, n, classes)``."""
        heated = zip(self.members, self.temperatures, strict=True)
        probabilities = torch.stack([(logits[place].double() / heat).softmax(1) for place, heat in heated])
        return probabilities.mean(0).clamp(min=SMALLEST).log() / self.temperature


def single(logits: Tensor, targets: Tensor) -> Ensemble:
    """The one network of least loss, as it is."""
    losses = [float(cross_entropy(own.double(), targets)) for own in logits]
    return Ensemble((min(range(len(losses)), key=losses.__getitem__),), (1.0,))


def calibrated(logits: Tensor, targets: Tensor) -> Ensemble:
    """The one network of least loss after a temperature of its own."""
    alone = [Ensemble((place,), (bounded_temperature(own, targets),)) for place, own in enumerate(logits)]
    return min(alone, key=lambda one: float(cross_entropy(one.logits(logits), targets)))


def ensemble(logits: Tensor, targets: Tensor) -> Ensemble:
    """Several calibrated networks, each the one that lowers the loss most, and one temperature of their mean."""
    heats = [bounded_temperature(own, targets) for own in logits]
    probabilities = [(own.double() / heat).softmax(1) for own, heat in zip(logits, heats, strict=True)]
    members = greedy(torch.stack([own.gather(1, targets[:, None])[:, 0] for own in probabilities]))
    together = Ensemble(tuple(members), tuple(heats[place] for place in members))
    if len(set(members)) == 1:
        return Ensemble(together.members[:1], together.temperatures[:1])
    final = bounded_temperature(together.logits(logits).float(), targets)
    return Ensemble(together.members, together.temperatures, final)


def greedy(right: Tensor) -> list[int]:
    """Each time the member that lowers the loss of all most; one may be taken more than once.

    ``right`` (networks, n) is the probability that each gives to the right class.
    """
    members: list[int] = []
    total, lowest = torch.zeros_like(right[0]), torch.inf
    while len(members) < MOST_MEMBERS:
        losses = -((total + right) / (len(members) + 1)).clamp(min=SMALLEST).log().mean(1)
        best = int(losses.argmin())
        if not losses[best] < lowest:
            break
        members, total, lowest = [*members, best], total + right[best], float(losses[best])
    return members or [0]
