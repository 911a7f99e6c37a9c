"""Validation losses: what each sample of validation costs under the best weights, so that two runs can be paired."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from trainer.fit.checkpoints.saved import load
from trainer.fit.loop import Callback
from trainer.fit.step import Data, Loss, device_of, eval_mode
from trainer.measure.best_losses import digest_of, save_losses, unreduced
from trainer.status import BEST, VAL_LOSSES

if TYPE_CHECKING:
    from trainer.fit.loop import Loop


class ValLosses(Callback):
    """Writes ``val_losses.npz`` when training is over; comes after the checkpoint and before the status says so.

    ``losses`` float32 (n,), in loss units, ``epoch`` of the weights in ``best.pt``, and ``digest`` of the targets: the
    losses of two runs belong to the same samples in the same order only when it is equal. What cannot be measured or
    written is said in a line and fails nothing.
    """

    def __init__(self, run_dir: Path, loss_fn: Loss, val: Data) -> None:
        self.run_dir, self.loss_fn, self.val = run_dir, loss_fn, val

    def fit_end(self, loop: Loop) -> None:
        path = self.run_dir / VAL_LOSSES
        try:
            if (self.run_dir / BEST).exists():
                self.write(path, loop.model)
        except (
            Exception
        ) as error:  # a person's own loss or samples, a full disk or device: no reason to lose a training
            with suppress(OSError):
                path.unlink(missing_ok=True)  # it would be of other weights
                print(f"note: no {path.name}: {str(error) or type(error).__name__}", flush=True)

    def write(self, path: Path, model: nn.Module) -> None:
        """Measure the best weights and replace the file by rename; the model keeps its own."""
        best = load(self.run_dir / BEST, device=device_of(model))
        losses, digest = sample_losses(model, best["model"], self.loss_fn, self.val)
        save_losses(path, losses, digest, epoch=best["epoch"])


@torch.no_grad()
def sample_losses(model: nn.Module, weights: dict[str, Tensor], loss_fn: Loss, data: Data) -> tuple[Tensor, str]:
    """The plain loss of each sample ``(n,)`` on the CPU under ``weights``, and a digest of all targets and of n."""
    device, answer = device_of(model), partial(functional_call, model, weights)
    losses, targets = [torch.zeros(0)], []
    with eval_mode(model):
        for x, y in data:
            targets.append(y)
            losses.append(shares(answer, loss_fn, x.to(device), y.to(device)).float().cpu())
    return torch.cat(losses), digest_of(targets)


def shares(answer: Callable[[Tensor], Any], loss_fn: Loss, x: Tensor, y: Tensor) -> Tensor:
    """What each sample of a batch contributes ``(n,)``, the mean of which is the loss of the batch.

    A loss that weighs its samples, or leaves out some answers, is a mean of another kind; its shares are scaled to it.
    """
    outputs = answer(x)
    whole = loss_fn(outputs, y)
    each = unreduced(loss_fn, outputs, y)
    if each is None and isinstance(outputs, Tensor):
        each = torch.stack([loss_fn(outputs[i : i + 1], y[i : i + 1]) for i in range(len(x))])
    elif each is None:
        each = torch.stack([loss_fn(answer(x[i : i + 1]), y[i : i + 1]) for i in range(len(x))])
    mean = each.mean()
    return each if mean == 0 or torch.isclose(mean, whole, rtol=1e-4) else each * (whole / mean)
