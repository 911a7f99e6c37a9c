"""Transformers: a callback for Hugging Face's Trainer that logs what a diagnosis needs at each evaluation."""

from __future__ import annotations

from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from fitwatch.repairing import go_back, repair_of
from fitwatch.watching import Watching
from trainer.errors import ConfigError
from trainer.log import EpochLog, unwrapped
from trainer.repair import Repair


class TransformersLog(TrainerCallback):
    """Logs each evaluation with an ``EpochLog``, at its epoch, or at its step where evaluations are counted in steps.

    Parameters
    ----------
    run_dir
        Folder of the run; by default ``fitwatch`` in the output folder.
    val_accuracy
        The name of your accuracy among the metrics, if you compute one.
    stop
        Ends the training when it clearly overfits, in every process of it.
    repair
        Takes the training back to its best weights when it clearly overfits, and on with a dose of dropout and weight
        decay, as ``fitwatch.Repair`` does; in one process alone, with an evaluation each epoch. With ``stop`` as well,
        it ends when no dose is left.
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
        repair: bool = False,
        **options: Any,
    ) -> None:
        self.run_dir, self.val_accuracy, self.stop, self.options = run_dir, val_accuracy, stop, options
        self.repair = repair
        self.repairing: Repair | None = None
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
        if self.repair:
            self.repairing = self._repair(args, state, **kwargs)
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
        if not self.losses:  # in every process: they gather the loss together
            control.should_log = True  # by default the loss is logged every 500 steps, in a short training never

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        metrics: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if not metrics or "eval_loss" not in metrics:
            return
        reason = "" if self.log_of_run is None else self._log(args, state, metrics, self.log_of_run)
        self.losses = []
        if self.stop and _of_the_first(args, bool(reason)):
            control.should_training_stop = True

    def _log(self, args: TrainingArguments, state: TrainerState, metrics: dict[str, Any], log: EpochLog) -> str:
        """Write the evaluation, and go back where that is due; the reason to stop, if there is one and it is asked."""
        measured = {"loss/val": float(metrics["eval_loss"])}
        if self.val_accuracy in metrics:
            measured["accuracy/val"] = float(metrics[self.val_accuracy])
        if self.losses:
            measured["loss/train"] = fmean(self.losses)
        step = round(state.epoch or 0) if _each_epoch(args) else state.global_step
        values = log.epoch(step, measured)
        self.watching.add(values)
        repair = self.repairing
        if repair is not None and (go_back(repair, step, values, self.watching, log) or repair.left != []):
            return ""
        reason = self.watching.reason_to_stop() if self.stop else ""
        if reason:
            log.note("early_stopping", reason)
        return reason

    def _repair(self, args: TrainingArguments, state: TrainerState, **kwargs: Any) -> Repair:
        """Raises ``ConfigError`` for a training that cannot go back."""
        if args.world_size > 1 or not _each_epoch(args):
            raise ConfigError(
                f"found {args.world_size} processes and an evaluation by {args.eval_strategy}; repair goes back in one "
                'process that evaluates each epoch: set eval_strategy="epoch", or leave out repair=True'
            )
        return repair_of(
            kwargs["model"],
            unwrapped(kwargs["optimizer"]),
            epochs=round(args.num_train_epochs),
            steps_per_epoch=state.max_steps / args.num_train_epochs,
            settings=self.options.get("config", {}),
        )

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if self.log_of_run is not None:
            self.log_of_run.close()
            self.log_of_run = None


def _each_epoch(args: TrainingArguments) -> bool:
    """Whether it is evaluated once an epoch."""
    return str(args.eval_strategy).rsplit(".", 1)[-1].lower() == "epoch"


def _of_the_first(args: TrainingArguments, decision: bool) -> bool:
    """What the first process decided, in all of them: the others would wait for it in the next step."""
    if args.world_size == 1:
        return decision
    shared = torch.tensor(int(decision), device=args.device)
    torch.distributed.broadcast(shared, src=0)
    return bool(shared)
