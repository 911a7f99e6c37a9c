"""Session: one stretch of training in this process, from what the run folder says to its end."""

from __future__ import annotations

import traceback
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.config import Config
from trainer.datasets import is_function
from trainer.errors import ConfigError, TrainerError
from trainer.extras import explained
from trainer.fit.callbacks import LogEpochs, Pace, Supervision
from trainer.fit.device import enough_memory, prepare_environment, prepare_torch
from trainer.fit.loop import Callback
from trainer.processes.interrupts import stopping_on_interrupt
from trainer.processes.liveness import identity
from trainer.processes.ranks import ranks
from trainer.run_folder import read_config
from trainer.status import Status, read_status

if TYPE_CHECKING:
    import torch


def work(run_dir: Path, display: Callback) -> Status:
    """Train what ``run_dir`` was prepared for, to its end; the caller holds the claim.

    Whatever goes wrong is in ``status.json`` before it is raised: ``TrainerError`` when a person must change something.
    """
    before = read_status(run_dir) or Status("starting")
    supervision = Supervision(
        run_dir, Status("starting", epoch=before.epoch, epochs=before.epochs, locked=True, **identity())
    )
    try:
        with stopping_on_interrupt(supervision.stop), explained():
            train(run_dir, read_config(run_dir), supervision, display)
    except TrainerError as error:
        supervision.say("failed", message=str(error))
        raise
    except BaseException as error:
        supervision.say("failed", message=traceback.format_exception_only(error)[-1].strip())
        raise
    return supervision.status


def train(run_dir: Path, config: Config, supervision: Supervision, display: Callback) -> None:
    """The training, in as many stretches as a repair parts it into; torch is imported when the status is on disk."""
    prepare_environment()
    from trainer.fit.together import joined

    if config.repair and not ranks().alone:
        raise ConfigError("repair goes back in one process alone; leave out --repair, or start it without torchrun")
    device, quiet = prepare_torch(config), False
    with joined(ranks(), device):
        while _stretch(run_dir, config, supervision, display, device=device, quiet=quiet):
            quiet = True
    if config.repair and supervision.status.state == "finished":
        from trainer.trials.repair import temperature_note

        print_notes((temperature_note(run_dir),))


def _stretch(
    run_dir: Path, config: Config, supervision: Supervision, display: Callback, *, device: torch.device, quiet: bool
) -> bool:
    """The pieces of a training, put together and run; True where it went back, and goes on from the checkpoint."""
    from trainer.audit import Audit
    from trainer.fit.assemble import first_weights, make_log, make_loop
    from trainer.fit.best_weights.val_losses import ValLosses
    from trainer.fit.checkpoints.checkpoint import Checkpoint
    from trainer.fit.problems.pose import pose
    from trainer.fit.schedule import changed_plan
    from trainer.fit.together import share_out
    from trainer.trials.repair import SelfRepair, repair_in, with_repair

    supervision.config = config.to_dict()
    checkpoint = Checkpoint(run_dir, config.to_dict(), supervision.wait, rewindable=config.repair)
    record = repair_in(checkpoint)
    checkpoint.rewindable = config.repair or bool(record.rewinds)
    with enough_memory():
        problem, dosed = pose(config, device), with_repair(config, record)
        notes = (*problem.notes, *first_weights(config, problem, run_dir))
        loop = make_loop(dosed, problem)
    checkpoint.restore(loop)
    notes = (*notes, *((checkpoint.note,) if checkpoint.note else ()))
    notes = (*notes, *changed_plan(loop.scheduler, config, planned=checkpoint.planned, done=loop.epoch))
    print_notes(() if quiet else notes)
    with make_log(config, problem, loop, run_dir) as log:
        audit = Audit(log, classes=problem.classes)
        val_losses = ValLosses(run_dir, problem.loss_fn, problem.val)
        repair = SelfRepair(run_dir, dosed, problem, checkpoint=checkpoint, log=log, supervision=supervision)
        pace = Pace(config.pace, supervision)
        epochs = LogEpochs(log, supervision.wait)
        loop.callbacks = [epochs, checkpoint, val_losses, repair, supervision, audit, display, pace]
        share_out(loop, ranks(), seed=config.seed, unused=is_function(config.dataset))
        repair.begin(loop)
        if not loop.rewound:
            loop.fit()
    return loop.rewound


def follow(config: Config, run_dir: Path | None = None) -> None:
    """Train along with the first process, which alone writes anything; ``run_dir`` is one to continue."""
    prepare_environment()
    from trainer.fit.assemble import first_weights, make_loop
    from trainer.fit.checkpoints.checkpoint import Checkpoint
    from trainer.fit.problems.pose import pose
    from trainer.fit.together import Follower, joined, share_out

    device, follower = prepare_torch(config), Follower()
    with joined(ranks(), device), stopping_on_interrupt(follower.stop):
        problem = pose(config, device)
        first_weights(config, problem, run_dir)
        loop = make_loop(config, problem)
        if run_dir is not None:
            Checkpoint(run_dir, {}).restore(loop)
        loop.callbacks = [follower]
        share_out(loop, ranks(), seed=config.seed, unused=is_function(config.dataset))
        loop.fit()


def print_notes(notes: tuple[str, ...]) -> None:
    """What a person would not expect of the data, a line each, before training begins."""
    with suppress(OSError):
        for note in notes:
            print(f"note: {note}", flush=True)
