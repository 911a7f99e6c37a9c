"""Optimizers: AdamW and SGD with momentum, with a learning rate and a weight decay of its own for each network."""

from __future__ import annotations

import torch
from torch import Tensor, nn

BETAS, MOMENTUM = (0.9, 0.999), 0.9


class Flat:
    """All parameters of a stack of networks as one tensor ``(members, parameters)``."""

    def __init__(self, network: nn.Module, members: int) -> None:
        names, self.parameters = zip(*network.named_parameters(), strict=True)
        self.values = torch.cat([value.detach().reshape(members, -1) for value in self.parameters], 1)
        kinds = [
            torch.full((value[0].numel(),), float(name.endswith("weight")))
            for name, value in zip(names, self.parameters, strict=True)
        ]
        self.decayed = torch.cat(kinds)
        parts = self.values.split([value[0].numel() for value in self.parameters], 1)
        for value, part in zip(self.parameters, parts, strict=True):
            value.data = part.view(value.shape)

    def gradients(self, loss: Tensor) -> Tensor:
        """Of the sum of ``loss`` ``(members,)``: as no network knows of another, each has that of its own loss."""
        every = torch.autograd.grad(loss.sum(), self.parameters)
        return torch.cat([gradient.reshape(len(loss), -1) for gradient in every], 1)


class Adamw:
    """Decoupled weight decay (https://arxiv.org/abs/1711.05101)."""

    def __init__(self, flat: Flat, weight_decay: Tensor) -> None:
        self.flat, self.decay = flat, weight_decay[:, None] * flat.decayed
        self.mean, self.square, self.steps = torch.zeros_like(flat.values), torch.zeros_like(flat.values), 0

    @torch.no_grad()
    def step(self, gradients: Tensor, lr: Tensor) -> None:
        """One step with the learning rates ``(members,)``."""
        values = self.flat.values
        self.steps += 1
        values.mul_(1 - (lr[:, None] * self.decay).clamp(max=1))
        self.mean.lerp_(gradients, 1 - BETAS[0])
        self.square.mul_(BETAS[1]).addcmul_(gradients, gradients, value=1 - BETAS[1])
        scale = (self.square / (1 - BETAS[1] ** self.steps)).sqrt_().add_(1e-8)
        values.sub_(self.mean / scale * (lr[:, None] / (1 - BETAS[0] ** self.steps)))


class Sgd:
    """Momentum 0.9; weight decay goes through the gradient, as in ``torch.optim.SGD``."""

    def __init__(self, flat: Flat, weight_decay: Tensor) -> None:
        self.flat, self.decay = flat, weight_decay[:, None] * flat.decayed
        self.momentum = torch.zeros_like(flat.values)

    @torch.no_grad()
    def step(self, gradients: Tensor, lr: Tensor) -> None:
        """One step with the learning rates ``(members,)``."""
        self.momentum.mul_(MOMENTUM).add_(gradients + self.decay * self.flat.values)
        self.flat.values.sub_(lr[:, None] * self.momentum)


OPTIMIZERS = {"adamw": Adamw, "sgd": Sgd}
