"""Data: the runs of a folder as all tabs see them, read once and then only what was added."""

from __future__ import annotations

import math
import re
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np
import streamlit as st

from diagnostics import Curve, CurveError, Diagnosis, Logs, Run, diagnose_run
from diagnostics.logs.folder import LogError
from diagnostics.report import URGENCY
from trainer import job
from trainer.job import Status

POLL_AT_MOST_EVERY = 0.2  # seconds; ten tabs at a tick of a second share one read
SILENT_AFTER = 120.0  # seconds without a heartbeat after which a training process is called silent


@dataclass(frozen=True)
class Entry:
    """One run as the app shows it: what its log holds, what was found, and what its process says, if it is ours.

    ``trouble`` is a sentence on why there is no verdict. ``state`` is a key of ``wording.STATES``.
    """

    name: str
    folder: Path
    state: str
    run: Run | None = None
    found: Diagnosis | None = None
    job: Status | None = None
    written: float | None = None
    trouble: str = ""

    @property
    def live(self) -> bool:
        """Whether more is to come, so that a page showing it has to tick."""
        return self.state in ("starting", "running", "paused", "silent", "written")

    @property
    def age(self) -> float | None:
        """Seconds since something was last written into the log."""
        return None if self.written is None else max(0.0, time.time() - self.written)

    @property
    def points(self) -> int:
        """How many points there are to go by: of validation, or of training where there is none."""
        train = self.run.train if self.run is not None else None
        curve = self.val if self.val is not None else train
        return len(curve) if curve is not None else 0

    @property
    def val(self) -> Curve | None:
        """The validation curve, if there is one."""
        return self.run.val if self.run is not None else None


@dataclass(frozen=True)
class Snapshot:
    """All runs of a folder at one moment, worst first; ``error`` says why the folder could not be opened."""

    folder: Path
    entries: tuple[Entry, ...] = ()
    problems: tuple[str, ...] = ()
    error: str = ""

    @property
    def names(self) -> list[str]:
        """The runs' names, worst first."""
        return [entry.name for entry in self.entries]

    @property
    def live(self) -> bool:
        """Whether any run is still being written."""
        return any(entry.live for entry in self.entries)

    def get(self, name: str) -> Entry | None:
        """The run of that name, or ``None``."""
        return next((entry for entry in self.entries if entry.name == name), None)


@dataclass(frozen=True)
class Judged:
    """What is worth keeping of a run until it changes; ``rests`` is how long its log may rest before it has ended."""

    run: Run
    found: Diagnosis | None
    trouble: str
    written: float | None
    rests: float


class Watch:
    """One log folder, opened once for all tabs; each look reads what was added since the one before."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._logs: Logs | None = None
        self._judged: dict[str, Judged] = {}
        self._seen: Snapshot | None = None
        self._at = -math.inf
        self._lock = Lock()

    def look(self) -> Snapshot:
        """The folder as it is now; safe to call from several sessions at once."""
        with self._lock:
            if self._seen is None or time.monotonic() - self._at >= POLL_AT_MOST_EVERY:
                self._seen = self._read()
                self._at = time.monotonic()
            return self._seen

    def expire(self) -> None:
        """Make the next look read, however soon: something was just done to a run."""
        self._at = -math.inf

    def _read(self) -> Snapshot:
        try:
            self._logs = self._logs or Logs(self.folder)
            self._logs.poll()
            jobs = job.find(self.folder)
        except (LogError, OSError) as error:
            self._logs = None
            return Snapshot(self.folder, error=str(error))
        runs = self._logs.runs
        names = runs.keys() | jobs.keys()
        entries = [self._entry(name, runs.get(name), jobs.get(name)) for name in names]
        return Snapshot(self.folder, tuple(sorted(entries, key=_urgency)), tuple(self._logs.problems))

    def _entry(self, name: str, run: Run | None, status: Status | None) -> Entry:
        if run is None:
            return Entry(name, self.folder / name, _state(None, status), job=status)
        if name not in self._judged or self._judged[name].run is not run:
            self._judged[name] = _judge(run)
        known = self._judged[name]
        state = _state(known, status)
        return Entry(name, self.folder / name, state, run, known.found, status, known.written, known.trouble)


@st.cache_resource(max_entries=16, show_spinner=False)
def watch(folder: Path) -> Watch:
    """The one watch over a folder that all sessions share."""
    return Watch(folder)


def look(folder: Path) -> Snapshot:
    """What the folder holds now."""
    return watch(folder.absolute()).look()


def expire(folder: Path) -> None:
    """Let the next look at the folder see what was just done to a run in it."""
    watch(folder.absolute()).expire()


def log_tail(entry: Entry) -> str:
    """The last lines that the training's process printed."""
    return job.log_tail(entry.folder)


def _judge(run: Run) -> Judged:
    found, trouble = None, ""
    try:
        found = diagnose_run(run)
    except CurveError as error:
        trouble = str(error)
    chosen = [side for side in (run.train, run.val) if side is not None] or list(run.curves.values())
    times = [curve.wall_times for curve in chosen if curve.wall_times is not None and len(curve)]
    rhythm = max((float(np.median(np.diff(t[-20:]))) for t in times if len(t) > 1), default=0.0)
    written = max((float(t[-1]) for t in times), default=None)
    return Judged(run, found, trouble, written, float(np.clip(5 * rhythm, 30.0, 3600.0)))


def _state(known: Judged | None, status: Status | None) -> str:
    """A key of ``wording.STATES``; of a log that another program writes only its rhythm tells whether it has ended."""
    now = time.time()
    if status is not None:
        return "silent" if status.state == "running" and now - status.heartbeat > SILENT_AFTER else status.state
    if known is None or known.run.stale:
        return "gone"
    return "written" if known.written is not None and now - known.written < known.rests else "ended"


def _urgency(entry: Entry) -> tuple[int, float, list[tuple[int, str]]]:
    """Worst first; a run that crashed before any verdict stands with the diverged ones, and demo-2 before demo-10."""
    name = [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", entry.name)]
    if entry.found is None:
        return (0 if entry.state == "failed" else len(URGENCY), 0.0, name)
    return (URGENCY.index(entry.found.verdict), -entry.found.confidence, name)
