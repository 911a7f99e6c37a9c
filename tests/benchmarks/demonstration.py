"""Whether the advice holds on the demonstration: it and its trial, trained for real with several seeds.

``python -m tests.benchmarks.demonstration`` takes about half a minute a seed.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from app.views.run import trial_words
from diagnostics.report.changes import new_strengths
from diagnostics.report.words import headline
from diagnostics.trials.ledger import read
from diagnostics.trials.ledger_entry import LedgerEntry
from tests.benchmarks.record import record
from trainer import job
from trainer.config import demonstration
from trainer.trials.parent import read_parent
from trainer.trials.settle import settle
from trainer.trials.start import start_trial

SEEDS = (0, *range(20, 28))  # the app's own, and those that chose no setting of it
PATIENCE = 600.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--write", action="store_true", help="put the table into docs/")
    options = parser.parse_args()
    lines = [
        "| seed | the run | trial | promised | got | said | the trial's own verdict |",
        "|--:|---|---|--:|--:|---|---|",
        *rows(options.seeds),
    ]
    record("recommendations-measured.md", "demonstration", "\n".join(lines), write=options.write)


def rows(seeds: list[int]) -> Iterator[str]:
    """A line for each seed."""
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            base = Path(folder) / "demo"
            job.start(replace(demonstration(), seed=seed, pace=0.0), base)
            ended(base)
            trial = start_trial(base)
            ended(trial)
            settle(Path(folder))
            entry = read(Path(folder)).of(trial.name)
            assert entry is not None
            yield f"| {seed} | {verdict_of(base)} | {row_of(entry)} | {verdict_of(trial)} |"


def row_of(entry: LedgerEntry) -> str:
    """What was tried, what was promised, what came of it."""
    promised = "" if entry.expected is None else trial_words.between(entry.expected)
    got = trial_words.promise(entry).rpartition("got ")[2]
    return f"{new_strengths(entry.change)} | {promised} | {got} | {trial_words.outcome(entry).word}"


def verdict_of(run: Path) -> str:
    """As its page begins."""
    return headline(read_parent(run).diagnosis, "epoch")


def ended(run: Path) -> None:
    """Return when the training has ended. Raises ``TimeoutError``."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        status = job.status(run)
        if status is not None and status.state == "finished":
            return
        time.sleep(0.2)
    raise TimeoutError(f"{run} did not finish within {PATIENCE:g} s")


if __name__ == "__main__":
    main()
