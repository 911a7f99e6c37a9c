"""Checkpoint: all that a stopped training needs to go on as if it had not been stopped."""

from __future__ import annotations

import math
import pickle
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from trainer import PROGRAM
from trainer.errors import TrainerError
from trainer.files import replacing
from trainer.fit.loop import Callback
from trainer.fit.rewind import give_moments, put_back, snapshot
from trainer.fit.schedule import restore as restore_schedule
from trainer.status import BEST, CHECKPOINT, REWIND

if TYPE_CHECKING:
    from trainer.fit.loop import Loop

SCHEMA = 1
SHARE = 0.05  # of the time that may go into writing checkpoints while training


class CheckpointError(TrainerError):
    """A checkpoint that cannot be written, or does not fit; the message says which and the way out."""


class Checkpoint(Callback):
    """Writes ``checkpoint.pt`` and ``best.pt`` (the weights of least validation loss), in step with one another.

    That happens at the end, and after an epoch unless the writing would take more than ``SHARE`` of the time.
    ``planned`` is how many epochs a training that goes on was meant to have, 0 for a new one. ``rewindable`` keeps in
    ``rewind.pt`` what a rewind needs beside the best weights, and ``repair`` is what to remember of the rewinds so far.
    """

    def __init__(self, run_dir: Path, config: Mapping[str, Any], *, rewindable: bool = False) -> None:
        self.run_dir, self.config = run_dir, dict(config)
        self.best_loss, self.best_epoch = math.inf, 0
        self.better: dict[str, Any] | None = None
        self.rewindable, self.rewind = rewindable, dict[str, Any]()
        self.saved = self._read()
        self.repair: dict[str, Any] = (self.saved or {}).get("repair", {})
        self.written, self.due = -1, 0.0
        self.planned = 0

    def evaluate(self, loop: Loop) -> None:
        loss = loop.values.get("loss/val", math.nan)
        if not math.isnan(loss) and loss < self.best_loss:
            self.best_loss, self.best_epoch = loss, loop.epoch
            weights = {name: tensor.detach().clone() for name, tensor in loop.model.state_dict().items()}
            self.better = {"schema": SCHEMA, "epoch": loop.epoch, "val_loss": loss, "model": weights}

    def epoch_end(self, loop: Loop) -> None:
        if self.rewindable and self.best_epoch == loop.epoch:
            self.rewind = snapshot(loop)
        if time.monotonic() >= self.due:
            self.write(loop)

    def fit_end(self, loop: Loop) -> None:
        if self.written != loop.epoch:
            self.write(loop)

    def write(self, loop: Loop) -> None:
        """Both files, each by rename. Raises ``CheckpointError``."""
        start = time.monotonic()
        if self.better is not None:
            save(self.run_dir / BEST, {**self.better, "config": self.config})
            self.better = None
        if self.rewind:
            save(self.run_dir / REWIND, {"schema": SCHEMA, **self.rewind})
            self.rewind = {}
        save(self.run_dir / CHECKPOINT, self.state(loop))
        self.written = loop.epoch
        self.due = time.monotonic() + (time.monotonic() - start) / SHARE

    def state(self, loop: Loop) -> dict[str, Any]:
        """Tensors and plain data alone, so that ``torch.load(..., weights_only=True)`` takes it."""
        order = loop.batches.order
        return {
            "schema": SCHEMA,
            "epoch": loop.epoch,
            "model": loop.model.state_dict(),
            "optimizer": loop.optimizer.state_dict(),
            "scheduler": None if loop.scheduler is None else loop.scheduler.state_dict(),
            "regularizers": loop.regularizers.state_dict(),
            "best": {"epoch": self.best_epoch, "val_loss": self.best_loss},
            "order": None if order is None else order.get_state(),
            "random": torch.get_rng_state(),
            "random_cuda": [torch.cuda.get_rng_state()] if torch.cuda.is_available() else [],
            "config": self.config,
            "repair": self.repair,
        }

    def go_back(self, loop: Loop, repair: Mapping[str, Any]) -> None:
        """Let the training go on from its best weights after this epoch, by a checkpoint that says so.

        The loop is of no more use then: whoever goes on makes a new one and restores it. Until the last line, which
        replaces the checkpoint by rename, nothing has happened. Raises ``CheckpointError``.
        """
        if self.written != loop.epoch:
            self.write(loop)
        best = self._best()
        put_back(loop, best)
        self.repair = dict(repair)
        state = {**self.state(loop), "optimizer": None, "moments": best.get("moments", {})}
        if "early_stopping" in state["regularizers"]:  # or it would end the training at once
            state["regularizers"]["early_stopping"]["since"] = loop.epoch
        save(self.run_dir / CHECKPOINT, state)

    def _best(self) -> dict[str, Any]:
        """All that was kept of the best epoch: without ``rewind.pt`` of it, the weights of ``best.pt`` alone."""
        for path in (self.run_dir / REWIND, self.run_dir / BEST):
            if path.exists():
                state: dict[str, Any] = _load(path)
                if state["epoch"] == self.best_epoch:
                    return state
        raise CheckpointError(f"{self.run_dir} has no {BEST} of epoch {self.best_epoch} to go back to; train it again")

    def restore(self, loop: Loop) -> None:
        """Put the loop where the checkpoint left off; without one it stays at its start. Raises ``CheckpointError``."""
        state, path = self.saved, self.run_dir / CHECKPOINT
        if state is None:
            return
        self.saved = None
        try:
            loop.model.load_state_dict(state["model"])
            if state["optimizer"] is None:
                give_moments(loop.model, loop.optimizer, state["moments"])
            else:
                loop.optimizer.load_state_dict(state["optimizer"])
            if loop.scheduler is not None:
                restore_schedule(loop.scheduler, state["scheduler"])
            loop.regularizers.load_state_dict(state.get("regularizers", {}))
            loop.epoch = self.written = state["epoch"]
            self.planned = state["config"].get("epochs", 0)
            self.best_epoch, self.best_loss = state["best"]["epoch"], state["best"]["val_loss"]
            if loop.batches.order is not None:
                loop.batches.order.set_state(state["order"])
            torch.set_rng_state(state["random"])
            for random in state["random_cuda"] if torch.cuda.is_available() else []:
                torch.cuda.set_rng_state(random)
        except (RuntimeError, ValueError, KeyError, TypeError) as error:
            raise _does_not_fit(path, error) from error

    def _read(self) -> dict[str, Any] | None:
        path = self.run_dir / CHECKPOINT
        return _load(path) if path.exists() else None


def _load(path: Path) -> dict[str, Any]:
    """A file that was written here, on the CPU. Raises ``CheckpointError``."""
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        if not isinstance(state, dict):
            raise TypeError("it holds something else")  # noqa: TRY301
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, EOFError, pickle.UnpicklingError) as error:
        raise _does_not_fit(path, error) from error
    return state


def _does_not_fit(path: Path, error: Exception) -> CheckpointError:
    return CheckpointError(
        f"{path} does not fit this training ({str(error).splitlines()[0] if str(error) else 'it is damaged'}); "
        "put the settings back, or remove it to train from the start"
    )


def save(path: Path, state: Mapping[str, Any]) -> None:
    """Replace the file by rename. Raises ``CheckpointError``; the file that was there is whole then."""
    try:
        with replacing(path) as scratch:
            torch.save(state, scratch)
    except (OSError, RuntimeError) as error:
        free = shutil.disk_usage(path.parent).free / 1e6
        reason = error.strerror if isinstance(error, OSError) else f"the disk took only a part, {free:.0f} MB are free"
        raise CheckpointError(
            f"cannot write {path}: {reason}; the one before is whole. Make room, then continue: "
            f"{PROGRAM} resume {path.parent}"
        ) from error
