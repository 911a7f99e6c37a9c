"""Random tasks: a family of data, a network and an optimizer, all drawn by the number of the task."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from diagnostics.recommend import Architecture
from tests.benchmarks.lab.data import Data
from tests.benchmarks.lab.networks import cnn, mlp, normed_cnn, normed_mlp
from tests.benchmarks.lab.random_data import FAMILIES, draw

WORK = 1.2e8  # multiplications of one member in one pass over its batches, about: what bounds the steps of a task
HE = 6**0.5  # from torch's usual standard deviation of weights to that of He et al. 2015

Network = Callable[[Tensor, int, int], nn.Module]


@dataclass(frozen=True)
class RandomTask:
    """What is trained. ``momentum`` is SGD's, None for AdamW; ``he`` starts from He's weights in every layer."""

    number: int
    family: str
    data: Data
    architecture: Architecture
    depth: int
    normed: bool
    network: Network
    steps: int
    batch_size: int
    lr: float
    momentum: float | None
    cosine: bool
    noise: float
    noisy_everywhere: bool
    he: bool

    def rate(self, step: int) -> float:
        """The learning rate of a step, the first one 0."""
        return self.lr * (0.5 * (1 + math.cos(math.pi * step / self.steps)) if self.cosine else 1.0)

    def build(self, p: Tensor) -> nn.Module:
        """The network for all members, whose dropout is ``p``, from weights drawn by the task's number."""
        torch.manual_seed(self.number)
        network = self.network(p, self.data.train.x.shape[-1], self.data.classes)
        if self.he:
            with torch.no_grad():
                for name, weights in network.named_parameters():
                    weights.mul_(HE if name.endswith("weight") else 0.0 if name.endswith("bias") else 1.0)
        return network


def random_task(number: int, *, he: bool = False) -> RandomTask:
    """The task of that number; the same one at every call."""
    rng = np.random.default_rng([number, 9])
    family = list(FAMILIES)[number % len(FAMILIES)]
    noise = float(rng.choice([0, 0, 0, 0.1, 0.2, 0.3, 0.4]))
    everywhere = bool(rng.random() < 0.5)
    data = draw(family, rng, noise=noise, noisy_everywhere=everywhere)
    samples = len(data.train.y)
    convolves = rng.random() < {"mnist1d": 0.5, "digits": 0.15}.get(family, 0.0)
    normed, depth = bool(rng.random() < 0.15), 3 if convolves else int(rng.choice([1, 2, 2, 3, 4]))
    width = int(rng.choice([6, 8, 12])) if convolves else int(rng.choice([16, 24, 32, 40, 56][: 5 if depth < 3 else 4]))
    momentum = 0.9 if rng.random() < 0.18 else None
    batch_size = min(int(rng.choice([16, 25, 25, 50, 50, 100, 128])), 50 if convolves else 128, samples)
    span = (3e-4, 1e-2) if momentum is None else (0.01, 0.08)
    lr = float(np.exp(rng.uniform(*np.log(span))))
    wanted = np.exp(rng.uniform(np.log(0.4), np.log(4))) / (lr if momentum is None else lr / 20)
    size = 300 * width if convolves else data.train.x.shape[-1] * width + (depth - 1) * width**2
    steps = int(np.clip(wanted, 150, min(300 if convolves else 500, max(150, WORK / (size * (batch_size + 15))))))
    build = {
        (False, False): partial(mlp, width=width, depth=depth),
        (False, True): partial(normed_mlp, width=width, depth=depth),
        (True, False): partial(cnn, channels=width),
        (True, True): partial(normed_cnn, channels=width),
    }[bool(convolves), normed]
    return RandomTask(
        number=number,
        family=family,
        data=data,
        architecture="cnn" if convolves else "mlp",
        depth=depth,
        normed=normed,
        network=build,
        steps=steps,
        batch_size=batch_size,
        lr=lr,
        momentum=momentum,
        cosine=bool(rng.random() < 0.15),
        noise=noise,
        noisy_everywhere=everywhere,
        he=he,
    )
