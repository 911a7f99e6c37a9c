"""Canaries: how well memorization seen without validation agrees with overfitting seen by validation.

``python -m tests.benchmarks.canaries`` trains small networks on real data, a tenth of it canaries, and judges each run
both ways.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from diagnostics import diagnose_run, open_logs
from tests.benchmarks.record import record

# name -> how the training is started; the last two are hard to memorize
SETTINGS = {
    "digits, 200 samples": ["--dataset", "digits", "--train-size", "200", "--lr", "0.003"],
    "digits, 200 samples, a fifth mislabeled": [
        *("--dataset", "digits", "--train-size", "200", "--label-noise", "0.2", "--lr", "0.003")
    ],
    "digits, 800 samples": ["--dataset", "digits", "--train-size", "800", "--lr", "0.001"],
    "breast cancer": ["--dataset", "breast_cancer", "--lr", "0.003"],
    "digits, 800 samples, dropout 0.5": ["--dataset", "digits", "--train-size", "800", "--dropout", "0.5"],
    "digits, 8 units": ["--dataset", "digits", "--width", "8", "--depth", "1"],
}
COMMON = ["--epochs", "100", "--canary", "0.1", "--threads", "1"]


class Onsets(NamedTuple):
    """Steps at which each witness says it began; ``None`` when it never does."""

    canary: float | None
    val: int | None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="put the table into docs/")
    options = parser.parse_args()
    measured = {name: onsets(name, options.seeds) for name in SETTINGS}
    record("method.md", "canaries", table(measured), write=options.write)


def onsets(name: str, seeds: int) -> list[Onsets]:
    """Train once a seed and judge."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(seeds):
            run = Path(folder) / str(seed)
            command = [sys.executable, "-m", "trainer", *SETTINGS[name], *COMMON, "--seed", str(seed)]
            subprocess.run([*command, "--logdir", str(run)], check=True, stdout=subprocess.DEVNULL)
            judged = diagnose_run(open_logs(run).runs["."])
            found.append(Onsets(judged.signals.get("memorizing_since"), judged.onset_step))
    return found


def table(measured: dict[str, list[Onsets]]) -> str:
    """How often each witness speaks, and how far apart they are where both do."""
    lines = [
        "| training | memorizing | overfitting | both or neither | canaries before validation's onset, epochs |",
        "|---|---|---|---|---|",
    ]
    for name, found in measured.items():
        both = [run.val - run.canary for run in found if run.canary is not None and run.val is not None]
        agree = sum((run.canary is None) == (run.val is None) for run in found)
        earlier = f"{statistics.median(both):g} ({min(both):g} to {max(both):g})" if both else ""
        lines.append(
            f"| {name} | {sum(run.canary is not None for run in found)} of {len(found)} "
            f"| {sum(run.val is not None for run in found)} of {len(found)} | {agree} of {len(found)} | {earlier} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
