"""A training of no network: a log whose validation loss is best at a weight decay of 0.1 and no dropout.

Its arguments are the folder, weight decay, dropout, the seed, and a manner: ``plain``; ``overfit`` turns after eight
points; ``bad`` never gets good and stops at two thirds; ``broken`` is not finite from the fourth on; ``fail``,
``silent`` and ``no-val`` are mistakes. All but ``plain`` and the mistakes go on until they are ended; with a further
argument, a path, any waits until that file exists.
"""

from __future__ import annotations

import math
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.writers import LogWriter

POINTS = 20


def losses(step: int, floor: float, manner: str) -> tuple[float, float]:
    """Training's and validation's."""
    fit = math.exp(-step / 4)
    if manner == "broken" and step > 3:
        return math.nan, math.nan
    if manner == "bad":
        return 5 + fit / 10, 5 + fit / 10
    return fit, floor + fit + (0.1 * max(0, step - 8) if manner == "overfit" else 0.0)


def main(folder: str, decay: str, dropout: str, seed: str, manner: str, *gates: str) -> None:
    """Write the whole log at once, then wait for what ends it."""
    if manner == "fail":
        print("reading the data", flush=True)
        sys.exit("no such table: people.csv")
    if manner == "silent":
        return
    floor = 0.3 + 0.1 * abs(math.log10(max(float(decay), 1e-6) / 0.1)) + float(dropout)
    with LogWriter(Path(folder)) as log:
        for step in range(1, (14 if manner == "bad" else POINTS) + 1):
            train, val = losses(step, floor + 0.01 * math.sin(7 * float(seed)), manner)
            log.scalar("loss/train", train, step)
            if manner != "no-val":
                log.scalar("loss/val", val, step)
    print("ready", flush=True)
    while manner in ("overfit", "bad", "broken") or not all(Path(gate).exists() for gate in gates):
        time.sleep(0.05)


if __name__ == "__main__":
    main(*sys.argv[1:])
