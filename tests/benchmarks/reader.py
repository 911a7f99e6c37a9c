"""Reading event logs: ours against others' readers, in time and memory, and what following a live log costs.

``python -m tests.benchmarks.reader`` makes its own logs, prints two tables and puts them into ``docs/performance.md``.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from diagnostics.logs.event_files.event_file import EventFile
from diagnostics.logs.folders.folder import EventFolder
from tests.benchmarks.event_logs import PRESETS, write_scalars
from tests.benchmarks.log_readers import READERS, is_there
from tests.benchmarks.record import record
from tests.writers import LogWriter

SLOW = ("EventAccumulator", "tbparse")


class Result(NamedTuple):
    """One reader on one preset, in a process of its own; the quickest of several times."""

    rows: int
    wall: float  # seconds
    cpu: float  # seconds
    peak: float  # MiB, of the process


def measure(reader: str, folder: Path, times: int) -> Result:
    """Run the reader in a fresh process."""
    command = [sys.executable, "-m", "tests.benchmarks.reader", "--one", reader, "--times", str(times), str(folder)]
    return Result(**json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def run_here(reader: str, folder: Path, times: int) -> Result:
    """Load the folder with the reader, several times."""
    read = READERS[reader]()
    rows, walls, cpus = 0, [], []
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        rows = read(folder)
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return Result(rows, min(walls), min(cpus), peak_memory())


def peak_memory() -> float:
    """MiB this process has held at most; ``ru_maxrss`` would count what its parent held before."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def cold_loads(folder: Path, presets: list[str], *, patient: bool) -> str:
    """The table of loading times."""
    lines = ["| log | reader | rows | wall | CPU | peak memory | fitwatch is |", "|---|---|--:|--:|--:|--:|--:|"]
    for preset in presets:
        logs = folder / preset.replace("/", "_")
        if not logs.exists():
            PRESETS[preset](logs)
        ours = measure("fitwatch", logs, 9)
        for reader in filter(is_there, READERS):
            slow = reader in SLOW
            if slow and preset.startswith("M") and not patient:
                continue
            result = ours if reader == "fitwatch" else measure(reader, logs, 1 if slow else 5)
            if reader != "bytes only" and result.rows != ours.rows:
                print(f"{reader} found {result.rows} rows in {preset}, fitwatch {ours.rows}")
            lines.append(row(preset, reader, result, ours))
            print(lines[-1], flush=True)
    return "\n".join(lines)


def row(preset: str, reader: str, result: Result, ours: Result) -> str:
    """One line of the table. The ratio is of CPU times, which other programs on the machine disturb least.

    rustboard works in a server of its own: its ratio is of wall times, its CPU time and memory are left out.
    """
    alone = reader != "rustboard"
    times = result.cpu / ours.cpu if alone else result.wall / ours.wall
    ratio = "" if reader == "fitwatch" else f"{times:.3g}x"
    cpu, peak = (f"{result.cpu * 1e3:,.1f} ms", f"{result.peak:.0f} MiB") if alone else ("", "")
    return f"| {preset} | {reader} | {result.rows:,} | {result.wall * 1e3:,.1f} ms | {cpu} | {peak} | {ratio} |"


def following(folder: Path) -> str:
    """The table of what a poll costs."""
    lines = ["| a poll | median | quickest |", "|---|--:|--:|"]
    for name, times in {
        "of 100 runs, none changed": unchanged(folder),
        "of one run, from the flushed epoch of 6 scalars to readable rows": growing(folder, steps=100),
        "the same after 1,000,000 scalars": growing(folder, steps=166_667),
    }.items():
        lines.append(f"| {name} | {statistics.median(times) * 1e3:.3f} ms | {min(times) * 1e3:.3f} ms |")
    return "\n".join(lines)


def unchanged(folder: Path) -> list[float]:
    """Seconds of polls of 100 runs at rest."""
    logs = folder / "hundred"
    for run in range(100):
        write_scalars(logs / f"run_{run}" / "events.out.tfevents.1", 6, 50)
    for path in (logs, *logs.iterdir()):
        os.utime(path, (0, 0))
    opened = EventFolder(logs)
    opened.poll()
    return timed(opened.poll, 500)


def growing(folder: Path, *, steps: int) -> list[float]:
    """Seconds of polls of a run that grew by an epoch of 6 scalars, without the writing and its flush."""
    path = folder / f"grows_{steps}"
    write_scalars(path, 6, steps)
    file, times = EventFile(path), []
    file.poll()
    with LogWriter(folder / "epochs") as log:
        data = log.path.read_bytes()
        for epoch in range(300):
            for tag in range(6):
                log.scalar(f"loss/series_{tag}", 1.0, steps + epoch)
            log.flush()
            data, before = log.path.read_bytes(), len(data)
            with path.open("ab") as live:
                live.write(data[before:])
            times.extend(timed(file.poll, 1))
            assert file.scalars["loss/series_0"].steps[-1] == steps + epoch
    log.path.unlink()
    return times


def timed(action: Callable[[], object], times: int) -> list[float]:
    """Seconds of each call."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - start)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="where to keep the logs (a temporary folder)")
    parser.add_argument("--presets", nargs="+", default=list(PRESETS), choices=PRESETS)
    parser.add_argument("--patient", action="store_true", help="also wait for the slow readers on the largest logs")
    parser.add_argument("--write", action="store_true", help="put the table into docs/")
    parser.add_argument("--one", choices=READERS, help=argparse.SUPPRESS)
    parser.add_argument("--times", type=int, default=1, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(run_here(arguments.one, arguments.folder, arguments.times)._asdict()))
        return
    with tempfile.TemporaryDirectory() as temporary:
        loads = cold_loads(arguments.folder or Path(temporary), arguments.presets, patient=arguments.patient)
        polls = following(Path(temporary))
    record("performance.md", "reader", f"{loads}\n\n{polls}", write=arguments.write)


if __name__ == "__main__":
    main()
