"""Many people for a long time: python -m tests.benchmarks.sessions [--minutes 20] [--sessions 20] [--runs 500].

A server over so many runs, one of which gets an epoch a second and is begun again every minute, so that there is as
much to show at the end as at the beginning; so many tabs ask it over their websockets for what a browser would, each on
one of five pages and rerun at every tick; one of them is closed and another one opened every few seconds, as people
come and go. Nothing is drawn, so that twenty browsers do not compete with the server.
"""

from __future__ import annotations

import argparse
import os
import time
from itertools import count, cycle
from typing import NamedTuple

import numpy as np
import psutil

from tests.benchmarks.app_load import Load, cpu, loaded
from tests.benchmarks.app_tab import Tab
from tests.benchmarks.app_waits import BEGUN, begin
from tests.benchmarks.record import record
from tests.live_run import append
from tests.writers import LogWriter

PAGES = ("run?run=live", "", "run?run=run-000", "compare", "run?run=live&tick=fast")
EPOCH = 1.0  # seconds between two epochs of the run that goes on
ROUND = 60  # epochs after which it is begun again
CHANGE = 10.0  # seconds until a tab is closed and another one opened
WARM = 0.4  # share of the time after which memory should no longer grow


class Sample(NamedTuple):
    """One look at the server; ``cpu`` is what it used since the last one, as a share of one core.

    ``round`` counts how often the run that goes on was begun again.
    """

    seconds: float
    round: int
    memory: float
    cpu: float
    threads: int


class Course(NamedTuple):
    """What was measured; ``reruns`` and ``errors`` are those of all tabs."""

    samples: list[Sample]
    sessions: int
    reruns: int
    errors: list[str]
    lost: int


def watch(load: Load, sessions: int, minutes: float) -> Course:
    """Keep the tabs open for so long, and look at the server whenever one is changed."""
    pages = cycle(PAGES)
    tabs = [Tab(load.address, next(pages)) for _ in range(sessions)]
    closed: list[Tab] = []
    samples: list[Sample] = []
    begun = looked = time.monotonic()
    used, due, log = cpu(load.process), begun, load.log
    for epoch in count():
        if time.monotonic() >= begun + 60 * minutes:
            break
        if epoch and epoch % ROUND == 0:
            log = begun_again(log)
        append(log, BEGUN + 1 + epoch % ROUND)
        due += EPOCH
        time.sleep(max(0.0, due - time.monotonic()))
        if (now := time.monotonic()) - looked < CHANGE:
            continue
        closed.append(tabs.pop(0))
        closed[-1].close()
        tabs.append(Tab(load.address, next(pages)))
        before, used = used, cpu(load.process)
        samples.append(sample(load.process, now - begun, epoch // ROUND, (used - before) / (now - looked)))
        looked = now
    for tab in tabs:
        tab.close()
    everyone = [*closed, *tabs]
    return Course(
        samples,
        len(everyone),
        sum(tab.reruns for tab in everyone),
        sorted({error for tab in everyone for error in tab.errors}),
        sum(tab.lost for tab in everyone),
    )


def begun_again(log: LogWriter) -> LogWriter:
    """The same run as it was in the beginning, in place of what it has come to; a look sees the one or the other."""
    log.close()
    anew = begin(log.path.parents[2] / "anew")
    os.replace(anew.path, log.path)
    anew.path = log.path
    return anew


def sample(process: psutil.Process, seconds: float, number: int, share: float) -> Sample:
    """How the server stands."""
    return Sample(seconds, number, process.memory_info().rss / 2**20, share, process.num_threads())


def growth(samples: list[Sample]) -> tuple[float, float]:
    """MiB an hour that the server grows by once it is warm, and the standard error of that.

    It is fitted to the means of rounds: within one the run grows, and what is kept of it with it.
    """
    rounds = sorted({sample.round for sample in samples})[:-1]  # the last one may be cut short
    means = [np.mean([(one.seconds / 3600, one.memory) for one in samples if one.round == n], axis=0) for n in rounds]
    hours, memory = np.array(means[int(WARM * len(means)) :]).T
    (slope, _), covariance = np.polyfit(hours, memory, 1, cov=True)
    return float(slope), float(covariance[0, 0] ** 0.5)


def table(course: Course, minutes: float, sessions: int, runs: int) -> str:
    """The numbers as Markdown."""
    samples, third = course.samples, max(1, len(course.samples) // 3)
    slope, error = growth(samples)
    thirds = [samples[:third], samples[third : 2 * third], samples[2 * third :]]

    def row(name: str, values: list[float], form: str) -> str:
        return f"| {name} | {' | '.join(format(value, form) for value in values)} |"

    lines = [
        f"{sessions} sessions over {runs} runs for {minutes:.0f} minutes; {course.sessions} tabs were opened in all.",
        "",
        "| the server | first third | second | last |",
        "|---|--:|--:|--:|",
        row("memory, mean (MiB)", [np.mean([sample.memory for sample in part]) for part in thirds], ".0f"),
        row("CPU time a second, mean (ms)", [1000 * np.mean([one.cpu for one in part]) for part in thirds], ".0f"),
        row("threads, at most", [max(sample.threads for sample in part) for part in thirds], "d"),
        "",
        f"Memory changes by {slope:+.0f} ± {error:.0f} MiB an hour after the first {WARM:.0%} of the time. "
        f"{course.reruns} reruns, {len(course.errors)} kinds of errors, {course.lost} tabs lost.",
        *(f"- {complaint}" for complaint in course.errors),
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--write", action="store_true", help="put the table into docs/")
    options = parser.parse_args()
    with loaded(options.runs) as load:
        course = watch(load, options.sessions, options.minutes)
    text = table(course, options.minutes, options.sessions, options.runs)
    record("performance.md", "sessions", text, write=options.write)


if __name__ == "__main__":
    main()
