"""Left out: is the verdict as right on published trainings that its formula has not seen? --write records the table.

python -m tests.benchmarks.left_out CORPUS PUBLISHED [--write]

CORPUS is what `python -m tests.benchmarks.outcomes --corpus CORPUS` trains, of which the data sets kept for reports are
left out; PUBLISHED has published trainings with a `test_rise`. The formulas are fitted anew, without the trainings that
they judge, and everything else of the verdict is as it is.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from diagnostics import Verdict, probability
from diagnostics.probability import Formula, Kind
from tests.benchmarks.fit_verdict import REPORTING, Example, examples, fit, read
from tests.benchmarks.outcomes.cases import Case, clear, load
from tests.benchmarks.outcomes.detectors import diagnosed
from tests.benchmarks.outcomes.scores import calibration, score
from tests.benchmarks.record import record

Formulas = Mapping[tuple[Kind, bool], Formula]
Values = NDArray[np.float64]
KINDS: tuple[Kind, ...] = ("loss", "other unit")


def table(own: Sequence[Example], published: Sequence[Example], cases: Sequence[Case]) -> str:
    """A row for the product's formula, for one fitted on our own networks alone, and for one without each workload."""
    workloads = np.array([case.workload for case in cases])
    apart = np.zeros((len(cases), 2))
    for workload in np.unique(workloads):
        others = [example for example in published if example.workload != workload]
        inside = np.flatnonzero(workloads == workload)
        apart[inside] = judge([cases[place] for place in inside], formulas([*own, *others]))
    rows = [
        "| the verdict's formula is fitted on | macro F1 | found | false alarms | rises of 5-20 % found | calibration "
        "error | stated with 0.9 or more: right |",
        "|---|---|---|---|---|---|---|",
        _row("our own and the published trainings, as in the product", cases, judge(cases, {})),
        _row("our own trainings alone", cases, judge(cases, formulas(own))),
        _row("both, without the workload that is judged", cases, apart),
    ]
    return "\n".join(rows)


def formulas(rows: Sequence[Example]) -> Formulas:
    """Those for a validation loss of which nobody knows the number of samples."""
    return {(kind, False): Formula(*fit(rows, kind, samples_known=False)) for kind in KINDS}


def judge(cases: Sequence[Case], fitted: Formulas) -> Values:
    """Is each said to overfit, and with which chance, with ``fitted`` in place of the verdict's own formulas?"""
    with patch.dict(probability.FORMULAS, fitted):
        diagnoses = [diagnosed(case) for case in cases]
    return np.array([(each.verdict is Verdict.OVERFITTING, each.probability or 0.0) for each in diagnoses])


def _row(label: str, cases: Sequence[Case], answers: Values) -> str:
    said, chances = answers[:, 0] > 0, answers[:, 1]
    overfit = np.array([bool(case.overfit) for case in cases])
    moderate = np.array([case.moderate for case in cases])
    right, stated = score(said, overfit), calibration(chances, overfit)
    small = f"{said[moderate].mean():.0%}" if moderate.any() else ""
    return (
        f"| {label} | {right.macro_f1:.3f} | {right.recall:.0%} | {right.false_alarms} of {right.others} | {small} | "
        f"{stated.error:.3f} | {stated.sure:.1%} |"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit, judge, print, and record when asked."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.left_out", description=__doc__)
    parser.add_argument("corpus", type=Path, help="trainings of our own, JSON lines, gzipped or not")
    parser.add_argument("published", type=Path, help="published trainings, JSON lines, gzipped or not")
    parser.add_argument("--write", action="store_true", help="put the table into docs/")
    options = parser.parse_args(arguments)
    rows = [row for row in read([options.corpus]) if row["workload"] not in REPORTING]
    published = examples(read([options.published]))
    cases = clear(load(options.published))
    head = (
        f"{len(cases):,} published trainings, judged by formulas fitted on {len(rows):,} networks of "
        f"{len({row['workload'] for row in rows})} data sets of our own and {len({case.workload for case in cases})} "
        "published workloads:"
    )
    record("method.md", "left out", f"{head}\n\n{table(examples(rows), published, cases)}", write=options.write)
    return 0


if __name__ == "__main__":
    sys.exit(main())
