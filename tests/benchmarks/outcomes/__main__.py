"""Verdicts against outcomes: how often they are right, beside every rival. Prints the tables; --write records them.

python -m tests.benchmarks.outcomes [--runs N | --quick] [--corpus FILE] [--write]
python -m tests.benchmarks.outcomes --data FILE [FILE ...] [--write]

The first trains small networks, labels them by their test loss, and reports on data sets that no rule was fitted on;
the corpus is kept in a FILE for the next time. The second reports on labeled trainings of others.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.outcomes import corpus
from tests.benchmarks.outcomes.cases import Case, cases, clear, load
from tests.benchmarks.outcomes.datasets import DATASETS, DEVELOPMENT
from tests.benchmarks.outcomes.table import report, verdicts_table
from tests.benchmarks.record import record

RUNS, QUICK = 6000, 240


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and record when asked."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.outcomes", description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS, help=f"how many networks to train (default {RUNS})")
    parser.add_argument("--quick", action="store_const", dest="runs", const=QUICK, help=f"train {QUICK} networks")
    parser.add_argument("--corpus", type=Path, help="where the trained corpus is kept; read if it is there")
    parser.add_argument("--data", type=Path, nargs="+", help="labeled trainings of others, JSON or JSON lines")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/")
    options = parser.parse_args(arguments)
    missing = [path for path in options.data or [] if not path.is_file()]
    if missing:
        print(f"{missing[0]} is no file; give labeled trainings, or leave --data out", file=sys.stderr)
        return 2
    if options.data:
        text, name = "\n\n".join(others_report(load(path)) for path in options.data), "outcomes of others"
    else:
        text, name = corpus_report(corpus_rows(options.runs, options.corpus)), "outcomes"
    record("method.md", name, text, write=options.write)
    return 0


def others_report(every: Sequence[Case]) -> str:
    """The tables of a file."""
    labeled = clear(every)
    sources = sorted({case.source for case in labeled if case.source})
    origin = f"Published by {' and '.join(sources)}: " if sources else "Labeled by their authors: "
    return f"{origin}{summary(labeled)}\n\n{report(labeled)}"


def corpus_report(rows: Sequence[corpus.Row]) -> str:
    """The tables of the data sets that no rule was fitted on."""
    every = [case for case in cases(rows) if case.workload not in DEVELOPMENT]
    reported = clear(every)
    head = (
        f"{summary(reported)} {len(rows):,} networks were trained; these are the ones with a clear label on the "
        f"{len(DATASETS) - len(DEVELOPMENT)} of {len(DATASETS)} data sets that no rule was fitted on."
    )
    return "\n\n".join([head, report(reported), "\n".join(verdicts_table(every))])


def corpus_rows(runs: int, path: Path | None) -> list[corpus.Row]:
    """The corpus, from its file where there is one."""
    if path is not None and path.is_file():
        return corpus.load(path)
    rows = []
    for row in corpus.build(runs):
        rows.append(row)
        if len(rows) % 400 == 0:
            print(f"{len(rows):,} of {runs:,} networks trained", file=sys.stderr, flush=True)
    if path is not None:
        corpus.save(rows, path)
    return rows


def summary(reported: Sequence[Case]) -> str:
    """One sentence on what the tables count."""
    points = [len(case.val) for case in reported]
    overfit = sum(bool(case.overfit) for case in reported)
    text = f"{len(reported):,} training{'s' if len(reported) != 1 else ''}, {overfit:,} overfitting"
    return f"{text}; {min(points)} to {max(points)} evaluations each." if points else f"{text}."


if __name__ == "__main__":
    sys.exit(main())
