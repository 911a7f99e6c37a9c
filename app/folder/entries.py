"""Entries: the runs of a folder as the app shows them, and what is kept of each until it changes."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from app.charts.spark import spark, spark_lines
from app.folder import quantities
from app.folder.labels import called
from diagnostics import (
    Curve,
    CurveError,
    Diagnosis,
    GivenSetup,
    Outlook,
    Recommendation,
    Run,
    RunDiagnosis,
    Setup,
    diagnose_run,
    outlook,
    recommend,
    setup_of,
)
from diagnostics.logs.pace import pace_of
from diagnostics.report import results
from diagnostics.report.close_up import CloseUp, close_up
from diagnostics.report.results import URGENCY
from diagnostics.report.run_names import MOST, short_names
from diagnostics.thresholds import Thresholds
from diagnostics.trials.ledger import Ledger
from diagnostics.trials.next_step import Attempt, NextStep, next_step
from diagnostics.trials.trial_file import Trial
from trainer.job import Status

T = TypeVar("T")
STANDARD = Thresholds()
WHOLE = "."  # the name of a run that is the whole place
KEPT = 8  # sets of thresholds whose diagnoses are kept
LIVE = frozenset({"starting", "running", "paused", "silent", "written"})  # the states in which more is to come


class Measured:
    """What is worth keeping of a run until it changes."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._diagnoses: dict[tuple[Thresholds, bool, int | None], tuple[RunDiagnosis | None, str]] = {}
        self._setup: tuple[GivenSetup | None, Setup] | None = None
        self._advice: tuple[tuple[Diagnosis, Setup, Ledger | None], tuple[Recommendation, ...]] | None = None
        self._next: tuple[tuple[tuple[Recommendation, ...], Sequence[Attempt]], NextStep] | None = None
        self._made: dict[tuple[object, ...], tuple[tuple[object, ...], Any]] = {}
        self._making = Lock()
        self.pace = pace_of(run)

    def once(self, make: Callable[[], T], values: tuple[Hashable, ...], objects: tuple[object, ...] = ()) -> T:
        """What ``make`` makes of the run, made once for all tabs, which wait for each other; nobody may change it.

        It depends on these values and these very objects alone.
        """
        basis = (*values, *map(id, objects))
        with self._making:
            if basis not in self._made:
                if len(self._made) >= KEPT:
                    del self._made[next(iter(self._made))]
                self._made[basis] = objects, make()  # with the objects, or another one could get the number of one
            made: T = self._made[basis][1]
            return made

    def diagnose(
        self, limits: Thresholds, *, finished: bool = False, val_samples: int | None = None
    ) -> tuple[RunDiagnosis | None, str]:
        """The diagnosis with these thresholds, or a sentence on why there is none.

        ``val_samples`` is how many samples validation has, where a person gave it.
        """
        basis = limits, finished, val_samples
        if basis not in self._diagnoses:
            if len(self._diagnoses) >= KEPT:
                del self._diagnoses[next(iter(self._diagnoses))]
            self._diagnoses[basis] = _diagnosed(self.run, *basis)
        return self._diagnoses[basis]

    @property
    def has_setup(self) -> bool:
        """Whether somebody has asked how it was trained; the first asking reads files."""
        return self._setup is not None

    def setup(self, place: str, given: GivenSetup | None = None) -> Setup:
        """How it was trained, as far as a person told or the log says; ``place`` is the log folder."""
        if self._setup is None or self._setup[0] != given:
            self._setup = given, setup_of(self.run, place, given)
        return self._setup[1]

    def advice(
        self, diagnosis: Diagnosis, place: str, given: GivenSetup | None = None, ledger: Ledger | None = None
    ) -> tuple[Recommendation, ...]:
        """What to change after that diagnosis, the most useful first; ``ledger`` holds the trials beside the run."""
        basis = diagnosis, self.setup(place, given), ledger
        if self._advice is None or self._advice[0] != basis:
            self._advice = basis, recommend(*basis)
        return self._advice[1]

    def next_step(
        self, diagnosis: Diagnosis, place: str, given: GivenSetup | None, ledger: Ledger, attempts: Sequence[Attempt]
    ) -> NextStep:
        """What to do next after that diagnosis and these trials of the run."""
        basis = self.advice(diagnosis, place, given, ledger), attempts
        if self._next is None or self._next[0] != basis:
            self._next = basis, next_step(basis[0], diagnosis, self.setup(place, given), attempts)
        return self._next[1]

    @cached_property
    def outlook(self) -> Outlook | None:
        """Whether training on is worth it; computed when first asked for."""
        return outlook(self.run)

    @cached_property
    def gap(self) -> float | None:
        """How much worse validation is than training at the last point."""
        return quantities.last_gap(self.run)

    @cached_property
    def courses(self) -> list[quantities.Course]:
        """What the judged quantity and the one beside it came to."""
        return quantities.courses(self.run)

    def spark(self, diagnosis: RunDiagnosis | None) -> str | None:
        """Both curves as a picture for a table cell, in it the part that a chart shows after that diagnosis."""
        return self.once(lambda: spark(*self._drawn(diagnosis)), ("spark",), (diagnosis,))

    def lines(self, diagnosis: RunDiagnosis | None) -> dict[str, str]:
        """The same as paths of a smaller picture."""
        return self.once(lambda: spark_lines(*self._drawn(diagnosis)), ("lines",), (diagnosis,))

    def _drawn(self, diagnosis: RunDiagnosis | None) -> tuple[Curve | None, Curve | None, CloseUp | None]:
        return self.run.train, self.run.val, close_up(self.run, diagnosis)


def _diagnosed(
    run: Run, limits: Thresholds, finished: bool, val_samples: int | None
) -> tuple[RunDiagnosis | None, str]:
    try:
        return diagnose_run(run, finished=finished, val_samples=val_samples, **vars(limits)), ""
    except CurveError as error:
        return None, str(error)


@dataclass(frozen=True)
class Entry:
    """One run as the app shows it: what its log holds, what was found, and what its process says, if it is ours.

    ``folder`` is None behind a URL. ``trouble`` is a sentence on why there is no verdict. ``state`` is a key of
    ``wording.STATES``. ``trial`` is what it tries out of another run or for a study, ``study`` the folder of the study
    it lies in, relative to the place; empty for a run that is none's.
    """

    name: str
    folder: Path | None
    state: str
    measured: Measured | None = None
    diagnosis: RunDiagnosis | None = None
    job: Status | None = None
    trouble: str = ""
    trial: Trial | None = None
    study: str = ""

    @property
    def run(self) -> Run | None:
        """What the log holds; ``None`` before its first scalar."""
        return self.measured.run if self.measured is not None else None

    @property
    def outlook(self) -> Outlook | None:
        """Whether training on is worth it, where that can be said."""
        return self.measured.outlook if self.measured is not None else None

    @property
    def live(self) -> bool:
        """Whether more is to come, so that a page showing it has to tick."""
        return self.state in LIVE

    @property
    def age(self) -> float | None:
        """Seconds since something was last written into the log."""
        written = self.measured.pace.written if self.measured is not None else None
        return None if written is None else max(0.0, time.time() - written)

    @property
    def left(self) -> float | None:
        """Minutes until a training of ours is done, at its latest pace; ``None`` while there is none to go by."""
        if self.job is None or self.measured is None or self.state != "running" or not self.measured.pace.interval:
            return None
        return max(0, self.job.epochs - self.job.epoch) * self.measured.pace.interval / 60

    @property
    def points(self) -> int:
        """How many points there are to go by: of validation, or of training where there is none."""
        return self.run.points if self.run is not None else 0

    @property
    def val(self) -> Curve | None:
        """The validation curve, if there is one."""
        return self.run.val if self.run is not None else None


@dataclass(frozen=True)
class Snapshot:
    """All runs of a place at one moment, worst first; ``error`` says why the place could not be opened.

    ``unread`` is how many log files or verdicts of very many are still to come. ``version`` is another one whenever
    anything that a page shows of the runs has changed, their age aside.
    """

    place: str
    entries: tuple[Entry, ...] = ()
    problems: tuple[str, ...] = ()
    error: str = ""
    unread: int = 0
    version: int | str = 0

    @property
    def names(self) -> list[str]:
        """The runs' names, worst first."""
        return [entry.name for entry in self.entries]

    @property
    def short(self) -> Mapping[str, str]:
        """What each run is called where there is little room, by what tells it from the others."""
        return self.shortened(MOST)

    def shortened(self, most: int) -> Mapping[str, str]:
        """The same in about ``most`` letters; a run that is the whole place is called as its folder."""
        short = short_names(self.names, most=most)
        return {**short, WHOLE: called(WHOLE, self.place)} if WHOLE in short else short

    @property
    def live(self) -> bool:
        """Whether any run is still being written, or still to be read."""
        return self.unread > 0 or any(entry.live for entry in self.entries)

    def get(self, name: str) -> Entry | None:
        """The run of that name, or ``None``."""
        return next((entry for entry in self.entries if entry.name == name), None)


def urgency(entry: Entry) -> results.Urgency:
    """Worst first, as everywhere; a crashed run stands with the diverged ones, whatever it was."""
    if entry.diagnosis is None:
        return (0 if entry.state == "failed" else len(URGENCY), 0.0, 0.0, results.as_counted(entry.name))
    order = results.urgency(entry.name, entry.diagnosis)
    return (0, *order[1:]) if entry.state == "failed" else order
