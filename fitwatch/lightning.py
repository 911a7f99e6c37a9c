"""Lightning: a callback that logs what a diagnosis needs of each epoch, and stops a training that overfits if asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

try:
    from lightning.pytorch import Callback, LightningModule, Trainer
except ImportError:  # the package under its other name
    from pytorch_lightning import Callback, LightningModule, Trainer  # type: ignore[assignment]

from fitwatch.watching import Watching
from trainer.fit.answering import batch_size
from trainer.job import free_run_dir
from trainer.log import EpochLog


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
        Ends the training when it clearly overfits.
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
        **options: Any,
    ) -> None:
        self.run_dir, self.stop, self.options = run_dir, stop, options
        self.names = {"loss/val": val_loss, "accuracy/val": val_accuracy}
        self.names |= {} if train_loss is None else {"loss/train": train_loss}
        self.watching = Watching()
        self.log_of_run: EpochLog | None = None
        self.fresh = False

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
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
        log = self.log_of_run
        if log is None:
            return
        names = self.names if self.fresh else {}
        logged = {
            tag: trainer.callback_metrics[name] for tag, name in names.items() if name in trainer.callback_metrics
        }
        self.fresh = False
        values = log.epoch(trainer.current_epoch + 1, {tag: float(value) for tag, value in logged.items()})
        self.watching.add(values)
        if self.stop and (reason := self.watching.reason_to_stop()):
            log.note("early_stopping", reason)
            trainer.should_stop = True

    def teardown(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        if self.log_of_run is not None:
            self.log_of_run.close()
            self.log_of_run = None
