"""Assemble: a new training of a problem, from its first weights to its loop."""

from __future__ import annotations

from pathlib import Path

from trainer.config import Config
from trainer.fit.loop import Loop
from trainer.fit.optim import make_optimizer
from trainer.fit.problems.fine_tuning import start_from
from trainer.fit.problems.problem import Problem
from trainer.fit.schedule import make_scheduler
from trainer.log import EpochLog
from trainer.regularizers import make
from trainer.status import CHECKPOINT, EARLIER
from trainer.strengths import strengths

GRAD_NORMS = 8  # gradients measured an epoch, at most


def first_weights(config: Config, problem: Problem, run_dir: Path | None) -> tuple[str, ...]:
    """Those of another run, if they are asked for and the run has none of its own yet; a note says so."""
    if config.init_from is None or (
        run_dir is not None and any((run_dir / name).exists() for name in (CHECKPOINT, EARLIER))
    ):
        return ()
    return (start_from(problem.model, Path(config.init_from)),)


def make_loop(config: Config, problem: Problem) -> Loop:
    """A new training of the problem, all decided by the seed."""
    regularizers, batches = make(config.regularizers), problem.batches
    model = regularizers.build(problem.model)
    regularizers.check(*batches.peek())
    optimizer = make_optimizer(model, config, regularizers)
    return Loop(
        model,
        optimizer,
        regularizers.criterion(problem.loss_fn),
        batches=batches,
        epochs=config.epochs,
        regularizers=regularizers,
        seed=config.seed,
        scheduler=make_scheduler(optimizer, config, len(batches)),
    )


def make_log(config: Config, problem: Problem, loop: Loop, run_dir: Path) -> EpochLog:
    """What is logged of the training, in ``run_dir``."""
    return EpochLog(
        run_dir,
        loop.model,
        loop.optimizer,
        problem.loss_fn,
        train_clean=problem.clean,
        val=problem.val,
        canary=problem.canary,
        classes=problem.classes,
        perplexity=problem.text,
        config=config.to_dict(),
        strengths=strengths(config.regularizers),
        grad_norm_every=-(-len(loop.batches) // GRAD_NORMS),
        hypergrad=config.hypergrad,
        standalone=False,
    )
