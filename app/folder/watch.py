"""Watch: the runs of a folder or a URL as all tabs see them, read once and then only what was added."""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from functools import cache
from itertools import islice
from pathlib import Path
from threading import Lock, Thread

import streamlit as st

from app.folder import remembered
from app.folder.entries import KEPT, LIVE, STANDARD, Entry, Measured, Snapshot
from app.folder.jobs import Jobs
from app.folder.notifier import Notifier
from app.folder.remembered import Sides
from app.folder.shown import Shown
from app.folder.tensorboard_process import Board
from app.folder.trial_files import Studies, TrialFiles
from diagnostics import GivenSetup, Logs, Run
from diagnostics.logs.folders.folder import LogError
from diagnostics.logs.folders.names import path_of
from diagnostics.logs.folders.remote import is_url
from diagnostics.logs.matching.pairing import MatchError
from diagnostics.thresholds import Thresholds
from trainer import job
from trainer.job import Status

POLL_AT_MOST_EVERY = 0.2  # seconds; ten tabs at a tick of a second share one read
POLL_URL_AT_MOST_EVERY = 15.0  # seconds; each look is a request that somebody may have to pay for
MOST = 200  # new runs that one look reads and judges; others come with the next looks
SILENT_AFTER = 120.0  # seconds without a heartbeat after which a training process is called silent
METHOD = Path(__file__).resolve().parents[2] / "docs" / "method.md"


class Watch:
    """One place with logs, opened once for all tabs; each look reads what was added since the one before."""

    def __init__(self, place: str | Path) -> None:
        self.place = str(place)
        self._logs: Logs | None = None
        self._jobs = Jobs(self.place)
        self._shown: dict[Thresholds, Shown] = {}
        self._studies, self._trials = Studies(self.place), TrialFiles()
        self._thorough = True
        self._reader: Thread | None = None
        self._error = ""
        self._wanted: dict[str, Sides] = {}  # series chosen by hand that are still to be put into effect
        self._measured: dict[str, Measured] = {}
        self._at = -math.inf
        self._lock = Lock()

    def look(self, limits: Thresholds = STANDARD) -> Snapshot:
        """The place as it is now, judged with these thresholds; safe to call from several sessions at once."""
        every = POLL_URL_AT_MOST_EVERY if is_url(self.place) else POLL_AT_MOST_EVERY
        with self._lock:
            if time.monotonic() - self._at >= every:
                self._read()
                self._at = time.monotonic()
            snapshot = self._snapshot(limits)
            if snapshot.unread and self._reader is None:
                self._reader = Thread(target=self._read_on, daemon=True)
                self._reader.start()
            return snapshot

    def _read_on(self) -> None:
        """Read and judge what is left of very many runs, a part at a time, so that others can look meanwhile."""
        left = 1
        while left:
            with self._lock:
                self._read()
                left = sum(map(self._judge, list(self._shown)))
                if not left:
                    self._reader = None
            time.sleep(0)  # or who waits for the lock would not get it

    def expire(self) -> None:
        """Make the next look read, however soon: something was just done to a run."""
        self._at, self._thorough = -math.inf, True

    def choose(self, name: str, sides: Sides | None) -> None:
        """Judge a run by these two series from now on, or again by those that match; remembered beyond this process.

        Raises ``MatchError`` for a series that the run does not have, ``OSError`` when it cannot be remembered.
        """
        with self._lock:
            if self._logs is None or name not in self._logs.runs:
                raise MatchError(f"there is no run {name} any more")
            train, val = sides or (None, None)
            self._logs.override(name, train=train, val=val)
            self._wanted.pop(name, None)
            self._mark({name})
            remembered.keep_chosen_series(self.place, name, sides)

    def _read(self) -> None:
        try:
            with suppress(MatchError):  # a series that was chosen by hand is gone
                self._poll()
                return
            self._reset()
            self._poll()
        except (LogError, OSError) as error:
            self._reset()
            self._error = str(error)

    def _reset(self) -> None:
        self._logs, self._jobs, self._shown = None, Jobs(self.place), {}

    def _mark(self, names: Collection[str]) -> None:
        for shown in self._shown.values():
            shown.due.update(dict.fromkeys(names))

    def _poll(self) -> None:
        if self._logs is None:
            self._logs, self._wanted = Logs(self.place), remembered.chosen_series(self.place)
        thorough, self._thorough = self._thorough, False
        changed = self._logs.poll(most=MOST, thorough=thorough)
        for name in changed & self._wanted.keys() & self._logs.runs.keys():
            train, val = self._wanted[name]
            with suppress(MatchError):  # not logged yet
                self._logs.override(name, train=train, val=val)
                del self._wanted[name]
        if not is_url(self.place):
            changed |= self._jobs.poll(thorough=thorough)
        self._mark(changed)
        self._error = ""

    def _snapshot(self, limits: Thresholds) -> Snapshot:
        unread = self._judge(limits)
        if self._logs is None:
            return Snapshot(self.place, error=self._error, version=self._error)
        shown = self._shown[limits]
        return shown.snapshot(self.place, tuple(self._problems(shown.entries)), unread)

    def _judge(self, limits: Thresholds) -> int:
        """Judge what is due, or a part of very many; how many files and verdicts are still to come."""
        if self._logs is None:
            return 0
        runs, statuses = self._logs.runs, self._jobs.statuses
        if limits not in self._shown:
            if len(self._shown) >= KEPT:
                del self._shown[next(iter(self._shown))]
            self._shown[limits] = Shown(dict.fromkeys((*runs, *statuses)))
        shown, given = self._shown[limits], remembered.given_setups(self.place)
        if given != shown.given:
            changed = {name for name in {*given, *shown.given} if given.get(name) != shown.given.get(name)}
            shown.due.update(dict.fromkeys(changed))
            shown.given = given
        names = [*shown.live, *islice((name for name in shown.due if name not in shown.live), MOST)]
        self._mark_studies(names)
        for name in names:
            shown.due.pop(name, None)
            if name in runs or name in statuses:
                shown.put(self._entry(name, runs.get(name), limits, given.get(name, remembered.NOTHING_GIVEN)))
            else:
                shown.drop(name)
                self._measured.pop(name, None)
        return self._logs.unread + len(shown.due)

    def _mark_studies(self, names: Iterable[str]) -> None:
        """What lies in a study that has come or gone is to be judged anew."""
        folders = set() if is_url(self.place) else self._studies.look(names)
        if folders:
            below = tuple(f"{folder}/" for folder in folders)
            self._mark({name for shown in self._shown.values() for name in shown.entries if name.startswith(below)})

    def _problems(self, names: Collection[str]) -> list[str]:
        """What could not be read; of a folder without runs, first what lies there instead."""
        logs = self._logs
        return [] if logs is None else [*([logs.nothing] if logs.nothing and not names else ()), *logs.problems]

    def _entry(self, name: str, run: Run | None, limits: Thresholds, given: GivenSetup) -> Entry:
        status = self._jobs.statuses.get(name)
        folder = None if is_url(self.place) else path_of(self.place, name)
        study, trial = self._studies.of(name), self._trials.of(folder)
        if run is None:
            return Entry(name, folder, _state(None, status, folder), job=status, trial=trial, study=study)
        if name not in self._measured or self._measured[name].run is not run:
            self._measured[name] = Measured(run)
        measured = self._measured[name]
        state = _state(measured, status, folder)
        diagnosis, trouble = measured.diagnose(limits, finished=state not in LIVE, val_samples=given.val_samples)
        return Entry(name, folder, state, measured, diagnosis, status, trouble, trial, study)


@st.cache_resource(max_entries=16, show_spinner=False)
def watch(place: str) -> Watch:
    """The one watch over a place that all sessions share."""
    return Watch(place)


@st.cache_resource(show_spinner=False)
def board(place: str) -> Board:
    """The one TensorBoard over a place that all sessions share; it is not started yet."""
    return Board(place)


@st.cache_resource(show_spinner=False)
def notifier(place: str) -> Notifier:
    """The one that sends what turns in a place, for all sessions; it has to be told to begin."""
    return Notifier(place, watch(place).look)


def look(place: str | Path, limits: Thresholds = STANDARD) -> Snapshot:
    """What the place holds now, judged with these thresholds."""
    return watch(str(place)).look(limits)


def expire(place: str) -> None:
    """Let the next look at the place see what was just done to a run in it."""
    watch(place).expire()


def log_tail(entry: Entry, lines: int = 20) -> str:
    """The last lines that the training's process printed."""
    return job.log_tail(entry.folder, lines) if entry.folder is not None else ""


@cache
def method() -> str:
    """How a verdict comes about, as the documentation says it; empty where the app stands without its documentation."""
    return METHOD.read_text(encoding="utf-8") if METHOD.is_file() else ""


def _state(measured: Measured | None, status: Status | None, folder: Path | None) -> str:
    """A key of ``wording.STATES``; of a log that another program writes only its pace tells whether it has ended."""
    if status is not None and folder is not None:
        return "silent" if status.state == "running" and job.quiet(folder, status) > SILENT_AFTER else status.state
    if measured is None or measured.run.stale:
        return "gone"
    return "ended" if measured.pace.is_silent(time.time()) else "written"
