"""Other tasks: networks that the random tasks lack: a character Transformer, a ViT and fine-tuning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor, nn

from diagnostics.recommend import Architecture
from tests.benchmarks.lab.data import Data, Split, digits, mnist1d, text
from tests.benchmarks.lab.networks import mlp, transformer, vit
from tests.benchmarks.lab.random_tasks import Network, RandomTask
from tests.benchmarks.lab.training import losses

LETTERS = 16  # characters of a stretch
PRETRAINING, PRETRAINING_RATE = 300, 1e-3  # steps of a batch of 50
FIRST_CLASSES = 5  # what is learned before; the others are learned from few samples


def other_task(kind: str, number: int) -> RandomTask:
    """The task of that kind and number; the same one at every call."""
    rng = np.random.default_rng([number, list(OTHERS).index(kind)])
    architecture, draw = OTHERS[kind]
    data, network, depth = draw(rng, number)
    attends = architecture in ("transformer", "vit")
    batch_size = 12 if attends else min(int(rng.choice([16, 25, 50])), len(data.train.y))
    lr = float(np.exp(rng.uniform(*np.log((3e-3, 1e-2) if attends else (1e-3, 5e-3)))))
    return RandomTask(
        number=number,
        family=kind,
        data=data,
        architecture=architecture,
        depth=depth,
        normed=False,
        network=network,
        steps=int(np.clip(np.exp(rng.uniform(np.log(0.6), np.log(2))) / lr, 200, 350)),
        batch_size=batch_size,
        lr=lr,
        momentum=None,
        cosine=bool(rng.random() < 0.3),
        noise=0.0,
        noisy_everywhere=False,
        he=False,
    )


def _characters(rng: Generator, number: int) -> tuple[Data, Network, int]:
    """The next character of a stretch of English."""
    whole = text(number, train=int(rng.integers(60, 160)), val=40, test=60)
    parts = [Split(part.x[:, :LETTERS], part.y[:, :LETTERS]) for part in whole[:3]]
    return Data(*parts, whole.classes), partial(transformer, width=16, depth=1), 1


def _patches(rng: Generator, number: int) -> tuple[Data, Network, int]:
    """Signals or images as a row of patches."""
    if rng.random() < 0.5:
        data = mnist1d(number, train=int(rng.integers(100, 300)), val=200, test=300)
    else:
        data = digits(number, train=int(rng.integers(60, 150)), val=200, test=300)
    return data, partial(vit, width=16, depth=1), 1


def _fine_tuning(rng: Generator, number: int) -> tuple[Data, Network, int]:
    """The last five classes from few samples, with the weights that the first five taught."""
    if rng.random() < 0.5:
        whole = mnist1d(number, train=2000, val=800, test=2400)
    else:
        whole = digits(number, train=900, val=400, test=450)
    width, depth = int(rng.choice([32, 48, 64])), int(rng.choice([2, 3]))
    samples = int(rng.integers(40, 150))
    parts = [_classes(part, lambda y: y >= FIRST_CLASSES) for part in whole[:3]]
    parts[0] = Split(parts[0].x[:samples], parts[0].y[:samples])
    before = _pretrained(_classes(whole.train, lambda y: y < FIRST_CLASSES), partial(mlp, width=width, depth=depth))

    def build(p: Tensor, inputs: int, outputs: int) -> nn.Module:
        network = mlp(p, inputs, outputs, width=width, depth=depth)
        with torch.no_grad():
            for (_, own), (_, taught) in list(zip(network.named_parameters(), before, strict=True))[:-2]:
                own.copy_(taught.expand_as(own))  # all but the last layer
        return network

    data = Data(*(Split(part.x, part.y % FIRST_CLASSES) for part in parts), FIRST_CLASSES)
    return data, build, depth


def _classes(part: Split, chosen: Callable[[Tensor], Tensor]) -> Split:
    rows = chosen(part.y)
    return Split(part.x[rows], part.y[rows])


def _pretrained(part: Split, build: Network) -> list[tuple[str, Tensor]]:
    """The weights of one network after learning these samples."""
    torch.manual_seed(0)
    network = build(torch.zeros(1), part.x.shape[-1], FIRST_CLASSES)
    optimizer = torch.optim.AdamW(network.parameters(), lr=PRETRAINING_RATE, weight_decay=0.1)
    order = torch.Generator().manual_seed(0)
    for _ in range(PRETRAINING):
        chosen = torch.randint(len(part.y), (50,), generator=order)
        optimizer.zero_grad()
        losses(network(part.x[chosen][None]), part.y[chosen]).sum().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return [(name, weights.detach()) for name, weights in network.named_parameters()]


OTHERS: Mapping[str, tuple[Architecture, Callable[[Generator, int], tuple[Data, Network, int]]]] = {
    "characters": ("transformer", _characters),
    "vit": ("vit", _patches),
    "fine-tuning": ("fine_tuning", _fine_tuning),
}
