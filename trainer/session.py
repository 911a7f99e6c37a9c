"""Session: one stretch of training in this process, from what the run folder says to its end."""

from __future__ import annotations

import os
import signal
import traceback
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import psutil

from trainer.config import Config, ConfigError
from trainer.data import is_function
from trainer.errors import TrainerError
from trainer.extras import explained
from trainer.fit.callbacks import Callback, Supervision
from trainer.job import read_config
from trainer.ranks import ranks
from trainer.status import CHECKPOINT, Status, read_status
from trainer.strengths import strengths

if TYPE_CHECKING:
    import torch

    from trainer.fit.loop import Loop
    from trainer.fit.problem import Problem
    from trainer.fit.together import Follower

ENVIRONMENT = {  # before torch is imported
    "OMP_WAIT_POLICY": "PASSIVE",  # threads that wait by spinning make a step 100 times slower on a busy machine
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",  # or CUDA's matrix products differ from run to run
}
GRAD_NORMS = 8  # gradients measured an epoch, at most


def work(run_dir: Path, shown: Callback) -> Status:
    """Train what ``run_dir`` was prepared for, to its end; the caller holds the claim.

    Whatever goes wrong is in ``status.json`` before it is raised: ``TrainerError`` when a person must change something.
    """
    process = psutil.Process()
    begun = read_status(run_dir) or Status("starting")
    supervision = Supervision(
        run_dir, Status("starting", process.pid, process.create_time(), epoch=begun.epoch, epochs=begun.epochs)
    )
    stop_on_signals(supervision)
    try:
        with explained():
            train(run_dir, read_config(run_dir), supervision, shown)
    except TrainerError as error:
        supervision.say("failed", message=str(error))
        raise
    except BaseException as error:
        supervision.say("failed", message=traceback.format_exception_only(error)[-1].strip())
        raise
    return supervision.status


def train(run_dir: Path, config: Config, supervision: Supervision, shown: Callback) -> None:
    """The pieces of a training, put together and run. torch is imported here, when the status is on disk already."""
    prepare_environment()
    from trainer.audit import Audit
    from trainer.fit.callbacks import Log, Pace
    from trainer.fit.checkpoint import Checkpoint
    from trainer.fit.problem import pose
    from trainer.fit.schedule import changed_plan
    from trainer.fit.together import joined, share_out
    from trainer.fit.val_losses import ValLosses
    from trainer.log import EpochLog

    device = prepare_torch(config)
    with joined(ranks(), device):
        problem = pose(config, device)
        say_notes((*problem.notes, *first_weights(config, problem, run_dir)))
        loop = make_loop(config, problem)
        checkpoint = Checkpoint(run_dir, config.to_dict())
        checkpoint.restore(loop)
        say_notes(changed_plan(loop.scheduler, config, planned=checkpoint.planned, done=loop.epoch))
        with EpochLog(
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
        ) as log:
            audit = Audit(log, classes=problem.classes)
            val_losses = ValLosses(run_dir, problem.loss_fn, problem.val)
            loop.callbacks = [Log(log), checkpoint, val_losses, supervision, audit, shown]
            loop.callbacks.append(Pace(config.pace, supervision))
            share_out(loop, ranks(), seed=config.seed, unused=is_function(config.dataset))
            loop.fit()


def follow(config: Config, run_dir: Path | None = None) -> None:
    """Train along with the first process, which alone writes anything; ``run_dir`` is one to continue."""
    prepare_environment()
    from trainer.fit.checkpoint import Checkpoint
    from trainer.fit.problem import pose
    from trainer.fit.together import Follower, joined, share_out

    device = prepare_torch(config)
    with joined(ranks(), device):
        follower = Follower()
        stop_on_signals(follower)
        problem = pose(config, device)
        first_weights(config, problem, run_dir)
        loop = make_loop(config, problem)
        if run_dir is not None:
            Checkpoint(run_dir, {}).restore(loop)
        loop.callbacks = [follower]
        share_out(loop, ranks(), seed=config.seed, unused=is_function(config.dataset))
        loop.fit()


def prepare_environment() -> None:
    """What torch reads when it is imported."""
    os.environ.update({name: value for name, value in ENVIRONMENT.items() if name not in os.environ})


def first_weights(config: Config, problem: Problem, run_dir: Path | None) -> tuple[str, ...]:
    """Those of another run, if they are asked for and the run has none of its own yet; a note says so."""
    if config.init_from is None or (run_dir is not None and (run_dir / CHECKPOINT).exists()):
        return ()
    from trainer.fit.fine_tuning import start_from

    return (start_from(problem.model, Path(config.init_from)),)


def make_loop(config: Config, problem: Problem) -> Loop:
    """A new training of the problem, all decided by the seed."""
    from trainer.fit.loop import Loop
    from trainer.fit.optim import make_optimizer
    from trainer.fit.schedule import make_scheduler
    from trainer.regularizers import make

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


def say_notes(notes: tuple[str, ...]) -> None:
    """What a person would not expect of the data, a line each, before training begins."""
    with suppress(OSError):
        for note in notes:
            print(f"note: {note}", flush=True)


def prepare_torch(config: Config) -> torch.device:
    """Threads, repeatable kernels and the device that ``config`` asks for. Raises ``ConfigError`` without it."""
    import torch

    if config.threads is not None:
        torch.set_num_threads(config.threads)
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if config.device != "auto" and not there[config.device]:
        usable = ", ".join(name for name, is_there in there.items() if is_there)
        raise ConfigError(
            f"device {config.device} is asked for, but torch finds only {usable} here; use auto, or {usable}"
        )
    device = next(name for name, is_there in there.items() if is_there and config.device in ("auto", name))
    if device != "cuda":
        return torch.device(device)
    torch.use_deterministic_algorithms(True, warn_only=True)
    if ranks().local >= torch.cuda.device_count():
        raise ConfigError(
            f"process {ranks().local + 1} of this machine finds only {torch.cuda.device_count()} GPUs; "
            "start as many processes as there are, or use device cpu"
        )
    torch.cuda.set_device(ranks().local)
    return torch.device(device, ranks().local)


def stop_on_signals(training: Supervision | Follower) -> None:
    """Let the first Ctrl-C, SIGTERM or hang-up stop the training in order; a second one ends it at once."""

    def stop(number: int, _: FrameType | None) -> None:
        training.stop()
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), stop)
