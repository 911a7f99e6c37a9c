"""Best losses: what each sample of validation cost in the best epoch so far, so that two runs can be paired."""

from __future__ import annotations

import copy
import hashlib
import inspect
import math
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from trainer.files import replacing
from trainer.status import VAL_LOSSES

EVERY = 30.0  # seconds between writes while training; the last one comes at the end
MOST = 2**22  # targets to keep


class BestLosses:
    """Collects the losses of an evaluation's samples, keeps those of the best epoch and writes ``val_losses.npz``.

    A loss that gives none for each sample writes no file.
    """

    def __init__(self, run_dir: Path, loss_fn: Any) -> None:
        self.path, self.loss_fn, self.possible = run_dir / VAL_LOSSES, loss_fn, True
        self.best, self.epoch = math.inf, 0
        self.kept: tuple[list[Tensor], list[Tensor]] | None = None
        self.due = time.monotonic() + EVERY
        self.begin()

    def begin(self) -> None:
        """Start an evaluation."""
        self.losses: list[Tensor] = []
        self.targets: list[Tensor] = []
        self.count = 0

    def add(self, outputs: Any, targets: Any) -> None:
        """The samples of one batch; they stay where they are."""
        if not self.possible or not isinstance(targets, Tensor):
            return
        self.count += targets.numel()
        each = unreduced(self.loss_fn, outputs, targets) if self.count <= MOST else None
        if each is None:
            self.possible, self.losses = False, []
            return
        mean = each.mean()  # of a loss that weighs its samples it is another one than the loss itself
        self.losses.append(each * torch.where(mean == 0, 1.0, self.loss_fn(outputs, targets) / mean))
        self.targets.append(targets)

    def end(self, epoch: int, loss: float) -> None:
        """Keep what was added, if ``loss`` is the lowest so far; write it when it is time."""
        if self.losses and loss < self.best:
            self.best, self.epoch, self.kept = loss, epoch, (self.losses, self.targets)
        self.begin()
        if time.monotonic() >= self.due:
            self.write()

    def write(self) -> None:
        """Replace the file by rename, if there is something new. A disk that takes nothing is no reason to fail."""
        self.due = time.monotonic() + EVERY
        if self.kept is None:
            return
        losses, targets = self.kept
        with suppress(OSError):
            save_losses(self.path, torch.cat(losses).float().cpu(), digest_of(targets), epoch=self.epoch)
            self.kept = None


def save_losses(path: Path, losses: Tensor, digest: str, *, epoch: int) -> None:
    """Replace the file by rename. ``losses`` float32 (n,) on the CPU; ``digest`` as ``digest_of`` the targets."""
    with replacing(path) as file:
        np.savez(file, losses=losses.numpy(), epoch=np.int64(epoch), digest=np.str_(digest))


def digest_of(targets: Iterable[Tensor]) -> str:
    """What tells the targets of all batches, and the number of samples, from any others."""
    digest, samples = hashlib.sha256(), 0
    for each in targets:
        digest.update(each.cpu().numpy().tobytes())
        samples += len(each)
    digest.update(str(samples).encode())
    return digest.hexdigest()


def unreduced(loss_fn: Any, outputs: Any, targets: Tensor) -> Tensor | None:
    """The loss of each sample ``(n,)`` by a module or a function that can leave it unreduced; None for another loss."""
    if isinstance(loss_fn, nn.Module) and hasattr(loss_fn, "reduction"):
        plain = copy.copy(loss_fn)
        plain.reduction = "none"  # type: ignore[assignment]
        each = plain(outputs, targets)
    elif takes_reduction(loss_fn):
        each = loss_fn(outputs, targets, reduction="none")
    else:
        return None
    if not isinstance(each, Tensor) or each.shape[:1] != targets.shape[:1]:
        return None
    return each.flatten(1).mean(1) if each.ndim > 1 else each


def takes_reduction(loss_fn: Any) -> bool:
    """Whether it is a function with a ``reduction``, as those of ``torch.nn.functional`` are."""
    try:
        return "reduction" in inspect.signature(loss_fn).parameters
    except (TypeError, ValueError):
        return False
