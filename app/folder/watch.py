"""Watch: the runs of a folder or a URL as all tabs see them, read once and then only what was added."""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path, PurePosixPath
from threading import Lock

import streamlit as st

from app.folder import remembered
from app.folder.entries import LIVE, STANDARD, Entry, Measured, Snapshot, urgency
from app.folder.remembered import Sides
from app.folder.tensorboard_process import Board
from diagnostics import GivenSetup, Logs, Run
from diagnostics.logs.folders.folder import LogError
from diagnostics.logs.folders.remote import is_url
from diagnostics.logs.matching.pairing import MatchError
from diagnostics.thresholds import Thresholds
from diagnostics.trials.ledger import LEDGER, Ledger, LedgerError, folder_of, read
from diagnostics.trials.trial_file import TRIAL, Trial, TrialError, read_trial
from trainer import job
from trainer.job import Status
from trainer.tuning.study_file import STUDY

POLL_AT_MOST_EVERY = 0.2  # seconds; ten tabs at a tick of a second share one read
POLL_URL_AT_MOST_EVERY = 15.0  # seconds; each look is a request that somebody may have to pay for
SILENT_AFTER = 120.0  # seconds without a heartbeat after which a training process is called silent
METHOD = Path(__file__).resolve().parents[2] / "docs" / "method.md"


class Watch:
    """One place with logs, opened once for all tabs; each look reads what was added since the one before."""

    def __init__(self, place: str | Path) -> None:
        self.place = str(place)
        self._logs: Logs | None = None
        self._jobs: dict[str, Status] = {}
        self._error = ""
        self._wanted: dict[str, Sides] = {}  # series chosen by hand that are still to be put into effect
        self._measured: dict[str, Measured] = {}
        self._trials: dict[Path, tuple[int, Trial | None]] = {}  # when its file was written, and what it said
        self._seen: dict[Thresholds, Snapshot] = {}
        self._at = -math.inf
        self._lock = Lock()

    def look(self, limits: Thresholds = STANDARD) -> Snapshot:
        """The place as it is now, judged with these thresholds; safe to call from several sessions at once."""
        every = POLL_URL_AT_MOST_EVERY if is_url(self.place) else POLL_AT_MOST_EVERY
        with self._lock:
            if time.monotonic() - self._at >= every:
                self._read()
                self._seen = {}
                self._at = time.monotonic()
            if limits not in self._seen:
                self._seen[limits] = self._snapshot(limits)
            return self._seen[limits]

    def expire(self) -> None:
        """Make the next look read, however soon: something was just done to a run."""
        self._at = -math.inf

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
            self._seen = {}
            remembered.keep_chosen_series(self.place, name, sides)

    def _read(self) -> None:
        try:
            with suppress(MatchError):  # a series that was chosen by hand is gone
                self._poll()
                return
            self._logs = None
            self._poll()
        except (LogError, OSError) as error:
            self._logs, self._error = None, str(error)

    def _poll(self) -> None:
        if self._logs is None:
            self._logs, self._wanted = Logs(self.place), remembered.chosen_series(self.place)
        for name in self._logs.poll() & self._wanted.keys() & self._logs.runs.keys():
            train, val = self._wanted[name]
            with suppress(MatchError):  # not logged yet
                self._logs.override(name, train=train, val=val)
                del self._wanted[name]
        self._jobs = {} if is_url(self.place) else job.find(self.place)
        self._error = ""

    def _snapshot(self, limits: Thresholds) -> Snapshot:
        if self._logs is None:
            return Snapshot(self.place, error=self._error)
        runs = self._logs.runs
        names = runs.keys() | self._jobs.keys()
        studies = self._studies(names)
        given = remembered.given_setups(self.place)
        entries = [
            self._entry(name, runs.get(name), limits, studies, given.get(name, remembered.NOTHING_GIVEN))
            for name in names
        ]
        return Snapshot(
            self.place,
            tuple(sorted(entries, key=urgency)),
            tuple(self._problems(names)),
        )

    def _problems(self, names: Collection[str]) -> list[str]:
        """What could not be read; of a folder without runs, first what lies there instead."""
        logs = self._logs
        return [] if logs is None else [*([logs.nothing] if logs.nothing and not names else ()), *logs.problems]

    def _studies(self, names: Iterable[str]) -> set[str]:
        """The folders, relative to the place, that hold a study and its trials."""
        if is_url(self.place):
            return set()
        above = {folder for name in names for folder in _above(name)}
        return {folder for folder in above if Path(self.place, folder, STUDY).is_file()}

    def _trial(self, folder: Path | None) -> Trial | None:
        """What the run in a folder tries out; its file is read again when it was written anew."""
        if folder is None:
            return None
        try:
            written = (folder / TRIAL).stat().st_mtime_ns
        except OSError:
            return None
        if folder not in self._trials or self._trials[folder][0] != written:
            trial = None
            with suppress(TrialError):  # a damaged file makes it a run like any other
                trial = read_trial(folder)
            self._trials[folder] = written, trial
        return self._trials[folder][1]

    def _entry(self, name: str, run: Run | None, limits: Thresholds, studies: set[str], given: GivenSetup) -> Entry:
        status = self._jobs.get(name)
        folder = None if is_url(self.place) else Path(self.place, name)
        study = next((above for above in _above(name) if above in studies), "")
        trial = self._trial(folder)
        if run is None:
            return Entry(name, folder, _state(None, status), job=status, trial=trial, study=study)
        if name not in self._measured or self._measured[name].run is not run:
            self._measured[name] = Measured(run)
        measured = self._measured[name]
        state = _state(measured, status)
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


def look(place: str | Path, limits: Thresholds = STANDARD) -> Snapshot:
    """What the place holds now, judged with these thresholds."""
    return watch(str(place)).look(limits)


def expire(place: str) -> None:
    """Let the next look at the place see what was just done to a run in it."""
    watch(place).expire()


def ledger(entry: Entry) -> Ledger:
    """What trials in the same folder have shown, read again when one more has; what cannot be read is as if empty."""
    if entry.folder is None:
        return Ledger()
    folder = folder_of(entry.folder)
    try:
        written = (folder / LEDGER).stat()
        return _ledger(folder, (written.st_mtime_ns, written.st_size))
    except (OSError, LedgerError):
        return Ledger()


@lru_cache(64)
def _ledger(folder: Path, _written: tuple[int, int]) -> Ledger:
    return read(folder)


def log_tail(entry: Entry, lines: int = 20) -> str:
    """The last lines that the training's process printed."""
    return job.log_tail(entry.folder, lines) if entry.folder is not None else ""


@cache
def method() -> str:
    """How a verdict comes about, as the documentation says it; empty where the app stands without its documentation."""
    return METHOD.read_text(encoding="utf-8") if METHOD.is_file() else ""


@lru_cache(4096)
def _above(name: str) -> tuple[str, ...]:
    """The folders between the place and a run, the nearest first."""
    return tuple(folder.as_posix() for folder in PurePosixPath(name).parents if folder.name)


def _state(measured: Measured | None, status: Status | None) -> str:
    """A key of ``wording.STATES``; of a log that another program writes only its pace tells whether it has ended."""
    now = time.time()
    if status is not None:
        return "silent" if status.state == "running" and now - status.heartbeat > SILENT_AFTER else status.state
    if measured is None or measured.run.stale:
        return "gone"
    return "ended" if measured.pace.is_silent(now) else "written"
