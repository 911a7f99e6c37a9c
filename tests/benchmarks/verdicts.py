"""Verdicts: how often they are right, beside every rival that can be run. Prints the tables; --write records them.

python -m tests.benchmarks.verdicts [--data FILE] [--write]

FILE holds labeled histories as rows of {name, label, train, val}; without it, only generated ones are measured.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diagnostics import Curve, Verdict, diagnose
from tests.benchmarks import calibration, forecasts
from tests.benchmarks.families import FAMILIES, History, generate
from tests.benchmarks.record import record
from tests.benchmarks.replay import overfitting_so_far
from tests.benchmarks.rivals import rivals, textbook
from tests.benchmarks.scores import load, replay, score, watch

Values = NDArray[np.float64]
CUTS = (50, 20, 13)


def fitwatch(train: Values, val: Values) -> bool:
    """The rule of this repository."""
    return diagnose(train, val).verdict == Verdict.OVERFITTING


def fitwatch_live(train: Values, val: Values) -> NDArray[np.bool_]:
    """The same for every prefix, in one pass."""
    return overfitting_so_far(Curve.of(train), Curve.of(val))


def detectors_table(histories: Sequence[History]) -> list[str]:
    """Precision, recall and macro F1 on whole curves, macro F1 on thinned ones, and the behavior while watched."""
    columns = "".join(f" {points} points |" for points in CUTS)
    rows = [
        f"| detector | precision | recall | macro F1 |{columns} healthy runs flagged live | delay | µs a run |",
        "|---|---|---|---|" + "---|" * len(CUTS) + "---|---|---|",
    ]
    thin = {points: [history.thinned(points) for history in histories] for points in CUTS}
    for name, detector in {"**fitwatch**": fitwatch, **rivals()}.items():
        whole = score(detector, histories)
        cuts = "".join(f" {score(detector, thin[points]).macro_f1:.3f} |" for points in CUTS)
        live = watch(fitwatch_live if detector is fitwatch else replay(detector), thin[50])
        rows.append(
            f"| {name} | {whole.precision:.3f} | {whole.recall:.3f} | {whole.macro_f1:.3f} |{cuts} "
            f"{live.false_alarms} of {live.healthy} | {live.delay:.0f} | {whole.micros:.0f} |"
        )
    live = watch(fitwatch_live, histories)
    points = round(float(np.mean([len(history.val) for history in histories])))
    overfit = sum(history.overfit for history in histories)
    return [
        f"{len(histories)} simulated histories of {points} epochs, {overfit} of them overfitting. The live columns are "
        f"replayed on the curves thinned to 50 points; delay is in points from validation's lowest. Replayed over all "
        f"{points} epochs, fitwatch flags {live.false_alarms} of {live.healthy} healthy runs, after a median "
        f"{live.delay:.0f} epochs ({live.delay / points:.0%} of the training).",
        "",
        *rows,
    ]


def families_table() -> list[str]:
    """Macro F1 and healthy runs flagged live, for each generated family."""
    rows = [
        "| family | fitwatch | flagged live | at 20 points | textbook check | flagged live |",
        "|---|---|---|---|---|---|",
    ]
    for name in FAMILIES:
        histories = list(generate(name))
        thin = [history.thinned(20) for history in histories]
        ours, theirs = watch(fitwatch_live, histories), watch(replay(textbook), histories)
        rows.append(
            f"| {name.replace('_', ' ')} | {score(fitwatch, histories).macro_f1:.3f} | "
            f"{ours.false_alarms} of {ours.healthy} | {score(fitwatch, thin).macro_f1:.3f} | "
            f"{score(textbook, histories).macro_f1:.3f} | {theirs.false_alarms} of {theirs.healthy} |"
        )
    return [
        "40 histories of 100 epochs a family, every second one overfitting (`tests/benchmarks/families.py`).",
        "",
        *rows,
    ]


def speed_lines() -> list[str]:
    """How long 1,000 runs of 1,000 epochs take, and one more point of one of them."""
    runs = [(Curve.of(h.train), Curve.of(h.val)) for h in generate("noisy", 1000, points=1000)]
    started = time.process_time()
    for train, val in runs:
        diagnose(train, val)
    spent = time.process_time() - started
    return [
        f"{len(runs):,} runs of 1,000 epochs take {spent:.2f} s of one core, so one more point of one run "
        f"{spent / len(runs) * 1e3:.2f} ms."
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and record when asked."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.verdicts", description=__doc__)
    parser.add_argument("--data", type=Path, help="labeled histories, .json or .json.gz")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/")
    options = parser.parse_args(arguments)
    if options.data is not None and not options.data.is_file():
        print(f"{options.data} is no file; give labeled histories, or leave --data out", file=sys.stderr)
        return 2
    if options.write and options.data is None:
        parser.error("--write needs --data; without it, the tables on labeled histories would be lost")
    histories = load(options.data) if options.data is not None else []
    blocks = [detectors_table(histories)] if histories else []
    blocks += [families_table(), calibration.table(histories)]
    blocks += [forecasts.table(histories)] if histories else []
    blocks += [speed_lines()]
    record("method.md", "verdicts", "\n\n".join("\n".join(block) for block in blocks), write=options.write)
    return 0


if __name__ == "__main__":
    sys.exit(main())
