"""python -m trainer try: prove what is recommended for a run by training it again with that one change."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from diagnostics.report.changes import change
from diagnostics.trials.ledger import LEDGER
from diagnostics.trials.trial_file import Kind
from trainer import PROGRAM
from trainer.processes.command import Command
from trainer.terminal import Terminal
from trainer.trials.parent import Parent, TryError
from trainer.trials.proposal import Proposal, proposals
from trainer.trials.repeat import finished, not_repeated, repeated
from trainer.trials.start import next_proposal
from trainer.trials.terminal import add_common, carry_out, command_of, parent_of, short, tell


def main(arguments: Sequence[str]) -> None:
    """Make one trial, watch it and say what came of it. Raises ``TrainerError``."""
    options = parser().parse_args(arguments)
    parent, console = parent_of(options), Terminal()
    command = command_of(options, parent)
    kind: Kind = "branch" if options.branch else "full"
    if command is not None and options.branch:
        raise TryError(
            "--branch needs the trainer's own best.pt, which other programs do not write; leave it out with --command"
        )
    if options.branch and options.seeds > 1:
        raise TryError("--branch only ranks doses, so that other seeds would prove nothing; leave out one of the two")
    proposal = proposals(parent, options.lever)[0] if options.lever else None
    folder = _to_repeat(parent, proposal, options.seeds)
    if folder is None:
        proposal = proposal or _next(parent, kind, command)
        folder = _tried(parent, proposal, kind, command, console)
    if folder is not None and options.seeds > 1:
        over = repeated(parent, folder, options, command, console)
        folder = None if over is None else folder
        console.print("" if over is None else over.sentence)
    if folder is None:
        return
    console.print(f"Recorded in {short(parent.folder.parent / LEDGER)}; the trial is {short(folder)}.")
    parent = parent_of(options)  # with what the ledger learned
    if not options.lever and (more := _left(parent, kind, command)) is not None:
        console.print(f"Run the same command again to try {change(more.change(parent))}.")


def _to_repeat(parent: Parent, proposal: Proposal | None, seeds: int) -> Path | None:
    """The finished trial that other seeds are wanted of: that of the proposal, or the last one."""
    if seeds == 1:
        return None
    return not_repeated(parent, seeds) if proposal is None else finished(parent, proposal, "full")


def _tried(parent: Parent, proposal: Proposal, kind: Kind, command: Command | None, console: Console) -> Path | None:
    """The folder of the trial, made, watched and settled; None for one that was stopped."""
    if kind == "branch":
        proposal = replace(proposal, expected=None)  # what was measured are trials of full length
    tell(parent, proposal, console)
    done = carry_out(parent, proposal, kind, command, console)
    if done.state == "failed":
        raise TryError(done.message)
    console.print(done.message)
    if done.state == "stopped":
        return None
    if kind == "branch":
        console.print("A branch only ranks doses. To confirm an effect, run a trial of full length.")
    return done.folder


def _left(parent: Parent, kind: Kind, command: Command | None) -> Proposal | None:
    """What comes next, if anything does."""
    try:
        return _next(parent, kind, command)
    except TryError:
        return None


def _next(parent: Parent, kind: Kind, command: Command | None) -> Proposal:
    return next_proposal(parent, kind=kind, fields=None if command is None else command.fields)


def parser() -> argparse.ArgumentParser:
    """The options of ``try``."""
    about = (
        "Train a run again with one recommended change, the same seed and all other settings unchanged, and report "
        "whether it helped. Run it again to try the next dose. Ctrl-C stops the trial; the same command "
        "continues it, or with --command tries it again."
    )
    options = argparse.ArgumentParser(f"{PROGRAM} try", description=about, allow_abbrev=False)
    add_common(options)
    options.add_argument(
        "--lever", metavar="NAME", action="append", default=[], help="apply only this recommendation; can be repeated"
    )
    options.add_argument(
        "--branch",
        action="store_true",
        help="quick: a fifth of the length from the best weights on, next to an unchanged control; only ranks doses",
    )
    return options
