"""Pose: the problem that a configuration asks for, decided by its seed."""

from __future__ import annotations

import torch
from torch import nn

from trainer.config import Config
from trainer.data import load
from trainer.data.samples import Samples
from trainer.data.splits import Splits
from trainer.datasets import is_function
from trainer.fit.precision import use_bfloat16
from trainer.fit.problem import EVAL_BATCH, Problem
from trainer.fit.step import Batches, Data
from trainer.models import build
from trainer.models.shapes import ModelError


def pose(config: Config, device: torch.device) -> Problem:
    """What ``config`` asks for, decided by its seed. Raises ``TrainerError`` for what cannot be trained."""
    torch.manual_seed(config.seed)
    if is_function(config.dataset):
        from trainer.fit.own_problem import pose_own

        problem = pose_own(config, device)
    else:
        problem = of_splits(config, load(config), device)
    if config.bf16:
        use_bfloat16(problem.model, device)
    return problem


def of_splits(config: Config, splits: Splits, device: torch.device) -> Problem:
    """A network of this project's own, for data of which it knows what it is. Raises ``ModelError``."""
    if splits.tokens != (config.model == "transformer"):
        found = "a text, which" if splits.tokens else "no text, and"
        way_out = "use model transformer" if splits.tokens else "use another model, or dataset text"
        raise ModelError(f"{config.dataset} is {found} model {config.model} cannot read; {way_out}")
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
