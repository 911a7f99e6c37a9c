"""Next command: what to type about the runs of a folder: a trial, or what makes one possible."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from diagnostics.commands import TRY
from diagnostics.logs.framework import framework_of
from diagnostics.logs.run import Run
from diagnostics.recommend import GivenSetup
from diagnostics.recommend.from_ledger import EPOCHS
from diagnostics.report.advice import CHECKS, next_change, next_levers
from diagnostics.report.results import Advice, Advised, Result, on_their_own, worst_first

BY_PROGRAM = " --command 'python train.py "  # stands for how a person starts the program
BY_COMMAND = TRY + " {run}{known}" + BY_PROGRAM + "{flags} --logdir {{logdir}}'"


def next_command(
    results: Iterable[Result], advice: Advice, *, logdir: str, program: str, given: GivenSetup | None = None
) -> str:
    """What to type about the run that needs it most; empty where there is nothing.

    That is a trial, for which a run of another program needs the command that trains it. While a strength is not
    known, it is what shows the change as code. ``given`` is what a person says of all runs.
    """
    for run, _ in worst_first(on_their_own(list(results), advice)):
        advised = advice.get(run.name, Advised())
        if advised.confirmed is None and next_change(advised):
            return _of_run(run, folder_of(run.name, logdir), advised, program, given or GivenSetup())
    return ""


def _of_run(run: Run, folder: str, advised: Advised, program: str, given: GivenSetup) -> str:
    own = "://" not in folder and Path(folder, "status.json").is_file()
    due = advised.step.change
    levers = [each.lever for each in next_levers(advised)] if due is None else list(due.strengths)
    chosen = "" if due is not None else f" --lever {levers[0]}"
    if own:
        return f"{TRY} {shlex.quote(folder)}{chosen}"
    known = all(value is not None for value in due.strengths.values()) if due is not None else False
    if "://" in folder or not known or EPOCHS in levers:
        return f"{program} {shlex.quote(folder)} --code {framework_of(run) or 'pytorch'}"
    return by_command(folder, levers, given)


def by_command(run: str, levers: Sequence[str], given: GivenSetup) -> str:
    """The line that makes a trial of a run of another program, with what a person told of it."""
    flags = " ".join(f"--{name.replace('_', '-')} {{{name}}}" for name in levers)
    options = [
        f" --{name.replace('_', '-')} {value if isinstance(value, str) else f'{value:g}'}"
        for name, value in asdict(given).items()
        if isinstance(value, str | float | int)
    ]
    options += [f" --now {name}={strength:g}" for name, strength in given.strengths]
    return BY_COMMAND.format(run=shlex.quote(run), known="".join(options), flags=flags)


def first_check(results: Iterable[Result], advice: Advice) -> tuple[str, str] | None:
    """The worst run and what to look at in it, where that comes before any change of a strength."""
    for run, diagnosis in worst_first(on_their_own(list(results), advice))[:1]:
        if diagnosis.verdict in CHECKS and not next_change(advice.get(run.name, Advised())):
            return run.name, CHECKS[diagnosis.verdict]
    return None


def folder_of(name: str, logdir: str) -> str:
    """What to open for one run: its own folder, or ``logdir`` where it has none."""
    folder = logdir if name == "." else f"{logdir.rstrip('/')}/{name}"
    return folder if "://" in folder or Path(folder).is_dir() else logdir
