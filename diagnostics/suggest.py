"""Suggest: ``python -m diagnostics.suggest`` names strengths to start a training with, before any run."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence

from rich.console import Console

from diagnostics.commands import SUGGEST
from diagnostics.recommend.prior import PlannedRun, prior
from diagnostics.recommend.recommendation import Recommendation
from diagnostics.recommend.setup import ARCHITECTURES, OPTIMIZERS, SetupError
from diagnostics.recommend.snippets import FRAMEWORKS, snippets_of
from diagnostics.report.words import lever_name
from diagnostics.setup_options import positive, share

LARGEST = 1e18


def main(arguments: Sequence[str] | None = None) -> int:
    """0, or 2 where something must be changed."""
    options = parser().parse_args(arguments)
    try:
        run = PlannedRun(
            samples=options.samples,
            batch_size=options.batch_size,
            lr=options.lr,
            epochs=options.epochs,
            parameters=options.parameters,
            optimizer=options.optimizer,
            momentum=options.momentum,
            architecture=options.architecture,
        )
    except SetupError as error:
        print(f"{SUGGEST}: {error}", file=sys.stderr)
        return 2
    starts = prior(run)
    if options.json:
        json.dump(as_json(run, starts), sys.stdout, indent=1, allow_nan=False)
        print()
        return 0
    console = Console(soft_wrap=True, highlight=False)
    for line in (snippets_of(starts).get(options.code, ""),) if options.code else as_lines(run, starts):
        console.print(line, markup=False)
    return 0


def as_lines(run: PlannedRun, starts: Iterable[Recommendation]) -> list[str]:
    """What to start with, for a person."""
    lines = [f"Before any run of {run.steps:,.0f} steps ({run.epochs:g} epochs of {run.steps_per_epoch:,} steps):"]
    for start in starts:
        lines += ["", _headline(start), f"  {start.why}", f"  Source: {start.source}."]
    return [*lines, "", "A start, not the end: after a run, its verdict gives a dose that was measured on it."]


def as_json(run: PlannedRun, starts: Iterable[Recommendation]) -> dict[str, object]:
    """The same for a program."""
    return {
        "schema": 1,
        "run": {**vars(run), "steps_per_epoch": run.steps_per_epoch, "steps": run.steps},
        "starts": [start.as_json() for start in starts],
    }


def _headline(start: Recommendation) -> str:
    if start.suggested is None or start.range is None:
        return lever_name(start.lever) if start.lever != "nothing" else "no strength"
    return f"{lever_name(start.lever)} {start.suggested:.3g} ({start.range[0]:.3g} to {start.range[1]:.3g})"


def parser() -> argparse.ArgumentParser:
    """The options of ``suggest``."""
    about = "Strengths to start a training with, from its data, its network and its optimizer alone."
    options = argparse.ArgumentParser(SUGGEST, description=about, allow_abbrev=False)
    options.add_argument(
        "--samples", metavar="N", type=count, required=True, help="training samples; tokens of a language model"
    )
    options.add_argument("--batch-size", metavar="N", type=count, required=True, help="samples (tokens) a step")
    options.add_argument("--lr", metavar="RATE", type=positive, required=True, help="mean learning rate")
    options.add_argument("--epochs", metavar="N", type=positive, required=True, help="passes over the samples")
    options.add_argument("--parameters", metavar="N", type=count, help="of the network, such as 1.2e6; for one pass")
    options.add_argument("--optimizer", choices=OPTIMIZERS, default="adamw", help="how weight decay acts (%(default)s)")
    options.add_argument("--momentum", metavar="N", type=share, help="of sgd")
    options.add_argument("--architecture", choices=ARCHITECTURES, help="kind of network")
    shown = options.add_mutually_exclusive_group()
    shown.add_argument("--json", action="store_true", help="print everything as JSON")
    shown.add_argument("--code", choices=FRAMEWORKS, help="print the code that sets the strengths instead")
    return options


def count(text: str) -> int:
    """A whole number above 0, as ``60000`` or ``1.2e6``, for argparse."""
    number = positive(text.replace(",", "").replace("_", ""))
    if number != int(number) or number > LARGEST:
        raise argparse.ArgumentTypeError(f"found {text!r}; give a whole number, such as 60000 or 1.2e6")
    return int(number)


if __name__ == "__main__":
    sys.exit(main())
