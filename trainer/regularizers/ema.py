"""EMA: the weights evaluated and kept are a running average of those trained.

Polyak & Juditsky 1992, https://doi.org/10.1137/0330046, in the exponential form: ``a <- d * a + (1 - d) * w`` after
each step, with ``d = min(decay, (1 + t) / (10 + t))`` at step t, so that a short run is not held at its random start.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from trainer.regularizers.base import Regularizer


def ema_decay(decay: float, step: int) -> float:
    """The decay at a step, counted from 0."""
    return min(decay, (1 + step) / (10 + step))


@torch.no_grad()
def average(averages: Sequence[Tensor], tensors: Sequence[Tensor], decay: float) -> None:
    """``a <- decay * a + (1 - decay) * w`` in place."""
    torch._foreach_lerp_(list(averages), list(tensors), 1 - decay)


@dataclass(eq=False)
class EMA(Regularizer):
    """Averages parameters and the running statistics of norms; swaps them in for evaluation, by pointer."""

    name = "ema"
    decay: float = 0.999

    def build(self, model: nn.Module) -> nn.Module:
        self.step = 0
        self.tensors = [t for t in (*model.parameters(), *model.buffers()) if t.is_floating_point()]
        self.averages = [tensor.detach().clone() for tensor in self.tensors]
        return model

    def after_step(self, optimizer: Optimizer) -> None:
        average(self.averages, [tensor.data for tensor in self.tensors], ema_decay(self.decay, self.step))
        self.step += 1

    @contextmanager
    def evaluation(self) -> Iterator[None]:
        self._swap()
        try:
            yield
        finally:
            self._swap()

    def finish(self, model: nn.Module) -> None:
        for tensor, mean in zip(self.tensors, self.averages, strict=True):
            tensor.data.copy_(mean)

    def _swap(self) -> None:
        for index, tensor in enumerate(self.tensors):
            tensor.data, self.averages[index] = self.averages[index], tensor.data

    def state_dict(self) -> dict[str, Any]:
        return {"step": self.step, "averages": self.averages}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.step = state["step"]
        for mean, saved in zip(self.averages, state["averages"], strict=True):
            mean.copy_(saved)
