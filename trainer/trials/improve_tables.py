"""Improve's tables: what each trial bought, and what each way to use the runs is worth; for a terminal and a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rich.table import Table
from rich.text import Text

from diagnostics.report.changes import new_strengths
from trainer.trials.improve import TriedDose
from trainer.trials.parent import Parent

if TYPE_CHECKING:
    from trainer.fit.best_weights.combination import Combination, Use

NAMES = {
    "plain": "as it is",
    "single": "best run",
    "calibrated": "best with T",
    "ensemble": "ensemble with T",
}
RUN_HEADINGS = ("Run", "Change", "Best val", "Difference", "Last epoch", "Verdict", "Outcome")
USE_HEADINGS = ("Use", "Runs", "T", "Val loss", "Held out", "Test loss", "Accuracy")


def run_table(parent: Parent, doses: Sequence[TriedDose], best: Path) -> Table:
    """What was tried and what it bought, the run itself first; the best one in bold."""
    folders = [parent.folder, *(dose.folder for dose in doses)]
    styles = ["bold" if folder == best else "" for folder in folders]
    rows = []
    for name, change, value, difference, last, *rest in _run_rows(parent, doses):
        both = f"{difference}\nlast {last}" if last else difference
        rows.append((name, change.replace(", ", "\n"), value, both, *rest))
    headings = [heading for heading in RUN_HEADINGS if heading != "Last epoch"]
    return _as_table(headings, rows, styles, right=("Best val", "Difference"), fold=("Run", "Outcome"))


def use_table(combination: Combination) -> Table:
    """The four ways to use the runs, side by side."""
    rows = [(use, runs.replace(" + ", "\n"), *rest) for use, runs, *rest in _use_rows(combination)]
    return _as_table(USE_HEADINGS, rows, [""] * len(NAMES), right=USE_HEADINGS[2:], fold=("Runs",))


def run_markdown(parent: Parent, doses: Sequence[TriedDose]) -> str:
    """The first table for a file."""
    return _markdown(RUN_HEADINGS, _run_rows(parent, doses))


def use_markdown(combination: Combination) -> str:
    """The second table for a file."""
    return _markdown(USE_HEADINGS, _use_rows(combination))


def members_of(use: Use) -> str:
    """``2 x exp + exp-try-1``."""
    return " + ".join(name if count == 1 else f"{count} x {name}" for name, count in use.members.items())


def _run_rows(parent: Parent, doses: Sequence[TriedDose]) -> list[tuple[str, ...]]:
    best, verdict = parent.diagnosis.best, parent.diagnosis.verdict
    value = "" if best is None else f"{best.value:.4g}"
    return [
        (parent.name, "", value, "", "", verdict.value, ""),
        *((dose.folder.name, new_strengths(dose.trial.change), *_outcome_cells(dose)) for dose in doses),
    ]


def _outcome_cells(dose: TriedDose) -> tuple[str, str, str, str, str]:
    """Best value, difference, that of the last epoch, verdict and outcome."""
    outcome = dose.outcome
    if outcome is None:
        return "", "", "", "", "failed"
    error = "" if outcome.error is None else f" ± {100 * outcome.error:.1f}"
    difference = f"{100 * outcome.difference:+.1f}{error} %"
    word = outcome.word_beside(dose.trial.expected)
    return f"{outcome.best[1]:.4g}", difference, f"{100 * outcome.last:+.0f} %", outcome.after.value, word


def _use_rows(combination: Combination) -> list[tuple[str, ...]]:
    return [
        (
            NAMES[name],
            members_of(use),
            f"{next(iter(use.temperatures.values())) if len(use.members) == 1 else use.temperature:.3g}",
            f"{use.loss:.4g}",
            f"{use.held_out:.4g}",
            "" if use.test_loss is None else f"{use.test_loss:.4g}",
            f"{use.accuracy if use.test_accuracy is None else use.test_accuracy:.1%}",
        )
        for name, use in combination.uses.items()
    ]


def _as_table(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    styles: Sequence[str],
    *,
    right: Sequence[str],
    fold: Sequence[str],
) -> Table:
    """In which only the columns to ``fold`` get narrower than what is in them."""
    table = Table(box=None, header_style="bold", padding=(0, 1), pad_edge=False)
    for heading in headings:
        justify: Literal["right", "left"] = "right" if heading in right else "left"
        least = 15 if heading == "Outcome" else None
        table.add_column(heading, justify=justify, overflow="fold", no_wrap=heading not in fold, min_width=least)
    for row, style in zip(rows, styles, strict=True):
        table.add_row(*map(Text, row), style=style)
    return table


def _markdown(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
