"""Pace: how often a run writes a point, and whether it has ended."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from diagnostics.files import read_regular
from diagnostics.logs.folders.names import path_of
from diagnostics.logs.folders.remote import is_url
from diagnostics.logs.run import Run

STATUS = "status.json"
ENDED = ("finished", "stopped", "failed")
_LARGEST = 1 << 20  # bytes of a status
MISSED = 5.0  # points that did not come when they were due
SHORTEST, LONGEST = 30.0, 3600.0  # seconds of silence after which a run has never, and has always ended


class LogPace(NamedTuple):
    """``interval`` is the time between the latest points, 0 where nobody knows, ``written`` that of the last one.

    Both in seconds, ``written`` since 1970 or ``None`` where the log has no times.
    """

    interval: float
    written: float | None

    def is_silent(self, now: float) -> bool:
        """Whether the points that were due by ``now`` did not come; a log without times has nothing to come."""
        return self.written is None or now - self.written >= float(np.clip(MISSED * self.interval, SHORTEST, LONGEST))


def pace_of(run: Run) -> LogPace:
    """By the median of the latest twenty intervals of the slower side; a pause in between counts for nothing."""
    curves = [side for side in (run.train, run.val) if side is not None] or list(run.curves.values())
    times = [curve.wall_times for curve in curves if curve.wall_times is not None and len(curve)]
    intervals = [float(np.median(np.diff(walls[-20:]))) for walls in times if len(walls) > 1]
    return LogPace(max(intervals, default=0.0), max((float(walls[-1]) for walls in times), default=None))


def has_ended(run: Run, logdir: str | Path, *, now: float | None = None) -> bool:
    """Whether no more points will come: by ``status.json`` in the run's folder, else by the silence of its log."""
    return _says_so(run, logdir) or pace_of(run).is_silent(time.time() if now is None else now)


def _says_so(run: Run, logdir: str | Path) -> bool:
    if is_url(str(logdir)):
        return False
    try:
        status = json.loads(read_regular(path_of(logdir, run.name) / STATUS, at_most=_LARGEST))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(status, dict) and status.get("state") in ENDED
