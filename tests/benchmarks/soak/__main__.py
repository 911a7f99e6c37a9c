"""Faults again and again, until a time is over: python -m tests.benchmarks.soak [--minutes 10] [--seed 0].

Trainings, searches, ``improve`` and the app are killed, stopped and moved, their files lost or damaged, their disk
filled and their clock set, in an order that the seed decides. After each scenario: weights and logged values are, bit
by bit, those of one that nobody disturbed; no end that was only inferred is written down; all files can be read, and
could be at any time; no process is left; every trial counts once.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from tests.benchmarks.record import record
from tests.benchmarks.soak import app, improving, invariants, searching, training

ROOT = Path(__file__).resolve().parents[3]
FAULTS = 3  # in one scenario


class Subject(NamedTuple):
    """What is disturbed: its faults, one scenario of them, and how to make what it is compared with."""

    faults: list[str]
    scenario: Callable[[Path, random.Random, object, list[str]], dict[str, str]]
    whole: Callable[[Path], object]


SUBJECTS: dict[str, Subject] = {
    "training": Subject(list(training.FAULTS), training.scenario, training.whole),  # type: ignore[arg-type]
    "tune": Subject(list(searching.FAULTS), searching.scenario, searching.whole),  # type: ignore[arg-type]
    "improve": Subject(list(improving.FAULTS), improving.scenario, improving.whole),  # type: ignore[arg-type]
    "improve --command": Subject(
        list(improving.FAULTS),
        improving.scenario_of_command,
        lambda folder: folder,  # type: ignore[arg-type]
    ),
    "app": Subject(list(app.FAULTS), app.scenario, lambda folder: folder),  # type: ignore[arg-type]
}


class Tally:
    """How often each fault was survived, and which could not be tried here."""

    def __init__(self) -> None:
        self.scenarios: Counter[str] = Counter()
        self.faults: Counter[tuple[str, str]] = Counter()
        self.skipped: dict[tuple[str, str], str] = {}

    def add(self, subject: str, faults: list[str], skipped: dict[str, str]) -> None:
        """One more scenario that held."""
        self.scenarios[subject] += 1
        self.faults.update((subject, fault) for fault in faults if fault not in skipped)
        self.skipped |= {(subject, fault): reason for fault, reason in skipped.items()}

    def table(self, minutes: float) -> str:
        """As Markdown."""
        lines = ["| disturbed | fault | times |", "|---|---|--:|"]
        lines += [f"| {subject} | {fault} | {times} |" for (subject, fault), times in sorted(self.faults.items())]
        lines += [f"| {subject} | {fault} | skipped: {why} |" for (subject, fault), why in sorted(self.skipped.items())]
        total, scenarios = sum(self.faults.values()), sum(self.scenarios.values())
        return "\n".join([*lines, "", f"{total} faults in {scenarios} scenarios and {minutes:.0f} minutes; all held."])


def dealt(faults: list[str], rng: random.Random) -> Iterator[str]:
    """The faults in an order of chance, each once before any comes again."""
    while True:
        yield from rng.sample(faults, len(faults))


def soak(minutes: float, seed: int, subjects: list[str], folder: Path) -> Tally:
    """Scenario after scenario, each subject in turn. Raises ``SoakError``, with what it was put through."""
    tally, rng, references = Tally(), random.Random(seed), dict[str, object]()
    order = {name: dealt(SUBJECTS[name].faults, rng) for name in subjects}
    until = time.monotonic() + 60 * minutes
    while time.monotonic() < until:
        for name in subjects:
            if time.monotonic() > until:
                break
            subject = SUBJECTS[name]
            if name not in references:
                references[name] = subject.whole(folder)
            scratch = folder / f"{name.split()[-1].strip('-')}-{tally.scenarios[name]}"
            scratch.mkdir()
            faults = [next(order[name]) for _ in range(FAULTS)]
            try:
                skipped = subject.scenario(scratch, rng, references[name], faults)
            except invariants.Skipped as reason:
                skipped = dict.fromkeys(faults, str(reason))
            tally.add(name, faults, skipped)
            shutil.rmtree(scratch)
    return tally


def prepare_environment() -> None:
    """Let what is started find the sources, a clock that can be set and a disk that can fail."""
    os.environ["PYTHONPATH"] = os.pathsep.join([str(training.FAULTY), str(ROOT)])


def end_in_order(_number: int, _frame: FrameType | None) -> None:
    """Ended from outside, leave no process, no disk and no file behind; a second signal does not disturb that."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(128 + signal.SIGTERM)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=SUBJECTS, nargs="*", default=list(SUBJECTS), help="what is disturbed")
    parser.add_argument("--write", action="store_true", help="put the table into docs/")
    options = parser.parse_args()
    prepare_environment()
    signal.signal(signal.SIGTERM, end_in_order)
    with tempfile.TemporaryDirectory() as scratch:
        tally = soak(options.minutes, options.seed, options.only, Path(scratch))
    record("trainer.md", "soak", tally.table(options.minutes), write=options.write)


if __name__ == "__main__":
    main()
