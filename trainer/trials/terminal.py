"""Terminal: what try and improve share: their arguments, and a trial carried out in a person's terminal."""

from __future__ import annotations

import argparse
import shlex
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.text import Text

from diagnostics import CurveError, LogError, diagnose_run, open_logs
from diagnostics.commands import APP
from diagnostics.report.changes import change
from diagnostics.report.words import VERDICTS, as_charted, confidence, expectation, spread
from diagnostics.setup_options import add_setup_options, setup_given
from diagnostics.trials.outcome import HELPED_LESS, Outcome
from diagnostics.trials.trial_file import Effect, Kind
from trainer import PROGRAM, run_folder
from trainer.options import named_folder, positive_whole
from trainer.processes.command import Command
from trainer.processes.interrupts import stopping_on_interrupt
from trainer.status import State
from trainer.trials.command_trial import CommandTrial
from trainer.trials.parent import SEED, Parent, TryError, read_parent
from trainer.trials.proposal import Proposal, record_of
from trainer.trials.settle import controls_of, outcome_of_trial, settle, state_of
from trainer.trials.start import at_work_on, start
from trainer.trials.watching import AtWork, OwnTrial, watch

INTERRUPTED = 130  # the exit code after Ctrl-C
EXAMPLE = "'python train.py --wd {weight_decay} --dropout {dropout} --logdir {logdir}'"


def add_common(options: argparse.ArgumentParser) -> None:
    """What ``try`` and ``improve`` are both told."""
    options.add_argument("run", metavar="RUN", type=named_folder, help="folder of the run to improve")
    options.add_argument(
        "--command",
        metavar="TEMPLATE",
        help=f"for a run of another program: the command that trains it, with strengths in braces, such as {EXAMPLE}",
    )
    options.add_argument(
        "--seeds",
        metavar="N",
        type=positive_whole,
        default=1,
        help="repeat the run and the trial with other seeds, N in all, and judge the mean (%(default)s)",
    )
    add_setup_options(options)


def parent_of(options: argparse.Namespace, *, run: Path | None = None, seed: int | None = None) -> Parent:
    """The run that is to be changed, or its repetition ``run`` with another seed.

    Raises ``TryError``, also for one that is not at its end.
    """
    folder: Path = run or options.run
    status = run_folder.status(folder)
    if status is not None and status.live:
        raise TryError(
            f"{folder} is still training, so a trial could not be compared with it; wait until it ends, "
            f"or stop it: {PROGRAM} stop {folder}"
        )
    defaults = {} if options.command is None else Command(options.command).defaults
    if seed is not None and SEED in defaults:
        defaults = {**defaults, SEED: float(seed)}
    return read_parent(folder, setup_given(options), defaults)


def command_of(options: argparse.Namespace, parent: Parent) -> Command | None:
    """The command that trains, where the trainer does not. Raises ``TrainerError``."""
    if options.command is not None:
        command = Command(options.command)
        if options.seeds > 1 and SEED not in command.fields:
            raise TryError(
                "--seeds trains with other seeds, but the command has no {seed}; add it with the seed in use, such as "
                "--seed {seed=0}"
            )
        return command
    parent.need_config()
    return None


def tell(parent: Parent, proposal: Proposal, console: Console) -> None:
    """What is tried and why, before it begins."""
    diagnosis = parent.diagnosis
    reason, why = (as_charted(text, parent.run.unit) for text in (diagnosis.reason, proposal.why))
    console.print(Text.assemble((parent.name, "bold"), f": {VERDICTS[diagnosis.verdict].word}. {reason}"))
    dose = "" if proposal.dose is None else f"dose {proposal.dose}: "
    console.print(Text.assemble(f"Trying {dose}", (change(proposal.change(parent)), "bold"), f". {why}"))
    rates = parent.setup.lr
    if proposal.dose is not None and not isinstance(rates, float | None) and np.ptp(rates) > 0.01 * rates.max():
        console.print("The learning rate changes during the run; its values up to the best validation loss count.")
    if proposal.expected is not None:
        console.print(f"Expected change of the best validation loss: {_range(proposal.expected)}.")
    if (record := record_of(parent, proposal)) is not None:
        console.print(record.sentence)


class Done(NamedTuple):
    """The end of a trial: finished, stopped or failed, and what that means in words."""

    folder: Path
    state: State
    message: str


def carry_out(parent: Parent, proposal: Proposal, kind: Kind, command: Command | None, console: Console) -> Done:
    """Make the trial, watch it to its end and settle it. Raises ``TrainerError`` where it cannot begin.

    The first Ctrl-C, SIGTERM or hang-up stops it in order, however early it comes, and ends the program with 130.
    """
    interrupted = Event()
    with stopping_on_interrupt(interrupted.set), ExitStack() as at_end:
        trial: AtWork
        if command is None:
            trial = _own(parent, proposal, kind, console)
        else:
            trial = _other(parent, proposal, kind, command, console)
        if isinstance(trial, CommandTrial):
            at_end.callback(trial.close)
            trial.start()
        watched = [trial]
        if kind == "branch":
            controls = controls_of(parent.folder)
            watched += [OwnTrial(control) for control in controls if state_of(control) != "failed"][:1]
        statuses = watch(watched, console, interrupted)
    settle(parent.folder.parent)
    for status, watched_trial in zip(statuses, watched, strict=True):
        if status.state == "failed":
            message = f"the trial {short(watched_trial.folder)} failed; the ledger records it. {status.message}"
            return Done(trial.folder, "failed", message)
    if any(status.state == "stopped" for status in statuses):
        if command is None:
            message = f"Stopped {short(trial.folder)}. Its progress is saved; the same command continues it."
        else:
            message = (
                f"Stopped {short(trial.folder)}; nothing of it goes on. The same command tries it again from the start."
            )
        if interrupted.is_set():
            console.print(message)
            raise SystemExit(INTERRUPTED)
        return Done(trial.folder, "stopped", message)
    if kind == "repeat":
        return Done(trial.folder, "finished", "")
    result = outcome_of_trial(trial.folder)
    return Done(
        trial.folder,
        "finished",
        f"{result.sentence_beside(proposal.expected)}{_of_prediction(proposal.expected, result)}",
    )


def _own(parent: Parent, proposal: Proposal, kind: Kind, console: Console) -> AtWork:
    """A trial by the trainer at work: the one there is, or a new one."""
    before = [folder for folder, _ in parent.trials()]
    folder = start(parent, proposal, kind=kind)
    same = "all other settings unchanged" if kind == "repeat" else "same seed, all other settings unchanged"
    if parent.config is not None and parent.config.repair:
        same = f"{same}, but trained from the start, with the strengths of the kept weights and without a repair"
    what = "repetition" if kind == "repeat" else "trial"
    console.print(f"Continuing {short(folder)}." if folder in before else f"The {what} is {short(folder)}: {same}.")
    return OwnTrial(folder)


def _other(parent: Parent, proposal: Proposal, kind: Kind, command: Command, console: Console) -> AtWork:
    """A trial by a command at work: the one that another terminal runs, or a new one."""
    what = "repetition" if kind == "repeat" else "trial"
    if (running := at_work_on(parent, proposal, kind)) is not None:
        console.print(f"{short(running)} is already running this {what}.")
        return OwnTrial(running)
    trial = CommandTrial(parent, proposal, command, kind)
    console.print(f"The {what} is {short(trial.folder)}; its output goes to its trainer.log.")
    return trial


def verdict_of(run_dir: Path) -> str:
    """What the diagnostics say of a training that has just ended, and how to see it; empty where it cannot be read."""
    try:
        (run, *_) = open_logs(run_dir).runs.values()
        diagnosis = diagnose_run(run, finished=True)
    except (LogError, CurveError, ValueError):
        return ""
    sure = confidence(diagnosis)
    word = f"{VERDICTS[diagnosis.verdict].word}{f' ({sure})' if sure else ''}"
    return f"{word}: {as_charted(diagnosis.reason, run.unit)}\nSee it: {APP} {shlex.quote(str(run_dir.parent))}"


def _range(expected: Effect) -> str:
    return f"{expectation(expected.median)} (in 80% of cases {spread(expected.low, expected.high)})"


def _of_prediction(expected: Effect | None, result: Outcome) -> str:
    if expected is None:
        return ""
    held = expected.low <= result.difference <= expected.high
    if result.word_beside(expected) == HELPED_LESS:
        return f" Predicted was {_range(expected)}."
    return f" The prediction, {_range(expected)}, {'held' if held else 'did not hold'}."


def short(folder: Path) -> str:
    """The folder from where the person stands, when it lies below."""
    here = Path.cwd()
    return str(folder.relative_to(here) if folder.is_relative_to(here) else folder)
