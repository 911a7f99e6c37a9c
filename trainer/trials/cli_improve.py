"""python -m trainer improve: dose after dose, each checked by a trial, until more would not help."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from diagnostics.trials.outcome import Outcome
from diagnostics.trials.trial_file import Change
from trainer import PROGRAM
from trainer.options import positive_whole
from trainer.trials.improve import TriedDose, best_of, enough, tried_doses
from trainer.trials.parent import Parent, TryError
from trainer.trials.start import next_proposal
from trainer.trials.terminal import add_common, carry_out, command_of, parent_of, short, tell

BUDGET = 3


def main(arguments: Sequence[str]) -> None:
    """Try the doses for a run one after another, and say what each of them bought. Raises ``TrainerError``."""
    options = parser().parse_args(arguments)
    parent, console = parent_of(options), Console(soft_wrap=True, highlight=False)
    command = command_of(options, parent)
    patience = 2  # what failed before this was called may work by now; what fails in it does not
    while not (why := enough(tried_doses(parent), options.budget)):
        fields = None if command is None else command.fields
        try:
            proposal = next_proposal(parent, fields=fields, patience=patience)
        except TryError:
            if not tried_doses(parent):
                raise
            why = "every recommendation was tried"
            break
        tell(parent, proposal, console)
        done = carry_out(parent, proposal, "full", command, console)
        if done.state == "failed" and patience > 1:
            raise TryError(done.message)
        console.print(f"{done.message}\n")
        if done.state == "stopped":
            return
        patience = 1
        parent = parent_of(options)  # with what the ledger learnt
    doses = tried_doses(parent)
    console.print(f"Stopping: {why}.", as_table(parent, doses), _best(parent, doses), sep="\n")
    if calibrated := _best_calibrated(parent, doses):
        console.print(calibrated)


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
        help="largest number of trials of this run, earlier ones included (%(default)s)",
    )
    return options


def as_table(parent: Parent, doses: Sequence[TriedDose]) -> Table:
    """What was tried and what it bought, the run itself first; the best one in bold."""
    table = Table(box=None, header_style="bold", padding=(0, 1), pad_edge=False)
    table.add_column("Run", overflow="fold")
    table.add_column("Change", no_wrap=True)
    for heading in ("Best val", "Difference"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("Verdict", no_wrap=True)
    table.add_column("Outcome", min_width=15)
    best = best_of(parent, doses)
    value = "" if parent.diagnosis.best is None else f"{parent.diagnosis.best.value:.4g}"
    rows = [(parent.folder, "", value, "", parent.diagnosis.verdict.value, "")]
    rows += [(dose.folder, _change_lines(dose.trial.change), *_outcome_cells(dose.outcome)) for dose in doses]
    for folder, *cells in rows:
        table.add_row(*map(Text, (folder.name, *cells)), style="bold" if folder == best else "")
    return table


def _change_lines(change: Change) -> str:
    """To what, a line each."""
    return "\n".join(f"{name} {after:.3g}" for name, (_, after) in change.items() if after is not None)


def _outcome_cells(outcome: Outcome | None) -> tuple[str, str, str, str]:
    """Best value, difference with that of the last point below, verdict and outcome."""
    if outcome is None:
        return "", "", "", "failed"
    error = "" if outcome.error is None else f" ± {100 * outcome.error:.1f}"
    difference = f"{100 * outcome.difference:+.1f}{error} %\nlast {100 * outcome.last:+.0f} %"
    return f"{outcome.best[1]:.4g}", difference, outcome.after.value, outcome.word


def _best(parent: Parent, doses: Sequence[TriedDose]) -> str:
    best = next((dose for dose in doses if dose.folder == best_of(parent, doses)), None)
    if best is None:
        best_value = parent.diagnosis.best
        step = "" if best_value is None else f", with the weights of step {best_value.step}"
        return f"No dose did better than {short(parent.folder)}{step}."
    sure = best.outcome is not None and best.outcome.word == "confirmed"
    doubt = "" if sure else f", though not distinguishable from {parent.name}"
    return f"The best run is {short(best.folder)}{doubt}."


def _best_calibrated(parent: Parent, doses: Sequence[TriedDose]) -> str:
    """Which run is best once each has its temperature; empty where that was not logged."""
    outcomes = {dose.folder: dose.outcome.scaled for dose in doses if dose.outcome is not None}
    scaled = {folder: pair for folder, pair in outcomes.items() if pair is not None}
    if not scaled:
        return ""
    losses = {parent.folder: next(iter(scaled.values()))[0]} | {folder: pair[1] for folder, pair in scaled.items()}
    best = min(losses, key=lambda folder: losses[folder])
    beside = "" if best == parent.folder else f", beside {losses[parent.folder]:.4g} of {parent.name}"
    return (
        f"With one temperature each, {short(best)} is the best ({losses[best]:.4g}{beside}): "
        f"{PROGRAM} calibrate {short(best)}"
    )
