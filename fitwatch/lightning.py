"""Lightning: a callback that logs what a diagnosis needs of each epoch, and stops a training that overfits if asked."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

try:
    from lightning.pytorch import Callback, LightningModule, Trainer
    from lightning.pytorch.strategies import DDPStrategy, SingleDeviceStrategy
except ImportError:  # the package under its other name
    from pytorch_lightning import Callback, LightningModule, Trainer  # type: ignore[assignment]
    from pytorch_lightning.strategies import DDPStrategy, SingleDeviceStrategy  # type: ignore[assignment]

from diagnostics.logs.matching.naming import read_name
from fitwatch.repairing import go_back, plan_of, write_down
from fitwatch.watching import Watching
from trainer.errors import ConfigError
from trainer.fit.answering import batch_size
from trainer.job import free_run_dir
from trainer.log import EpochLog
from trainer.measure.description import description
from trainer.repair import Repair


class LightningLog(Callback):
    """Logs each epoch with an ``EpochLog``: your losses and accuracies, and what the optimizer and the network say.

    Parameters
    ----------
    run_dir
        Folder of the run; by default a new one in ``runs``.
    val_loss, train_loss, val_accuracy
        The names under which your module logs them. By default those of validation are found (``val_loss``,
        ``valid_loss``, ``val/acc``), and the training loss is the mean of what ``training_step`` returns.
    stop
        Ends the training when it clearly overfits, in every process of it.
    repair
        Takes the training back to its best weights when it clearly overfits, and on with a dose of dropout and weight
        decay, as ``fitwatch.Repair`` does; with one optimizer, and of several processes in those of DDP. With
        ``stop`` as well, it ends when no dose is left.
    options
        Further arguments of ``EpochLog``, such as ``loss_fn``, ``train_clean`` and ``config``.

    Examples
    --------
    ``Trainer(callbacks=[LightningLog("runs/mine")])``
    """

    def __init__(
        self,
        run_dir: str | Path | None = None,
        *,
        val_loss: str | None = None,
        train_loss: str | None = None,
        val_accuracy: str | None = None,
        stop: bool = False,
        repair: bool = False,
        **options: Any,
    ) -> None:
        self.run_dir, self.stop, self.repair, self.options = run_dir, stop, repair, options
        self.repairing: Repair | None = None
        names = {"loss/val": val_loss, "accuracy/val": val_accuracy, "loss/train": train_loss}
        self.names = {tag: name for tag, name in names.items() if name is not None}
        self.asked = False
        self.watching = Watching()
        self.log_of_run: EpochLog | None = None
        self.fresh = False

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if self.repair:
            self.repairing = self._repair(trainer, pl_module)
        if not trainer.is_global_zero:
            return
        run_dir = self.run_dir or free_run_dir("runs", type(pl_module).__name__.lower())
        scaler = getattr(trainer.precision_plugin, "scaler", None)
        self.watching = Watching()
        self.log_of_run = EpochLog(run_dir, pl_module, trainer.optimizers, scaler=scaler, **self.options)

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        self.samples = batch_size(batch)

    def on_before_backward(self, trainer: Trainer, pl_module: LightningModule, loss: Any) -> None:
        self.loss = loss.detach() * trainer.accumulate_grad_batches  # Lightning has divided it

    def on_after_backward(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if self.log_of_run is not None:
            self.log_of_run.step(self.loss, self.samples)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.fresh = not trainer.sanity_checking

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        epoch, log, repair = trainer.current_epoch + 1, self.log_of_run, self.repairing
        values = {} if log is None else self._values(trainer, log, epoch)
        self.fresh = False
        self.watching.add(values)
        if repair is not None and go_back(repair, epoch, values, self.watching):
            if log is not None:
                write_down(repair, epoch, log.writer, log.strengths)
            return
        # the first process alone knows; the others would wait for it in the next epoch
        if self.stop and trainer.strategy.reduce_boolean_decision(self._overfits(log), all=False):
            trainer.should_stop = True

    def _values(self, trainer: Trainer, log: EpochLog, epoch: int) -> dict[str, float]:
        """Write the epoch; gives what was written."""
        logged = trainer.callback_metrics if self.fresh else {}
        names = {tag: name for tag, name in (names_of_validation(logged) | self.names).items() if name in logged}
        values = log.epoch(epoch, {tag: float(logged[name]) for tag, name in names.items()})
        if self.fresh and "loss/val" not in values and not self.asked:
            self.asked = True
            found = ", ".join(sorted(logged)) or "nothing"
            warnings.warn(
                f"LightningLog found no validation loss among what the module logs ({found}), so that there will be "
                "no verdict; name it, as in LightningLog(val_loss=...)",
                stacklevel=2,
            )
        return values

    def _overfits(self, log: EpochLog | None) -> bool:
        """Is there a reason to stop, with no dose left? The log says it."""
        if log is None or (self.repairing is not None and self.repairing.left != []):
            return False
        reason = self.watching.reason_to_stop()
        if reason:
            log.note("early_stopping", reason)
        return bool(reason)

    def _repair(self, trainer: Trainer, pl_module: LightningModule) -> Repair:
        """Raises ``ConfigError`` for a training that cannot go back."""
        whole = isinstance(trainer.strategy, DDPStrategy | SingleDeviceStrategy)
        if not whole or len(trainer.optimizers) != 1:
            raise ConfigError(
                f"found {type(trainer.strategy).__name__} and {len(trainer.optimizers)} optimizers; repair goes back "
                'where each process has the whole model and one optimizer: take one, with strategy="ddp" or in one '
                "process, or leave out repair=True"
            )
        epochs = trainer.max_epochs or 0
        steps = trainer.estimated_stepping_batches / max(1, epochs)
        settings = {**description(pl_module, trainer.optimizers, None), **self.options.get("config", {})}
        plan = plan_of(settings, epochs=epochs, steps_per_epoch=steps)
        return Repair(pl_module, trainer.optimizers[0], **plan)

    def teardown(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        if self.log_of_run is not None:
            self.log_of_run.close()
            self.log_of_run = None


def names_of_validation(names: Iterable[str]) -> dict[str, str]:
    """What a module calls its validation loss and accuracy, by the tag of each: of a whole epoch, the plainest name."""
    read = {name: read_name(name) for name in sorted(names, key=len)}
    of_val = {
        name: said for name, said in read.items() if said.split == "val" and not said.per_batch and not said.loader
    }
    losses = [name for name, said in of_val.items() if said.kind == "loss" and said.generic]
    losses.sort(key=lambda name: of_val[name].base != ("loss",))
    accuracies = [name for name, said in of_val.items() if said.kind == "metric" and "accuracy" in said.base]
    return {tag: found[0] for tag, found in {"loss/val": losses, "accuracy/val": accuracies}.items() if found}
