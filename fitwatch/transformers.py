"""Transformers: a callback for Hugging Face's Trainer that logs what a diagnosis needs at each evaluation."""

from __future__ import annotations

from pathlib import Path
from statistics import fmean
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from fitwatch.watching import Watching
from trainer.log import EpochLog


class TransformersLog(TrainerCallback):
    """Logs each evaluation with an ``EpochLog``, at its epoch, or at its step where evaluations are counted in steps.

    Parameters
    ----------
    run_dir
        Folder of the run; by default ``fitwatch`` in the output folder.
    val_accuracy
        The name of your accuracy among the metrics, if you compute one.
    stop
        Ends the training when it clearly overfits.
    options
        Further arguments of ``EpochLog``, such as ``loss_fn``, ``train_clean`` and ``config``.

    Examples
    --------
    ``Trainer(model, arguments, ..., callbacks=[TransformersLog("runs/mine")])``
    """

    def __init__(
        self,
        run_dir: str | Path | None = None,
        *,
        val_accuracy: str = "eval_accuracy",
        stop: bool = False,
        **options: Any,
    ) -> None:
        self.run_dir, self.val_accuracy, self.stop, self.options = run_dir, val_accuracy, stop, options
        self.watching = Watching()
        self.log_of_run: EpochLog | None = None
        self.losses: list[float] = []

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if not state.is_world_process_zero:
            return
        config = {
            "batch_size": args.train_batch_size * args.gradient_accumulation_steps * args.world_size,
            "steps_per_epoch": state.max_steps / args.num_train_epochs if args.num_train_epochs else None,
            "label_smoothing": args.label_smoothing_factor,
            "gradient_clipping": args.max_grad_norm,
        }
        options = {**self.options, "config": config | dict(self.options.get("config", {}))}
        run_dir = self.run_dir or Path(args.output_dir or ".", "fitwatch")
        self.watching, self.losses = Watching(), []
        self.log_of_run = EpochLog(run_dir, kwargs["model"], kwargs["optimizer"], **options)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if logs and "loss" in logs:
            self.losses.append(float(logs["loss"]))

    def on_epoch_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if self.log_of_run is not None and not self.losses:
            control.should_log = True  # by default the loss is logged every 500 steps, in a short training never

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        metrics: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        log = self.log_of_run
        if log is None or not metrics or "eval_loss" not in metrics:
            return
        measured = {"loss/val": float(metrics["eval_loss"])}
        if self.val_accuracy in metrics:
            measured["accuracy/val"] = float(metrics[self.val_accuracy])
        if self.losses:
            measured["loss/train"] = fmean(self.losses)
            self.losses = []
        epochs = str(args.eval_strategy).rsplit(".", 1)[-1].lower() == "epoch"
        values = log.epoch(round(state.epoch or 0) if epochs else state.global_step, measured)
        self.watching.add(values)
        if self.stop and (reason := self.watching.reason_to_stop()):
            log.note("early_stopping", reason)
            control.should_training_stop = True

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if self.log_of_run is not None:
            self.log_of_run.close()
            self.log_of_run = None
