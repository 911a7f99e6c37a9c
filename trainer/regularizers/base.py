"""Regularizers: where each may act on a training run, as hooks that all exist and do nothing.

``Regularizers`` holds those of a run and calls them in the order of the registry. Once, with the model on its device::

    model = regularizers.build(model)
    regularizers.check(inputs, targets)                    # the first batch
    criterion = regularizers.criterion(plain_criterion)    # the plain one stays for validation
    groups = regularizers.parameter_groups(groups, AdamW)  # for AdamW(groups, lr=..., weight_decay=0.0)

Each step::

    inputs, targets = regularizers.batch(inputs, targets, rng)
    loss = criterion(model(inputs), targets) + regularizers.penalty()
    loss.backward()
    regularizers.after_backward(optimizer)
    optimizer.step()
    regularizers.after_step(optimizer)

Each epoch, and at the end, however it comes, after the last checkpoint::

    with regularizers.evaluation():
        val_loss = ...
        reason = regularizers.end_of_epoch(model, epoch, val_loss)    # a sentence when training should stop
    regularizers.finish(model)

``model`` is the network itself, never its DistributedDataParallel wrapper. ``rng`` is NumPy's, so that the same seed
draws the same numbers on every device; made anew from (seed, epoch, rank) each epoch it needs no
checkpoint.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, fields
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from trainer.strengths import Value, check_setting

Groups = list[dict[str, Any]]
Criterion = Callable[[Tensor, Any], Tensor]  # outputs and targets, which may be mixed, to a scalar


class Mixed(NamedTuple):
    """The targets of a batch mixed of two: ``lam`` of ``first``, the rest of ``second``."""

    first: Tensor
    second: Tensor
    lam: float


Targets = Tensor | Mixed


@dataclass(eq=False)
class Regularizer:
    """One way to regularize. Its dataclass fields are its settings, refused when out of range."""

    name: ClassVar[str] = ""

    def __post_init__(self) -> None:
        for key, value in self.settings().items():
            check_setting(self.name, key, value)

    def settings(self) -> dict[str, Value]:
        """What the configuration says, as plain data."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def build(self, model: nn.Module) -> nn.Module:
        """The model with this regularizer in it, usually changed in place."""
        return model

    def check(self, inputs: Tensor, targets: Tensor) -> None:
        """Gets ready for batches like this one. Raises ``RegularizerError`` when it cannot act on them."""

    def criterion(self, criterion: Criterion) -> Criterion:
        """The loss to train with."""
        return criterion

    def parameter_groups(self, groups: Groups, optimizer: type[Optimizer]) -> Groups:
        """The optimizer's parameter groups, with the keys this regularizer sets."""
        return groups

    def batch(self, inputs: Tensor, targets: Targets, rng: np.random.Generator) -> tuple[Tensor, Targets]:
        """The batch to train on, on its device; the tensors given are never written to."""
        return inputs, targets

    def penalty(self) -> Tensor | float:
        """A term of the loss, in loss units; its gradient is added in ``after_backward``, quicker than by autograd."""
        return 0.0

    def after_backward(self, optimizer: Optimizer) -> None:
        """Sees the gradients before the step."""

    def after_step(self, optimizer: Optimizer) -> None:
        """Sees the new weights."""

    def evaluation(self) -> AbstractContextManager[None]:
        """While it is open the model has the weights to evaluate and to keep."""
        return nullcontext()

    def end_of_epoch(self, model: nn.Module, epoch: int, val_loss: float) -> str | None:
        """The reason to stop training now, None to go on."""
        return None

    def finish(self, model: nn.Module) -> None:
        """Leaves the weights a person should have."""

    def state_dict(self) -> dict[str, Any]:
        """What a continued run needs; tensors and plain data."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Takes back what ``state_dict`` gave, with its tensors on the model's device."""


class Regularizers:
    """The regularizers of one run, each hook calling theirs in order."""

    def __init__(self, members: list[Regularizer]) -> None:
        self.members = members

    def __iter__(self) -> Iterator[Regularizer]:
        return iter(self.members)

    def build(self, model: nn.Module) -> nn.Module:
        for member in self.members:
            model = member.build(model)
        return model

    def check(self, inputs: Tensor, targets: Tensor) -> None:
        for member in self.members:
            member.check(inputs, targets)

    def criterion(self, criterion: Criterion) -> Criterion:
        for member in self.members:
            criterion = member.criterion(criterion)
        return criterion

    def parameter_groups(self, groups: Groups, optimizer: type[Optimizer]) -> Groups:
        for member in self.members:
            groups = member.parameter_groups(groups, optimizer)
        return groups

    @torch.no_grad()
    def batch(self, inputs: Tensor, targets: Targets, rng: np.random.Generator) -> tuple[Tensor, Targets]:
        for member in self.members:
            inputs, targets = member.batch(inputs, targets, rng)
        return inputs, targets

    def penalty(self) -> Tensor | float:
        return sum(member.penalty() for member in self.members)

    def after_backward(self, optimizer: Optimizer) -> None:
        for member in self.members:
            member.after_backward(optimizer)

    def after_step(self, optimizer: Optimizer) -> None:
        for member in self.members:
            member.after_step(optimizer)

    @contextmanager
    def evaluation(self) -> Iterator[None]:
        with ExitStack() as stack:
            for member in self.members:
                stack.enter_context(member.evaluation())
            yield

    def end_of_epoch(self, model: nn.Module, epoch: int, val_loss: float) -> str | None:
        reasons = [member.end_of_epoch(model, epoch, val_loss) for member in self.members]
        return next((reason for reason in reasons if reason), None)

    def finish(self, model: nn.Module) -> None:
        for member in self.members:
            member.finish(model)

    def state_dict(self) -> dict[str, Any]:
        return {member.name: member.state_dict() for member in self.members}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        for member in self.members:
            if member.name in state:
                member.load_state_dict(state[member.name])
