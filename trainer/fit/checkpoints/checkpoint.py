"""Checkpoint: all that a stopped training needs to go on as if it had not been stopped."""

from __future__ import annotations

import math
import pickle
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

import torch

from trainer import PROGRAM
from trainer.errors import TrainerError
from trainer.files import keep_as, make_folder, replacing, sync
from trainer.fit.checkpoints import saved
from trainer.fit.checkpoints.rewind import give_moments, put_back, snapshot
from trainer.fit.loop import Callback
from trainer.fit.schedule import restore as restore_schedule
from trainer.measure.event_writer import PASSING, way_out
from trainer.status import BEST, CHECKPOINT, EARLIER, REWIND

if TYPE_CHECKING:
    from trainer.fit.loop import Loop

SCHEMA = 1
UNREADABLE = (OSError, RuntimeError, ValueError, LookupError, TypeError, EOFError, pickle.UnpicklingError)
SHARE = 0.05  # of the time that may go into writing checkpoints while training
RETRY = 10.0  # seconds until a checkpoint that could not be written is tried again
SCARCE = 100.0  # free megabytes, below which a write that was cut short is blamed on the disk
SYNC_SHARE = 0.01  # of the time that may go into waiting until one is on the disk


class CheckpointError(TrainerError):
    """A checkpoint that cannot be written, or does not fit; the message says which and the way out."""

    may_pass = False


class Checkpoint(Callback):
    """Writes ``checkpoint.pt`` and ``best.pt`` (the weights of least validation loss), in step with one another.

    That happens at the end, and after an epoch unless the writing would take more than ``SHARE`` of the time. The
    checkpoint before the last is kept as ``checkpoint-earlier.pt``. ``planned`` is how many epochs a training that goes
    on was meant to have, 0 for a new one; ``note`` says what a person would not expect of where it goes on.
    ``rewindable`` keeps in ``rewind.pt`` what a rewind needs beside the best weights, and ``repair`` is what to
    remember of the rewinds so far.
    """

    def __init__(
        self,
        run_dir: Path,
        config: Mapping[str, Any],
        wait: Callable[[], bool] = lambda: False,
        *,
        rewindable: bool = False,
    ) -> None:
        self.run_dir, self.config, self.wait = run_dir, dict(config), wait
        self.best_loss, self.best_epoch = math.inf, 0
        self.better: dict[str, Any] | None = None
        self.rewindable, self.rewind = rewindable, dict[str, Any]()
        self.planned, self.note = 0, ""
        self.path, self.saved = self.newest()
        self.repair: dict[str, Any] = (self.saved or {}).get("repair", {})
        self.written, self.due = -1, 0.0
        self.durable = self.best_durable = False
        self.sync_due = 0.0

    def evaluate(self, loop: Loop) -> None:
        loss = loop.values.get("loss/val", math.nan)
        if not math.isnan(loss) and loss < self.best_loss:
            self.best_loss, self.best_epoch = loss, loop.epoch
            weights = {name: tensor.detach().clone() for name, tensor in loop.model.state_dict().items()}
            self.better = {"schema": SCHEMA, "epoch": loop.epoch, "val_loss": loss, "model": weights}

    def epoch_end(self, loop: Loop) -> None:
        if self.rewindable and self.best_epoch == loop.epoch:
            self.rewind = snapshot(loop)
        if time.monotonic() < self.due:
            return
        try:
            self.write(loop)
            loop.unsaved.pop("checkpoint", None)
        except CheckpointError as error:  # training goes on with the weights in memory
            loop.unsaved["checkpoint"] = str(error)
            self.due = time.monotonic() + RETRY

    def fit_end(self, loop: Loop) -> None:
        if self.written != loop.epoch or not self.durable:
            self.insist(loop)

    def insist(self, loop: Loop) -> None:
        """Write at the end, and as long as ``wait`` says so, until there is room. Raises ``CheckpointError``."""
        loop.unsaved.pop("checkpoint", None)
        while True:
            try:
                return self.write(loop, durable=True)
            except CheckpointError as error:
                if not error.may_pass or not self.wait():
                    raise

    def write(self, loop: Loop, *, durable: bool = False) -> None:
        """Both files, each by rename. Raises ``CheckpointError``.

        What is not ``durable`` outlasts a loss of power only if that takes no more than ``SYNC_SHARE`` of the time. The
        one that is kept as the earlier one always does.
        """
        start = time.monotonic()
        durable = durable or start >= self.sync_due
        if self.better is not None:
            save(self.run_dir / BEST, {**self.better, "config": self.config}, durable=durable)
            self.better, self.best_durable = None, durable
        elif durable and not self.best_durable:
            sync(self.run_dir / BEST)
            self.best_durable = True
        if self.rewind:
            save(self.run_dir / REWIND, {"schema": SCHEMA, **self.rewind}, durable=durable)
            self.rewind = {}
        keep = self.run_dir / EARLIER if self.durable else None
        save(self.run_dir / CHECKPOINT, self.state(loop), durable=durable, keep=keep)
        self.written, self.durable = loop.epoch, durable
        now = time.monotonic()
        self.due = now + (now - start) / SHARE
        if durable:
            self.sync_due = now + (now - start) / SYNC_SHARE

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
        path, state = self.path, self.saved
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
        except (RuntimeError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise _does_not_fit(path, error) from error

    def newest(self) -> tuple[Path, dict[str, Any] | None]:
        """The last checkpoint, or the one before where that is damaged or missing; ``None`` without any.

        Raises ``CheckpointError`` when all there is cannot be read.
        """
        troubles: list[str] = []
        for path in (self.run_dir / CHECKPOINT, self.run_dir / EARLIER):
            try:
                state = saved.load(path)
                epoch = int(state["epoch"])
            except FileNotFoundError:
                continue
            except UNREADABLE as error:
                troubles.append(f"{path} is damaged ({_reason(error)})")
                continue
            if path.name == EARLIER:
                reason = next(iter(troubles), f"{self.run_dir / CHECKPOINT} is missing")
                self.note = f"{reason}, so training goes on from the checkpoint before it, of epoch {epoch}"
            return path, state
        if troubles:
            rest = "remove both" if len(troubles) > 1 else "there is no earlier one; remove it"
            raise CheckpointError(f"{', and '.join(troubles)}; {rest} to train from the start")
        return self.run_dir / CHECKPOINT, None


def _load(path: Path) -> dict[str, Any]:
    """A file that was written here, on the CPU. Raises ``CheckpointError``."""
    try:
        state: dict[str, Any] = saved.load(path)
        if not isinstance(state, dict):
            raise TypeError("it holds something else")
    except UNREADABLE as error:
        raise _does_not_fit(path, error) from error
    return state


def _does_not_fit(path: Path, error: Exception) -> CheckpointError:
    return CheckpointError(
        f"{path} does not fit this training ({_reason(error)}); "
        "put the settings back, or remove it to train from the start"
    )


def _reason(error: Exception) -> str:
    """In a line; torch's own words on a file that holds code would advise to run it."""
    if isinstance(error, pickle.UnpicklingError):
        return "it holds something else than tensors and plain data"
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def save(path: Path, state: Mapping[str, Any], *, durable: bool = True, keep: Path | None = None) -> None:
    """Replace the file by rename; the one before is called ``keep`` from then on.

    Raises ``CheckpointError``; the file that was there is whole then.
    """
    try:
        make_folder(path.parent)
        with replacing(path, durable=durable) as file:
            torch.save(state, file)
            if keep is not None and path.exists():
                keep_as(path, keep)
    except (OSError, RuntimeError) as error:
        free = _free(path.parent)
        reason = error.strerror if isinstance(error, OSError) else f"the disk took only a part, {free:.0f} MB are free"
        refused = CheckpointError(
            f"cannot write {path}: {reason}; the one before is whole. {way_out(error)}, then continue: "
            f"{PROGRAM} resume {quote(str(path.parent))}"
        )
        refused.may_pass = error.errno in PASSING if isinstance(error, OSError) else free < SCARCE
        raise refused from error


def _free(folder: Path) -> float:
    """Megabytes; 0 where the disk is gone."""
    try:
        return shutil.disk_usage(folder).free / 1e6
    except OSError:
        return 0.0
