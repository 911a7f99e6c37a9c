"""Training: the networks of a plan at once, each from its own weights, on its own batches of the same samples."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tests.benchmarks.lab.layers import Embedding
from tests.benchmarks.lab.networks import cnn, mlp, transformer
from tests.benchmarks.outcomes.datasets import Samples
from tests.benchmarks.outcomes.optimizers import OPTIMIZERS, Adamw, Flat
from tests.benchmarks.outcomes.parts import Parts, prepare
from tests.benchmarks.outcomes.plans import Plan
from tests.benchmarks.outcomes.recorder import Losses, Recorder, each_loss

Values = NDArray[np.float64]


def train(plan: Plan) -> Losses:
    """Train all networks of ``plan``, each from its own weights, on its own batches of the same samples."""
    torch.manual_seed(plan.seed)
    rng = np.random.default_rng([plan.seed, 17])
    samples, parts, spread = prepare(plan, rng)
    members = len(plan.members)
    network = build(plan, samples)
    flat = Flat(network, members)
    pretrain(plan, parts, network, flat)
    optimizer = OPTIMIZERS[plan.optimizer](flat, torch.tensor([member.weight_decay for member in plan.members]))
    rates = torch.tensor(learning_rates(plan, spread), dtype=torch.float32)
    recorder = Recorder(plan, parts, network, rng)
    order, own = Batches(plan, plan.train_samples), torch.arange(members)[:, None]
    logged = set(plan.logged)
    if plan.at_start:
        recorder.measure(rates[:, 0])
    for step in range(plan.steps):
        chosen = next(order)
        loss = batch_loss(network, parts.train_x[chosen], parts.train_y[own, chosen])
        recorder.optimized.append(loss.detach())
        optimizer.step(flat.gradients(loss), rates[:, step])
        if step + 1 in logged:
            recorder.measure(rates[:, step])
    return recorder.losses(samples.classes, rates[:, 0])


def pretrain(plan: Plan, parts: Parts, network: nn.Module, flat: Flat) -> None:
    """Train on other samples first, where it is planned, so that what follows is fine-tuning."""
    if parts.pretraining is None:
        return
    members = len(plan.members)
    adamw, lr = Adamw(flat, torch.zeros(members)), torch.full((members,), 2e-3)
    order = Batches(plan, len(parts.pretraining[1]))
    for _ in range(plan.pretraining):
        x, y = (part[next(order)] for part in parts.pretraining)
        adamw.step(flat.gradients(batch_loss(network, x, y)), lr)


def batch_loss(network: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """Mean loss of a batch in train mode, ``(members,)``."""
    network.train()
    return each_loss(network(x), y).mean(1)


class Batches:
    """Places of the next batch, ``(members, batch)``: each network goes through the samples in orders of its own."""

    def __init__(self, plan: Plan, samples: int) -> None:
        self.members, self.samples, self.size = len(plan.members), samples, min(plan.batch_size, samples)
        self.generator = torch.Generator().manual_seed(plan.seed)
        self.order, self.start = torch.empty(0), samples

    def __next__(self) -> Tensor:
        if self.start + self.size > self.samples:
            self.order = torch.rand(self.members, self.samples, generator=self.generator).argsort(1)
            self.start = 0
        self.start += self.size
        return self.order[:, self.start - self.size : self.start]


def build(plan: Plan, samples: Samples) -> nn.Module:
    """All networks as one, with torch's default weights, another draw for each network."""
    kind = {
        "mlp": partial(mlp, depth=plan.depth, width=plan.width, norm=plan.norm),
        "cnn": cnn,
        "transformer": partial(transformer, depth=plan.depth, width=plan.width),
    }[plan.architecture]
    p = torch.tensor([member.dropout for member in plan.members])
    shape = samples.x.shape[-1], samples.classes or 1
    network = kind(p, *shape)
    for place, member in enumerate(plan.members):
        single = kind(p[place : place + 1], *shape)
        copy(single, network, place, dead=member.made == "dead")
    return network


@torch.no_grad()
def copy(single: nn.Module, stack: nn.Module, place: int, *, dead: bool) -> None:
    """Make the weights of ``single`` those of a network of ``stack``; a dead one has all ReLUs at 0 for any input."""
    for layer in single.modules():
        if isinstance(layer, Embedding):  # the lab's begin at a fifth of torch's
            layer.tokens.mul_(5)
    stacked = dict(stack.named_parameters())
    last = [name for name in stacked if name.endswith("bias")][-1]
    for name, values in single.named_parameters():
        hidden = name.endswith("bias") and name != last
        stacked[name][place] = values[0] - (30 if dead and hidden else 0)


def learning_rates(plan: Plan, spread: float) -> Values:
    """``(members, steps)``; a loss in thousands has gradients to match, which SGD goes by and AdamW does not."""
    done = np.arange(plan.steps) / plan.steps
    shapes = {
        "constant": np.ones(plan.steps),
        "cosine": 0.5 * (1 + np.cos(math.pi * done)),
        "step": np.where(done < 0.5, 1.0, np.where(done < 0.75, 0.1, 0.01)),
    }
    scale = max(1.0, spread) ** 0.5 if plan.optimizer == "adamw" else max(1.0, spread) ** -2
    return np.stack([scale * member.lr * shapes[member.schedule] for member in plan.members])
