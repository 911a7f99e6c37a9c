"""Programs that nobody here wrote, each with one callback added: python -m tests.benchmarks.public_programs FOLDER.

FOLDER has a log for each, as a training wrote it with ``EpochLog`` or with a callback of ``fitwatch``. A row says what
is read of one; anything that is not known would have to be asked of the person.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from diagnostics import Run, Verdict, open_logs, setup_of
from diagnostics.report.results import judged
from diagnostics.run_diagnosis import RunDiagnosis

COLUMNS = ("run", "verdict", "optimizer", "strengths", "steps an epoch", "architecture", "to be asked")


def row(run: Run, diagnosis: RunDiagnosis, logdir: Path) -> dict[str, Any]:
    """What is known of one training; ``to be asked`` names what is not."""
    setup = setup_of(run, logdir)
    steps = None
    if setup.steps is not None:
        steps = "counts steps" if setup.epochs is None else f"{setup.steps[-1] / setup.epochs[-1]:.0f}"
    known = {
        "verdict": None if diagnosis.verdict is Verdict.NO_VALIDATION else diagnosis.verdict.value,
        "optimizer": setup.optimizer if setup.momentum is not None and setup.lr is not None else None,
        "strengths": ", ".join(f"{name} {value:.2g}" for name, value in setup.strengths.items()) or None,
        "steps an epoch": steps,
        "architecture": setup.architecture,
    }
    asked = [name for name, value in known.items() if value is None]
    return {"run": run.name, **known, "to be asked": ", ".join(asked) or "nothing"}


def table(logdir: Path) -> list[dict[str, Any]]:
    """A row for each run of a folder."""
    return [row(run, diagnosis, logdir) for run, diagnosis in judged(open_logs(logdir))]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the rows as a Markdown table, and how many programs leave nothing to be asked."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.public_programs", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="a folder with a log for each program")
    folder = parser.parse_args(arguments).folder
    if not folder.is_dir():
        parser.error(f"there is no folder {folder}; give that of the logs, without which there is nothing to measure")
    rows = table(folder)
    print(*(f"| {' | '.join(cells)} |" for cells in (COLUMNS, ["---"] * len(COLUMNS))), sep="\n")
    for cells in rows:
        print(f"| {' | '.join(str(cells[name]) for name in COLUMNS)} |")
    print(f"\n{sum(cells['to be asked'] == 'nothing' for cells in rows)} of {len(rows)} leave nothing to be asked.")


if __name__ == "__main__":
    main()
