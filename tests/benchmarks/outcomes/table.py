"""Table: every detector's scores as Markdown, at the end of a training and while it is watched."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import get_args

import numpy as np

from diagnostics import Verdict
from tests.benchmarks.outcomes.cases import Case
from tests.benchmarks.outcomes.detectors import Live, detectors, diagnosed, probability
from tests.benchmarks.outcomes.labels import Outcome
from tests.benchmarks.outcomes.scores import Flags, Score, calibration, score, watch

LENGTHS = {"3-7": (3, 7), "8-20": (8, 20), "21-60": (21, 60), "over 60": (61, 10**9)}
SIZES = {"30-99": (1, 99), "100-299": (100, 299), "300 and more": (300, 10**9)}
WATCHED = 800  # cases that are replayed evaluation by evaluation, evenly spread
Answers = Mapping[str, Flags]


def report(cases: Sequence[Case]) -> str:
    """All tables of ``cases``."""
    everything = detectors()
    overfit = np.array([case.overfit for case in cases])
    answers = {name: np.array([detector(case) for case in cases]) for name, (detector, _) in everything.items()}
    blocks = [
        main_table(cases, answers, overfit, {name: live for name, (_, live) in everything.items()}),
        *parts_tables(cases, answers, overfit),
        calibration_table(cases, overfit),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def main_table(cases: Sequence[Case], answers: Answers, overfit: Flags, lives: Mapping[str, Live]) -> list[str]:
    """A row for each detector."""
    moderate = np.array([case.moderate for case in cases])
    lengths = np.array([len(case.val) for case in cases])
    groups = {name: (lengths >= low) & (lengths <= high) for name, (low, high) in LENGTHS.items()}
    groups = {name: inside for name, inside in groups.items() if inside.any()}
    heads = "".join(f" {name} evaluations |" for name in groups)
    watched = [case for case in cases[:: max(1, len(cases) // WATCHED)] if len(case.val) >= 8]
    rows = [
        f"| detector | macro F1 | found | false alarms | rises of 5-20 % found |{heads} false alarms live | delay |",
        "|---|---|---|---|---|" + "---|" * len(groups) + "---|---|",
    ]
    for name, flags in answers.items():
        whole, live = score(flags, overfit), watch(lives[name], watched)
        found = f"{flags[moderate].mean():.0%}" if moderate.any() else ""
        cells = "".join(f" {score(flags[inside], overfit[inside]).macro_f1:.3f} |" for inside in groups.values())
        delay = f"{live.delay:.0%}" if np.isfinite(live.delay) else "never"
        rows.append(f"| {name} | {_cells(whole)} | {found} |{cells} {live.false_alarms} of {live.others:,} | {delay} |")
    return rows


def parts_tables(cases: Sequence[Case], answers: Answers, overfit: Flags) -> Iterator[list[str]]:
    """Macro F1 of the main detectors by validation samples and by data set."""
    shown = [name for name in ("**fitwatch**", "scales", "textbook check", "val 5 % above its best") if name in answers]

    def table(title: str, key: Callable[[Case], str | None], order: Sequence[str]) -> list[str]:
        keys = np.array([key(case) or "" for case in cases])
        rows = [
            f"| {title} | trainings | overfit | fitwatch found | false alarms |"
            + "".join(f" {name} |" for name in shown),
            "|---|---|---|---|---|" + "---|" * len(shown),
        ]
        for name in order:
            inside = keys == name
            if not inside.any():
                continue
            own = score(answers[shown[0]][inside], overfit[inside])
            cells = "".join(f" {score(answers[other][inside], overfit[inside]).macro_f1:.3f} |" for other in shown)
            found = f"{own.recall:.0%}" if overfit[inside].any() else ""
            rows.append(
                f"| {name.replace('_', ' ')} | {inside.sum()} | {overfit[inside].sum()} | {found} | "
                f"{own.false_alarms} of {own.others:,} |{cells}"
            )
        return rows

    if any(case.val_samples for case in cases):
        yield table("validation samples", _size, list(SIZES))
    if len({case.workload for case in cases}) > 1:
        yield table("data set", lambda case: case.workload, sorted({case.workload for case in cases}))


def calibration_table(cases: Sequence[Case], overfit: Flags) -> list[str]:
    """Stated chances against how often the trainings overfit."""
    chances = np.array([probability(case) for case in cases])
    measured = calibration(chances, overfit)
    rows = ["| stated chance of overfitting | trainings | mean stated | overfit |", "|---|---|---|---|"]
    for count, mean, share in measured.bins:
        low = min(int(mean * 10), 9) / 10
        rows.append(f"| {low:.1f}-{low + 0.1:.1f} | {count:,} | {mean:.2f} | {share:.2f} |")
    note = f"Expected calibration error {measured.error:.3f}. What is stated with 0.9 or more, either way, is right in "
    return [f"{note}{measured.sure:.1%}.", "", *rows]


def verdicts_table(cases: Sequence[Case]) -> list[str]:
    """Which verdict each outcome gets; here the trainings without a clear label count, too."""
    given = [diagnosed(case).verdict for case in cases]
    verdicts = [verdict for verdict in Verdict if verdict in given]
    rows = [
        "| outcome | trainings |" + "".join(f" {verdict} |" for verdict in verdicts),
        "|---|---|" + "---|" * len(verdicts),
    ]
    for outcome in get_args(Outcome):
        own = [verdict for verdict, case in zip(given, cases, strict=True) if case.outcome == outcome]
        cells = "".join(f" {own.count(verdict) or ''} |" for verdict in verdicts)
        rows += [f"| {outcome.replace('_', ' ')} | {len(own)} |{cells}"] if own else []
    return rows


def _cells(result: Score) -> str:
    return f"{result.macro_f1:.3f} | {result.recall:.0%} | {result.false_alarms} of {result.others:,}"


def _size(case: Case) -> str | None:
    samples = case.val_samples or 0
    return next((name for name, (low, high) in SIZES.items() if low <= samples <= high), None)
