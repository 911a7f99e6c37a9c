"""Rewind: a training put back to its best weights, with all that its optimizer and averages knew then.

What is drawn by chance goes on from where it is, so that no batch is trained on twice in the same order, and so does
the schedule of the learning rate, so that it ends with the training.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from trainer.regularizers.ema import EMA

if TYPE_CHECKING:
    from trainer.fit.loop import Loop


def snapshot(loop: Loop) -> dict[str, Any]:
    """What a rewind to this epoch needs: copies, as plain data and tensors."""
    return {
        "epoch": loop.epoch,
        "model": {name: tensor.detach().clone() for name, tensor in loop.model.state_dict().items()},
        "moments": copy.deepcopy(moments(loop.model, loop.optimizer)),
        "regularizers": copy.deepcopy(loop.regularizers.state_dict()),
    }


def moments(model: nn.Module, optimizer: Optimizer) -> dict[str, dict[str, Any]]:
    """What the optimizer knows of each parameter, by the parameter's name: another dose may group them otherwise."""
    return {
        name: dict(optimizer.state[parameter])
        for name, parameter in model.named_parameters()
        if parameter in optimizer.state
    }


def give_moments(model: nn.Module, optimizer: Optimizer, saved: Mapping[str, Mapping[str, Any]]) -> None:
    """The reverse; a parameter that is not named starts anew. Raises ``KeyError`` for one that does not exist."""
    parameters = dict(model.named_parameters())
    for name, state in saved.items():
        parameter = parameters[name]
        optimizer.state[parameter] = {
            key: _placed(key, value, parameter) if isinstance(value, Tensor) else value for key, value in state.items()
        }


def put_back(loop: Loop, best: Mapping[str, Any]) -> None:
    """Give the loop's network and regularizers the state of ``best``, a snapshot or the content of ``best.pt``.

    ``best.pt`` has weights alone: the ones that are evaluated, which averages then start from.
    """
    loop.model.load_state_dict(best["model"])
    if "regularizers" in best:
        loop.regularizers.load_state_dict(best["regularizers"])
        return
    with torch.no_grad():
        for member in loop.regularizers:
            for mean, tensor in zip(member.averages, member.tensors, strict=True) if isinstance(member, EMA) else ():
                mean.copy_(tensor)


def _placed(key: str, value: Tensor, parameter: nn.Parameter) -> Tensor:
    """As the optimizer's own ``load_state_dict`` does it: beside the parameter, but for a counter of steps."""
    return value.clone() if key == "step" and value.device.type == "cpu" else value.to(parameter.device, copy=True)
