"""Watch: the runs of a folder or a URL as all tabs see them, read once and then only what was added."""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path, PurePosixPath
from threading import Lock, Thread
from typing import Any

import streamlit as st

from app.folder import remembered
from app.folder.entries import KEPT, LIVE, STANDARD, Entry, Measured, Snapshot, urgency
from app.folder.jobs import Jobs
from app.folder.notifier import Notifier
from app.folder.remembered import Sides
from app.folder.tensorboard_process import Board
from diagnostics import GivenSetup, Logs, Run
from diagnostics.logs.folders.folder import LogError
from diagnostics.logs.folders.remote import is_url
from diagnostics.logs.matching.pairing import MatchError
from diagnostics.thresholds import Thresholds
from diagnostics.trials.ledger import LEDGER, Ledger, LedgerError, folder_of, read
from diagnostics.trials.ledger_entry import LedgerEntry
from diagnostics.trials.trial_file import TRIAL, Trial, TrialError, read_trial
from trainer import job
from trainer.errors import TrainerError
from trainer.job import Status
from trainer.trials.settle import due
from trainer.tuning.study_file import STUDY

POLL_AT_MOST_EVERY = 0.2  # seconds; ten tabs at a tick of a second share one read
POLL_URL_AT_MOST_EVERY = 15.0  # seconds; each look is a request that somebody may have to pay for
MOST = 200  # new runs that one look reads and judges; others come with the next looks
SILENT_AFTER = 120.0  # seconds without a heartbeat after which a training process is called silent
_judged: dict[Path, tuple[LedgerEntry, ...]] = {}  # what came of trials and no ledger says yet
METHOD = Path(__file__).resolve().parents[2] / "docs" / "method.md"


class Shown:
    """The runs as judged with one set of thresholds; ``due`` are those to judge anew, in their order."""

    def __init__(self, due: dict[str, None]) -> None:
        self.due, self.entries = due, dict[str, Entry]()
        self.given: Mapping[str, GivenSetup] = {}
        self.any_live = False
        self._keys: dict[str, Any] = {}
        self._snapshot: Snapshot | None = None

    def put(self, entry: Entry) -> None:
        """Show the run so from now on."""
        before = self.entries.get(entry.name)
        if before is None or entry.live or not _same(before, entry):
            self.entries[entry.name], self._keys[entry.name] = entry, urgency(entry)
            self._snapshot = None

    def drop(self, name: str) -> None:
        """The run is gone."""
        if self.entries.pop(name, None) is not None:
            self._snapshot = None

    def snapshot(self, place: str, problems: tuple[str, ...], unread: int) -> Snapshot:
        """All of them, worst first; the same one as before where nothing changed."""
        before = self._snapshot
        if before is None or (before.problems, before.unread) != (problems, unread):
            entries = (
                sorted(self.entries.values(), key=lambda entry: self._keys[entry.name]) if before is None else None
            )
            before = self._snapshot = Snapshot(
                place, before.entries if entries is None and before else tuple(entries or ()), problems, unread=unread
            )
            self.any_live = any(entry.live for entry in before.entries)
        return before


def _same(before: Entry, after: Entry) -> bool:
    """Is everything the same, what was measured and found being the very same?"""
    parts = ("measured", "diagnosis")
    return all(getattr(before, part) is getattr(after, part) for part in parts) and (
        replace(before, measured=None, diagnosis=None) == replace(after, measured=None, diagnosis=None)
    )


class Watch:
    """One place with logs, opened once for all tabs; each look reads what was added since the one before."""

    def __init__(self, place: str | Path) -> None:
        self.place = str(place)
        self._logs: Logs | None = None
        self._jobs = Jobs(self.place)
        self._shown: dict[Thresholds, Shown] = {}
        self._studies: set[str] = set()
        self._thorough = True
        self._reader: Thread | None = None
        self._error = ""
        self._wanted: dict[str, Sides] = {}  # series chosen by hand that are still to be put into effect
        self._measured: dict[str, Measured] = {}
        self._trials: dict[Path, tuple[int, Trial | None]] = {}  # when its file was written, and what it said
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
                left = sum(self._snapshot(limits).unread for limits in list(self._shown))
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
        if self._logs is None:
            return Snapshot(self.place, error=self._error)
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
        live = [name for name, entry in shown.entries.items() if entry.live] if shown.any_live else []
        names = [*live, *islice((name for name in shown.due if name not in live), MOST)]
        self._find_studies(names)
        for name in names:
            shown.due.pop(name, None)
            if name in runs or name in statuses:
                entry = self._entry(name, runs.get(name), limits, given.get(name, remembered.NOTHING_GIVEN))
                shown.put(entry)
            else:
                shown.drop(name)
        unread = self._logs.unread + len(shown.due)
        return shown.snapshot(self.place, tuple(self._problems(shown.entries)), unread)

    def _find_studies(self, names: Iterable[str]) -> None:
        """Look which folders above these runs hold a study and its trials."""
        if is_url(self.place):
            return
        for folder in {folder for name in names for folder in _above(name)}:
            if Path(self.place, folder, STUDY).is_file() == (folder in self._studies):
                continue
            self._studies ^= {folder}
            self._mark([name for shown in self._shown.values() for name in shown.entries if folder in _above(name)])

    def _problems(self, names: Collection[str]) -> list[str]:
        """What could not be read; of a folder without runs, first what lies there instead."""
        logs = self._logs
        return [] if logs is None else [*([logs.nothing] if logs.nothing and not names else ()), *logs.problems]

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

    def _entry(self, name: str, run: Run | None, limits: Thresholds, given: GivenSetup) -> Entry:
        status = self._jobs.statuses.get(name)
        folder = None if is_url(self.place) else Path(self.place, name)
        study = next((above for above in _above(name) if above in self._studies), "")
        trial = self._trial(folder)
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


def ledger(entry: Entry) -> Ledger:
    """What trials in the same folder have shown, read again when one more has; what cannot be read is as if empty."""
    if entry.folder is None:
        return Ledger()
    folder = folder_of(entry.folder)
    try:
        written = (folder / LEDGER).stat()
        return _with_judged(folder, _ledger(folder, (written.st_mtime_ns, written.st_size)))
    except FileNotFoundError:
        return _with_judged(folder, Ledger())
    except (OSError, LedgerError):
        return Ledger()


def judged(entry: Entry, ended: frozenset[tuple[str, str]]) -> Ledger:
    """The ledger with what came of trials that have ended since, judged in memory: looking at a run writes nothing."""
    if entry.folder is not None:
        _judge(folder_of(entry.folder), ended)
    return ledger(entry)


@lru_cache(64)
def _judge(folder: Path, _ended: frozenset[tuple[str, str]]) -> None:
    with suppress(TrainerError, OSError):
        _judged[folder] = tuple(due(folder))


def _with_judged(folder: Path, ledger: Ledger) -> Ledger:
    new = tuple(entry for entry in _judged.get(folder, ()) if ledger.of(entry.trial) is None)
    return replace(ledger, entries=(*ledger.entries, *new)) if new else ledger


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


def _state(measured: Measured | None, status: Status | None, folder: Path | None) -> str:
    """A key of ``wording.STATES``; of a log that another program writes only its pace tells whether it has ended."""
    if status is not None and folder is not None:
        return "silent" if status.state == "running" and job.quiet(folder, status) > SILENT_AFTER else status.state
    if measured is None or measured.run.stale:
        return "gone"
    return "ended" if measured.pace.is_silent(time.time()) else "written"
