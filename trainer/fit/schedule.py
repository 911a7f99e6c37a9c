"""Schedule: the learning rate of each step, as a share of the one asked for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from trainer.config import Config


def make_scheduler(optimizer: Optimizer, config: Config, steps_per_epoch: int) -> LambdaLR | None:
    """What sets the rate of every parameter group after each step; ``None`` where it stays as it is."""
    if config.schedule == "constant" and not config.warmup:
        return None
    steps, warmup = config.epochs * steps_per_epoch, round(config.warmup * steps_per_epoch)
    return LambdaLR(optimizer, lambda step: share(step, kind=config.schedule, steps=steps, warmup=warmup))


def share(step: int, *, kind: str, steps: int, warmup: int = 0) -> float:
    """The share of the rate at ``step`` of ``steps``, counted from 0; it rises in a line over the ``warmup`` steps.

    After them ``constant`` stays at 1, ``linear`` falls in a line and ``cosine`` in half a wave (Loshchilov & Hutter
    2017, https://arxiv.org/abs/1608.03983: ``(1 + cos(pi * done)) / 2``), both to 0 after the last step.
    """
    if step < warmup:
        return (step + 1) / warmup
    done = min(1.0, (step - warmup) / max(1, steps - warmup))
    return {"constant": 1.0, "linear": 1 - done, "cosine": (1 + math.cos(math.pi * done)) / 2}[kind]


def restore(scheduler: LambdaLR, state: Mapping[str, Any]) -> None:
    """Go on at the step that ``state`` was saved at, by the plan of now, which may be for another number of epochs."""
    by_group = {"base_lrs": scheduler.base_lrs, "lr_lambdas": [None] * len(scheduler.lr_lambdas)}
    scheduler.load_state_dict({**state, **by_group})  # a repair may have parted the groups
    for group, rate, plan in zip(
        scheduler.optimizer.param_groups, scheduler.base_lrs, scheduler.lr_lambdas, strict=True
    ):
        group["lr"] = rate * plan(scheduler.last_epoch)


def changed_plan(scheduler: LambdaLR | None, config: Config, *, planned: int, done: int) -> tuple[str, ...]:
    """A sentence where a training goes on for another number of epochs than the ``planned`` one."""
    if scheduler is None or config.schedule == "constant" or planned in (0, config.epochs):
        return ()
    rate = float(scheduler.optimizer.param_groups[0]["lr"])
    return (
        f"the {config.schedule} schedule is now one of {config.epochs} epochs instead of {planned}: after epoch {done} "
        f"the learning rate goes on at {rate:.3g}, as if that had been planned from the start",
    )
