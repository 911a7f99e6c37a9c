"""Norms: the size of many tensors taken together, on their device."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from trainer.fit.step import device_of


def norm_of(tensors: list[Tensor]) -> Tensor:
    """L2 norm of all together."""
    total: Tensor = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(tensors)))
    return total


@torch.no_grad()
def grad_norm(model: nn.Module) -> Tensor:
    """L2 norm of all gradients together, a scalar on their device."""
    gradients = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
    if not gradients:
        return torch.zeros((), device=device_of(model))
    return norm_of(gradients)
