"""python -m trainer try: prove what is recommended for a run by training it again with that one change."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace

from rich.console import Console

from diagnostics.trials.ledger import LEDGER
from diagnostics.trials.trial_file import Kind
from trainer import PROGRAM
from trainer.command import Command
from trainer.trials.parent import Parent, TryError
from trainer.trials.proposal import Proposal, proposals
from trainer.trials.start import next_proposal
from trainer.trials.terminal import add_common, carry_out, command_of, in_words, parent_of, short, tell


def main(arguments: Sequence[str]) -> None:
    """Make one trial, watch it and say what came of it. Raises ``TrainerError``."""
    options = parser().parse_args(arguments)
    parent, console = parent_of(options), Console(soft_wrap=True, highlight=False)
    command = command_of(options, parent)
    kind: Kind = "branch" if options.branch else "full"
    if command is not None and options.branch:
        raise TryError("--branch goes on from our own best.pt, which no other program has; leave it out with --command")
    proposal = proposals(parent, options.lever)[0] if options.lever else _next(parent, kind, command)
    if kind == "branch":
        proposal = replace(proposal, expected=None)  # what was measured are trials of full length
    tell(parent, proposal, console)
    done = carry_out(parent, proposal, kind, command, console)
    if done.state == "failed":
        raise TryError(done.message)
    console.print(done.message)
    if done.state == "stopped":
        return
    if kind == "branch":
        console.print("A branch ranks doses; it does not prove an effect. Prove it by a trial of full length.")
    console.print(f"Written to {short(parent.folder.parent / LEDGER)}; the trial is {short(done.folder)}.")
    if not options.lever and (more := _left(parent, kind, command)) is not None:
        console.print(f"The same command now tries {in_words(more.change(parent))}.")


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
        "Train a run again with the change that is recommended for it, the seed and all else as it was, and say "
        "whether that helped. Called again, it tries the next dose. Ctrl-C stops it in order; the same command goes on."
    )
    options = argparse.ArgumentParser(f"{PROGRAM} try", description=about, allow_abbrev=False)
    add_common(options)
    options.add_argument(
        "--lever", metavar="NAME", action="append", default=[], help="of the recommendations, only this; repeatable"
    )
    options.add_argument(
        "--branch",
        action="store_true",
        help="quicker: from the best weights on for a fifth of the length, beside an unchanged control; ranks doses",
    )
    return options
