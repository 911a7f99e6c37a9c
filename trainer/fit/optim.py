"""Optim: the optimizer a configuration asks for."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable

import torch
from torch import nn
from torch.optim import SGD, AdamW, Optimizer

from trainer.config import Config
from trainer.fit.problems.fine_tuning import layer_groups
from trainer.regularizers import Regularizers
from trainer.regularizers.base import Groups


def make_optimizer(model: nn.Module, config: Config, regularizers: Regularizers | None = None) -> Optimizer:
    """Adam or SGD over all that trains, in the regularizers' groups; without weight decay AdamW is Adam."""
    groups: Groups = [{"params": [parameter for parameter in model.parameters() if parameter.requires_grad]}]
    if config.layer_lr_decay != 1:
        groups = layer_groups(model, config.lr, config.layer_lr_decay)
    kind = SGD if config.optimizer == "sgd" else AdamW
    groups = (regularizers or Regularizers([])).parameter_groups(groups, kind)
    options = {"momentum": config.momentum} if kind is SGD else {}
    return without_compiler(kind)(groups, lr=config.lr, weight_decay=0.0, fused=True, **options)


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
