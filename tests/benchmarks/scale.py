"""What very many runs cost the app: python -m tests.benchmarks.scale [--runs 50000] [--folder KEPT].

The runs are small ones of this trainer's kind, of ten epochs each. A tick is a look at a
folder in which nothing changed.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path

from tests.benchmarks.record import record
from tests.writers import write_run
from trainer.status import CONFIG, STATUS, Status, write_status

TICKS = 121  # one round of turns
LONG_AGO = 1.7e9  # seconds since 1970; what was written lately is looked at more often
EPOCHS = [1.0 / (i + 1) for i in range(10)]


def make(folder: Path, count: int) -> None:
    """So many runs: an event file each, and what our trainer leaves beside it in every tenth."""
    write_run(folder / "pattern", {"loss/train": EPOCHS, "loss/val": EPOCHS})
    (pattern,) = (folder / "pattern").glob("*tfevents*")
    events = pattern.read_bytes()
    write_status(folder / "pattern", Status("finished", epoch=10, epochs=10))
    status = (folder / "pattern" / STATUS).read_bytes()
    for number in range(count - 1):
        run = folder / f"group-{number // 100}" / f"run-{number}"
        run.mkdir(parents=True)
        (run / pattern.name).write_bytes(events)
        if number % 10 == 0:
            (run / STATUS).write_bytes(status)
            (run / CONFIG).write_bytes(b"{}")
    for path in (*folder.rglob("*"), folder):
        os.utime(path, (LONG_AGO, LONG_AGO))


def measure(folder: Path) -> dict[str, float]:
    """Seconds until the first and the last verdict, seconds of the processor a tick, and the most memory in MiB."""
    os.environ["XDG_STATE_HOME"] = str(folder.parent / "state")
    from app.folder import watch as watching

    watching.POLL_AT_MOST_EVERY = 0.0
    watch = watching.Watch(str(folder))
    begun = time.monotonic()
    snapshot = watch.look()
    first = time.monotonic() - begun
    while (snapshot := watch.look()).unread:
        time.sleep(0.5)
    last = time.monotonic() - begun
    ticks = []
    for _ in range(TICKS):
        begun = time.process_time()
        watch.look()
        ticks.append(time.process_time() - begun)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"runs": len(snapshot.entries), "first": first, "last": last, "tick": sorted(ticks)[TICKS // 2]} | {
        "memory": memory
    }


def table(row: dict[str, float]) -> str:
    """The numbers as Markdown."""
    return (
        "| runs | first verdicts (s) | all verdicts (s) | a tick with nothing changed (CPU ms) | memory (MiB) |\n"
        "|---|---|---|---|---|\n"
        f"| {row['runs']:.0f} | {row['first']:.1f} | {row['last']:.0f} | {1000 * row['tick']:.1f} | "
        f"{row['memory']:.0f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=50_000)
    parser.add_argument("--folder", type=Path, help="kept, and used again if it is there")
    parser.add_argument("--write", action="store_true", help="put the table into docs/")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch, "logs")
        if not folder.exists():
            make(folder, options.runs)
        record("performance.md", "scale", table(measure(folder)), write=options.write)


if __name__ == "__main__":
    main()
