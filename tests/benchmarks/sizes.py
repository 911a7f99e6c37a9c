"""How cost grows with the size of one run: python -m tests.benchmarks.sizes [--only points|tags|names].

One log of a size, twice and four times it: of 5 M points at most, of 2,000 tags, and of 100,000. Each is read and
matched, judged, drawn and exported in a process of its own, and its page is opened in the app.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from tensorboard.compat.proto import event_pb2

from tests.app_server import ROOT, serve
from tests.benchmarks.app_tab import Tab
from tests.benchmarks.event_logs import START, framed, write_scalars
from tests.benchmarks.record import record

SIDES = ["loss/train", "loss/val", "accuracy/train", "accuracy/val"]
SHARES = (1, 2, 4)
STAGES = ("read", "judge", "draw", "export", "page")
PATIENCE = 600.0  # seconds for a page


def points(path: Path, share: int) -> str:
    """Two metrics on both sides."""
    steps = share * 1_250_000 // 4
    write_scalars(path, len(SIDES), steps, names=SIDES)
    return f"{len(SIDES) * steps:,} points"


def tags(path: Path, share: int) -> str:
    """So many series of 100 points."""
    return _named(path, share * 500, 100)


def names(path: Path, share: int) -> str:
    """So many series of three points, such as one for each parameter of a large network."""
    return _named(path, share * 25_000, 3)


FAMILIES: dict[str, Callable[[Path, int], str]] = {"points": points, "tags": tags, "names": names}


def _named(path: Path, count: int, steps: int) -> str:
    """The losses of both sides, and ``count`` series whose names differ by a number."""
    write_scalars(path, 2, max(steps, 40), names=SIDES[:2])
    event = event_pb2.Event(wall_time=START, step=1)
    event.summary.value.add(tag="weights/block_000000/norm", simple_value=1.0)
    payload = np.frombuffer(event.SerializeToString(), np.uint8)
    at = payload.tobytes().index(b"000000")
    rows = np.tile(payload, (count, 1))
    for place in range(6):
        rows[:, at + place] = ord("0") + np.arange(count) // 10 ** (5 - place) % 10
    values = np.random.default_rng(0).random((steps, count)).astype("<f4")
    with path.with_name(f"{path.name}.1").open("wb") as file:
        for step in range(steps):
            rows[:, 1:9] = np.full(count, START + step).astype("<f8").view(np.uint8).reshape(-1, 8)
            rows[:, 10] = step + 1
            rows[:, -4:] = values[step].view(np.uint8).reshape(-1, 4)
            file.write(framed(rows).tobytes())
    return f"{count:,} tags"


def measure(folder: Path) -> dict[str, float]:
    """Seconds of this process for each stage, and its most memory in MiB."""
    from app.charts import frames
    from app.folder.quantities import metrics
    from diagnostics import diagnose_run, open_logs
    from diagnostics.report.export import csv_text, long_table

    seconds, begun = {}, time.process_time()

    def stage(name: str) -> None:
        nonlocal begun
        seconds[name] = time.process_time() - begun
        begun = time.process_time()

    logs = open_logs(folder)
    (run,) = logs.runs.values()
    assert metrics(run)
    stage("read")
    diagnosis = diagnose_run(run, finished=True)
    stage("judge")
    frames.curves_data(run, diagnosis, run.unit)
    stage("draw")
    csv_text(long_table([(run, diagnosis)], folder))
    stage("export")
    return seconds | {"memory": most_memory()}


def most_memory() -> float:
    """MiB that this process held at most; ``getrusage`` would count the one that started it, too."""
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert peak is not None
    return int(peak[1]) / 1024


def page(folder: Path) -> float:
    """Seconds of CPU time until the server has read the log and drawn its page."""
    from tests.benchmarks.app_load import cpu, server

    with serve(folder.parent, "--logdir", str(folder.parent)) as address:
        process = server(address)
        Tab(address, "guide").close()
        used = cpu(process)
        tab, deadline = Tab(address, f"run?run={folder.name}"), time.monotonic() + PATIENCE
        while "Show this range" not in tab.buttons:
            if time.monotonic() > deadline or tab.lost or tab.errors:
                raise RuntimeError(f"the page of {folder.name} does not come: {tab.buttons}, {tab.errors}")
            time.sleep(0.1)
        tab.close()
        return cpu(process) - used


def row(family: str, share: int) -> tuple[str, dict[str, float]]:
    """What the log is called, and what it costs."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "logs", "run")
        folder.mkdir(parents=True)
        size = FAMILIES[family](folder / f"events.out.tfevents.{int(START)}.host.0", share)
        command = [sys.executable, "-m", "tests.benchmarks.sizes", "--measure", str(folder)]
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        costs: dict[str, float] = json.loads(done.stdout)
        return size, costs | {"page": page(folder)}


def table(rows: dict[str, list[tuple[str, dict[str, float]]]]) -> str:
    """As Markdown: seconds and MiB, and for the largest how many times it costs what the smallest, a quarter, does."""
    lines = ["| one run of | " + " | ".join(STAGES) + " | memory |", "|---|" + "--:|" * (len(STAGES) + 1)]
    for sizes in rows.values():
        for size, costs in sizes:
            cells = [f"{costs[stage]:.2f} s" for stage in STAGES]
            lines.append(f"| {size} | {' | '.join(cells)} | {costs['memory']:,.0f} MiB |")
        first, last = sizes[0][1], sizes[-1][1]
        ratios = [f"{last[name] / max(first[name], 1e-3):.1f}x" for name in (*STAGES, "memory")]
        lines.append(f"| the last against the first | {' | '.join(ratios)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=FAMILIES, nargs="*", default=list(FAMILIES))
    parser.add_argument("--measure", type=Path, metavar="FOLDER", help=argparse.SUPPRESS)
    parser.add_argument("--write", action="store_true", help="put the table into docs/")
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure)))
        return
    rows = {family: [row(family, share) for share in SHARES] for family in options.only}
    record("performance.md", "sizes", table(rows), write=options.write)


if __name__ == "__main__":
    main()
