"""Hypergradient: would more weight decay have helped? Asked of the gradient of validation, once an epoch.

Maclaurin et al. 2015, https://arxiv.org/abs/1502.03492; of single steps instead of a whole training, as in Luketina et
al. 2016, https://arxiv.org/abs/1511.06727. With ``g`` the gradient of the plain validation loss at the weights ``w``,
more decay in a step moves ``w`` by ``-lr * w * d(wd)`` (AdamW's decay), so that over an epoch::

    d(val loss) / d(wd) = -sum(lr) * <g, w>
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from trainer.fit.step import Data, Loss, device_of, eval_mode
from trainer.measure.norms import norm_of
from trainer.regularizers.matrices import matrices

SHARE = 12  # one of so many training samples may a gradient cost: 1/12 of the epoch at most, usually less


class Hypergradient:
    """Measures while validation is evaluated, on some of its samples, other ones in each epoch.

    The model keeps its gradients, mode, running statistics and place in the stream of random numbers.
    """

    def __init__(self, model: nn.Module, optimizer: Optimizer, loss_fn: Loss) -> None:
        self.model, self.optimizer, self.loss_fn = model, optimizer, loss_fn
        self.weights = matrices(model)
        group_of = {parameter: i for i, group in enumerate(optimizer.param_groups) for parameter in group["params"]}
        self.groups = [group_of.get(weight) for weight in self.weights]
        self.samples = self.largest = 0
        self.lr_sums: list[float] = []
        self.kept: list[tuple[Tensor, Tensor]] = []
        self._begin()

    def step(self, samples: int) -> None:
        """Take in one step of training on so many samples, before the weights move."""
        self.samples += samples
        self.largest = max(self.largest, samples)
        for i, group in enumerate(self.optimizer.param_groups):
            self.lr_sums[i] += float(group["lr"])

    def watch(self, data: Data, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """The same batches; of their samples evenly spread ones are kept for ``measure``."""
        most, every = max(1, self.samples // SHARE), 1
        for x, y in data:
            yield x, y
            self.kept.append((x[epoch % every :: every], y[epoch % every :: every]))
            while sum(len(y) for _, y in self.kept) > most:
                half = slice(epoch // every % 2, None, 2)
                self.kept, every = [(x[half], y[half]) for x, y in self.kept], 2 * every
            self.kept[-1] = self.kept[-1][0].clone(), self.kept[-1][1].clone()  # or they would hold on to the batch

    def measure(self) -> dict[str, Tensor | float]:
        """What an epoch's steps and the samples kept say, as scalars on their device; all matrices are taken together.

        ``hypergrad/weight_decay``: by how much the validation loss would have moved, per unit of weight decay, had this
        epoch decayed more; negative: more would have helped. ``hypergrad/cosine``: ``<g, w> / (|g| |w|)``, in [-1, 1];
        positive: more would have helped. Empty where there is nothing to measure. Raises ``RuntimeError`` for a network
        that has no gradient in eval mode.
        """
        if not self.weights or not self.samples or not any(len(y) for _, y in self.kept):
            self._begin()
            return {}
        device = device_of(self.model)
        with torch.random.fork_rng([device] if device.type == "cuda" else []), eval_mode(self.model):
            gradients = self._gradients(device)
        with torch.no_grad():
            products = torch.stack([g.flatten().dot(w.flatten()) for g, w in zip(gradients, self.weights, strict=True)])
            norm = norm_of(gradients) * norm_of(list(self.weights))
            lr_sums = products.new_tensor([0.0 if i is None else self.lr_sums[i] for i in self.groups])
            values: dict[str, Tensor | float] = {
                "hypergrad/weight_decay": -(lr_sums * products).sum(),
                "hypergrad/cosine": products.sum() / norm,
            }
        self._begin()
        return values

    @torch.enable_grad()
    def _gradients(self, device: torch.device) -> list[Tensor]:
        """Of the mean loss over the samples kept, in batches no larger than those of training."""
        x, y = (torch.cat(parts).to(device) for parts in zip(*self.kept, strict=True))
        total: list[Tensor] = []
        for part in zip(torch.split(x, self.largest), torch.split(y, self.largest), strict=True):
            loss = self.loss_fn(self.model(part[0]), part[1]) * (len(part[1]) / len(y))
            gradients = torch.autograd.grad(loss, self.weights, materialize_grads=True)
            if total:
                torch._foreach_add_(total, gradients)
            else:
                total = list(gradients)
        return total

    def _begin(self) -> None:
        self.samples = self.largest = 0
        self.lr_sums = [0.0] * len(self.optimizer.param_groups)
        self.kept = []
