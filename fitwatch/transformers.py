"""Transformers: a callback for Hugging Face's Trainer that logs what a diagnosis needs at each evaluation."""

from __future__ import annotations

import re
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from fitwatch.repairing import go_back, plan_of, write_down
from fitwatch.watching import Watching
from trainer.errors import ConfigError
from trainer.log import EpochLog, unwrapped
from trainer.measure.description import description
from trainer.repair import Repair


class TransformersLog(TrainerCallback):
    """Logs each evaluation with an ``EpochLog``, at its epoch, or at its step where evaluations are counted in steps.

    Parameters
    ----------
    run_dir
        Folder of the run; by default ``fitwatch`` in the output folder.
    val
        The name of the data set to judge by where ``eval_dataset`` is a dict of several; by default its first.
    val_accuracy
        The name of your accuracy among the metrics, if you compute one.
    stop
        Ends the training when it clearly overfits, in every process of it.
    repair
        Takes the training back to its best weights when it clearly overfits, and on with a dose of dropout and weight
        decay, as ``fitwatch.Repair`` does; with an evaluation each epoch, and of several processes in those of DDP.
        With ``stop`` as well, it ends when no dose is left.
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
        val: str = "",
        val_accuracy: str = "eval_accuracy",
        stop: bool = False,
        repair: bool = False,
        **options: Any,
    ) -> None:
        self.run_dir, self.val, self.val_accuracy = run_dir, val, val_accuracy
        self.stop, self.options = stop, options
        self.repair = repair
        self.repairing: Repair | None = None
        self.watching = Watching()
        self.log_of_run: EpochLog | None = None
        self.losses: list[float] = []
        self.prefix = ""  # of the metrics of the data set that is logged; known once one was evaluated

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self.watching, self.losses, self.prefix = Watching(), [], ""
        if self.repair:
            self.repairing = self._repair(args, state, **kwargs)
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
        self.prefix = self.prefix or _prefix(metrics or {}, self.val)
        if not metrics or not self.prefix or f"{self.prefix}loss" not in metrics:
            return
        step = round(state.epoch or 0) if _each_epoch(args) else state.global_step
        log, repair = self.log_of_run, self.repairing
        values = {} if log is None else log.epoch(step, self._measured(metrics))
        self.losses = []
        self.watching.add(values)
        if repair is not None and go_back(repair, step, values, self.watching):
            if log is not None:
                write_down(repair, step, log.writer, log.strengths)
        elif self.stop and _of_the_first(args, self._overfits(log)):
            control.should_training_stop = True

    def _measured(self, metrics: dict[str, Any]) -> dict[str, float]:
        """Losses and accuracy by tag, as the Trainer has them."""
        measured = {"loss/val": float(metrics[f"{self.prefix}loss"])}
        accuracy = self.prefix + self.val_accuracy.removeprefix("eval_")
        if accuracy in metrics:
            measured["accuracy/val"] = float(metrics[accuracy])
        if self.losses:
            measured["loss/train"] = fmean(self.losses)
        return measured

    def _overfits(self, log: EpochLog | None) -> bool:
        """Is there a reason to stop, with no dose left? The log says it."""
        if log is None or (self.repairing is not None and self.repairing.left != []):
            return False
        reason = self.watching.reason_to_stop()
        if reason:
            log.note("early_stopping", reason)
        return bool(reason)

    def _repair(self, args: TrainingArguments, state: TrainerState, **kwargs: Any) -> Repair:
        """Raises ``ConfigError`` for a training that cannot go back."""
        if not _each_epoch(args):
            raise ConfigError(
                f"found an evaluation by {args.eval_strategy}; repair goes back by evaluations of each epoch: "
                'set eval_strategy="epoch", or leave out repair=True'
            )
        if shards := [name for name in ("fsdp", "deepspeed") if getattr(args, name, None)]:
            raise ConfigError(
                f"found {shards[0]}; repair goes back where each process has the whole model: train in one process or "
                "with DDP, or leave out repair=True"
            )
        optimizer = unwrapped(kwargs["optimizer"])
        settings = {**description(kwargs["model"], [optimizer], None), **self.options.get("config", {})}
        steps = state.max_steps / args.num_train_epochs
        plan = plan_of(settings, epochs=round(args.num_train_epochs), steps_per_epoch=steps)
        return Repair(kwargs["model"], optimizer, **plan)

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if self.log_of_run is not None:
            self.log_of_run.close()
            self.log_of_run = None


def _prefix(metrics: dict[str, Any], dataset: str) -> str:
    """What the metrics of the data set that is logged begin with: ``eval_``, or ``eval_NAME_`` of one of several."""
    names = [match[1] for metric in metrics if (match := re.fullmatch(r"eval_(.+_)?loss", metric))]
    return next((f"eval_{name or ''}" for name in names if not (dataset and name) or name == f"{dataset}_"), "")


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
