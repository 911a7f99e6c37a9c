"""Pose: the problem that a configuration asks for, decided by its seed."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from trainer.config import Config
from trainer.data import load
from trainer.data.samples import Samples
from trainer.data.splits import Splits
from trainer.datasets import is_function
from trainer.errors import ConfigError
from trainer.fit.problems.problem import EVAL_BATCH, Problem
from trainer.fit.step import Batches, Data
from trainer.models import ModelError, build


def pose(config: Config, device: torch.device) -> Problem:
    """What ``config`` asks for, decided by its seed. Raises ``TrainerError`` for what cannot be trained."""
    torch.manual_seed(config.seed)
    if is_function(config.dataset):
        from trainer.fit.problems.own_problem import pose_own

        problem = pose_own(config, device)
    else:
        problem = of_splits(config, load(config), device)
    if config.bf16:
        use_bfloat16(problem.model, device)
    return problem


def of_splits(config: Config, splits: Splits, device: torch.device) -> Problem:
    """A network of this project's own, for data of which it knows what it is. Raises ``ModelError``."""
    if splits.tokens != (config.model == "transformer"):
        description = "a text, which" if splits.tokens else "no text, and"
        way_out = "use model transformer" if splits.tokens else "use another model, or dataset text"
        raise ModelError(f"{config.dataset} is {description} model {config.model} cannot read; {way_out}")
    shape = splits.train.x.shape[1:]
    torch.manual_seed(config.seed)
    model = build(config.model, shape, splits.classes or 1, width=config.width, depth=config.depth).to(device)
    x, y = (torch.from_numpy(part).to(device) for part in splits.train)
    return Problem(
        model,
        nn.CrossEntropyLoss() if splits.classes else nn.MSELoss(),
        Batches(x, y, config.batch_size, order=torch.Generator().manual_seed(config.seed)),
        val=in_order(splits.val, device),
        clean=in_order(splits.clean(), device),
        canary=in_order(splits.canaries(), device) if config.canary else None,
        classes=splits.classes,
        text=splits.tokens,
        notes=splits.notes,
    )


def in_order(samples: Samples, device: torch.device) -> Data:
    """The samples as batches to evaluate on."""
    x, y = (torch.from_numpy(part).to(device) for part in samples)
    return list(Batches(x, y, EVAL_BATCH))


def use_bfloat16(model: nn.Module, device: torch.device) -> None:
    """Let the model compute in bfloat16 where that is safe, and answer in float32. Raises ``ConfigError``.

    https://docs.pytorch.org/docs/stable/amp.html: the forward pass alone is cast; bfloat16 has the range of float32, so
    that no gradient needs to be scaled.
    """
    if device.type == "cuda" and not torch.cuda.is_bf16_supported():
        raise ConfigError(f"bf16 was requested, but {torch.cuda.get_device_name(device)} has no bfloat16; leave it out")
    full = model.forward

    def forward(*inputs: Any, **options: Any) -> Any:
        with torch.autocast(device.type, dtype=torch.bfloat16):
            outputs = full(*inputs, **options)
        return outputs.float() if isinstance(outputs, Tensor) and outputs.is_floating_point() else outputs

    model.forward = forward
