"""Optim: the optimizer a configuration asks for."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable

import torch
from torch import nn
from torch.optim import SGD, Adam, Optimizer

from trainer.config import Config


def make_optimizer(model: nn.Module, config: Config) -> Optimizer:
    """Adam or SGD over all that trains, without weight decay: that is a regularizer."""
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    if config.optimizer == "sgd":
        return without_compiler(SGD)(parameters, lr=config.lr, momentum=config.momentum, fused=True)
    return without_compiler(Adam)(parameters, lr=config.lr, fused=True)


def without_compiler(kind: Callable[..., Optimizer]) -> Callable[..., Optimizer]:
    """The optimizer without the import of torch's compiler, which costs 1.5 seconds of a quick start.

    torch imports it to hide parts of the optimizer from it. They hold what they hide as ``__wrapped__``, and look there
    for what is hidden already. Where the compiler is in use, or torch does this differently, nothing changes.
    """
    if "torch._dynamo" in sys.modules:
        return kind
    for name in ("add_param_group", "zero_grad", "state_dict", "load_state_dict"):
        plain = getattr(getattr(Optimizer, name), "__wrapped__", None)
        if plain is not None:
            plain.__dynamo_disable = plain
    step = torch.no_grad()(inspect.unwrap(kind.step))  # type: ignore[attr-defined]
    return type(kind.__name__, (kind,), {"step": step})  # type: ignore[arg-type]
