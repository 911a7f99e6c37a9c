"""python -m trainer improve: dose after dose, each checked by a trial, until more would not help."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace

from rich.console import Console

from diagnostics.report.changes import change
from trainer import PROGRAM
from trainer.errors import TrainerError
from trainer.options import positive_whole
from trainer.terminal import Terminal
from trainer.trials.improve import best_of, enough, tried_doses
from trainer.trials.improve_report import Report, write
from trainer.trials.improve_tables import run_table, use_table
from trainer.trials.parent import Parent, TryError
from trainer.trials.repeat import repeated
from trainer.trials.start import next_proposal, untried
from trainer.trials.terminal import add_common, carry_out, command_of, parent_of, short, tell

BUDGET = 3


def main(arguments: Sequence[str]) -> None:
    """Try the doses for a run one after another, and say what each of them bought. Raises ``TrainerError``."""
    options = parser().parse_args(arguments)
    parent, console = parent_of(options), Terminal()
    command = command_of(options, parent)
    patience = 2  # what failed before this was called may work by now; what fails in it does not
    fields = None if command is None else command.fields
    while not (why := enough(tried_doses(parent), options.budget)):
        try:
            proposal = next_proposal(parent, fields=fields, patience=patience)
        except TryError:
            if not tried_doses(parent):
                raise
            why = "every recommendation was tried"
            break
        if proposal.expected is not None and proposal.expected.low >= 0:
            why = f"in earlier trials here, changes like the next one ({change(proposal.change(parent))}) did not help"
            break
        tell(parent, proposal, console)
        done = carry_out(parent, proposal, "full", command, console)
        if done.state == "failed" and patience > 1:
            raise TryError(done.message)
        console.print(f"{done.message}\n")
        if done.state == "stopped":
            return
        patience = 1
        parent = parent_of(options)  # with what the ledger learned
    best = best_of(parent, tried_doses(parent))
    over = None
    if options.seeds > 1 and best != parent.folder:
        over = repeated(parent, best, options, command, console)
        if over is None:
            return
    tell_report(replace(report_of(parent, why, fields), over=over), console)


def report_of(parent: Parent, why: str, fields: Sequence[str] | None) -> Report:
    """What came of all trials of the run, and of putting them together where their weights can be asked."""
    report = Report(parent, tried_doses(parent), why, untried(parent, fields=fields))
    if parent.config is None:
        reason = f"they need the weights that Fitwatch's own trainer keeps, and {parent.name} is of another program"
        return replace(report, not_combined=reason)
    from trainer.fit.best_weights.combination import combine  # torch, which watching trials does not need

    folders = [parent.folder, *(dose.folder for dose in report.doses if dose.outcome is not None)]
    try:
        return replace(report, combination=combine(folders))
    except TrainerError as error:
        return replace(report, not_combined=str(error))


def tell_report(report: Report, console: Console) -> None:
    """Print the report and write it into the run's folder."""
    best = best_of(report.parent, report.doses)
    runs = run_table(report.parent, report.doses, best)
    console.print(f"Stopping: {report.why}.", runs, report.best_run(), sep="\n")
    if report.combination is not None:
        console.print("", use_table(report.combination), sep="\n")
    for sentence in filter(None, report.sentences):
        console.print(sentence)
    console.print(f"Written to {short(write(report))}.")


def parser() -> argparse.ArgumentParser:
    """The options of ``improve``."""
    about = (
        "Try the doses recommended for a run one after another, until one is confirmed and no longer overfits, or the "
        "budget is spent; then compare the results."
    )
    options = argparse.ArgumentParser(f"{PROGRAM} improve", description=about, allow_abbrev=False)
    add_common(options)
    options.add_argument(
        "--budget",
        metavar="N",
        type=positive_whole,
        default=BUDGET,
        help="stop when the run has N trials; those made before, also by 'try', count (%(default)s)",
    )
    return options
