"""Lightning: a callback that logs what a diagnosis needs of each epoch, and stops a training that overfits if asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

try:
    from lightning.pytorch import Callback, LightningModule, Trainer
except ImportError:  # the package under its other name
    from pytorch_lightning import Callback, LightningModule, Trainer  # type: ignore[assignment]

from fitwatch.repairing import go_back, repair_of
from fitwatch.watching import Watching
from trainer.errors import ConfigError
from trainer.fit.answering import batch_size
from trainer.job import free_run_dir
from trainer.log import EpochLog
from trainer.repair import Repair


class LightningLog(Callback):
    """Logs each epoch with an ``EpochLog``: your losses and accuracies, and what the optimizer and the network say.

    Parameters
    ----------
    run_dir
        Folder of the run; by default a new one in ``runs``.
    val_loss, train_loss, val_accuracy
        The names under which your module logs them. Without a training loss the mean of what ``training_step`` returns
        is taken.
    stop
        Ends the training when it clearly overfits, in every process of it.
    repair
        Takes the training back to its best weights when it clearly overfits, and on with a dose of dropout and weight
        decay, as ``fitwatch.Repair`` does; in one process alone. With ``stop`` as well, it ends when no dose is left.
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
        val_loss: str = "val_loss",
        train_loss: str | None = None,
        val_accuracy: str = "val_acc",
        stop: bool = False,
        repair: bool = False,
        **options: Any,
    ) -> None:
        self.run_dir, self.stop, self.repair, self.options = run_dir, stop, repair, options
        self.repairing: Repair | None = None
        self.names = {"loss/val": val_loss, "accuracy/val": val_accuracy}
        self.names |= {} if train_loss is None else {"loss/train": train_loss}
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
        reason = "" if self.log_of_run is None else self._log(trainer, self.log_of_run)
        # the first process alone knows; the others would wait for it in the next epoch
        if self.stop and trainer.strategy.reduce_boolean_decision(bool(reason), all=False):
            trainer.should_stop = True

    def _log(self, trainer: Trainer, log: EpochLog) -> str:
        """Write the epoch, and go back where that is due; the reason to stop, if there is one and it is asked for."""
        names = self.names if self.fresh else {}
        logged = {
            tag: trainer.callback_metrics[name] for tag, name in names.items() if name in trainer.callback_metrics
        }
        self.fresh, epoch = False, trainer.current_epoch + 1
        values = log.epoch(epoch, {tag: float(value) for tag, value in logged.items()})
        self.watching.add(values)
        repair = self.repairing
        if repair is not None and (go_back(repair, epoch, values, self.watching, log) or repair.left != []):
            return ""
        reason = self.watching.reason_to_stop() if self.stop else ""
        if reason:
            log.note("early_stopping", reason)
        return reason

    def _repair(self, trainer: Trainer, pl_module: LightningModule) -> Repair:
        """Raises ``ConfigError`` for a training that cannot go back."""
        if trainer.world_size > 1 or len(trainer.optimizers) != 1:
            raise ConfigError(
                f"found {trainer.world_size} processes and {len(trainer.optimizers)} optimizers; repair goes back in "
                "one process with one optimizer: leave out repair=True"
            )
        epochs = trainer.max_epochs or 0
        steps = trainer.estimated_stepping_batches / max(1, epochs)
        settings = self.options.get("config", {})
        return repair_of(pl_module, trainer.optimizers[0], epochs=epochs, steps_per_epoch=steps, settings=settings)

    def teardown(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        if self.log_of_run is not None:
            self.log_of_run.close()
            self.log_of_run = None
