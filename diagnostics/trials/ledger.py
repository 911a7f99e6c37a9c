"""Ledger: what was predicted of the trials in a folder, and what came of them."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist
from time import time
from typing import Any, NamedTuple, get_args

import numpy as np

from diagnostics.files import read_regular
from diagnostics.report.words import better
from diagnostics.trials.belief import agrees
from diagnostics.trials.ledger_entry import LedgerEntry, Word
from diagnostics.trials.trial_file import Effect, Kind, read_change, read_effect, read_number, read_text

LEDGER = "ledger.jsonl"
_LARGEST = 64 << 20  # bytes
LARGEST, DAY = 1e3, 86400.0  # a relative change, and seconds that another machine's clock may be ahead
ENOUGH = 10  # trials here, after which a prediction from elsewhere counts no more
# of the way from the median to 10 %, where 30 % is on a normal distribution
_NEAR = NormalDist().inv_cdf(0.3) / NormalDist().inv_cdf(0.1)


class LedgerError(ValueError):
    """The ledger cannot be read or written; the message says why and the way out."""


class TrackRecord(NamedTuple):
    """What came of one kind of advice: ``helped`` in as many of ``trials``; the ``effect`` measured in them.

    The predicted range held in ``covered`` of ``intervals`` trials that had one. ``elsewhere`` were settled on another
    machine, or by another user.
    """

    trials: int
    helped: int
    effect: Effect
    covered: int
    intervals: int
    elsewhere: int = 0

    @property
    def median(self) -> float:
        """Of the relative changes of the best validation loss."""
        return self.effect.median

    @property
    def sentence(self) -> str:
        """For a person, with the hits and the coverage."""
        sentence = f"Helped in {self.helped} of {self.trials} {'trial' if self.trials == 1 else 'trials'} here"
        sentence += f" ({self.elsewhere} on another machine or by another user)" if self.elsewhere else ""
        sentence += f", median {better(self.median)}"
        held = f"; the predicted range held in {self.covered} of {self.intervals}" if self.intervals else ""
        return f"{sentence}{held}."


@dataclass(frozen=True)
class Ledger:
    """The entries of one folder that agree with their trials' folders, the first one of each trial.

    Of a trial that had failed and was continued, the first entry that it ended well counts.

    ``skipped`` lines could not be understood, or have numbers that no trial gives; ``unproven`` are the entries whose
    trial is gone or another one, which count for nothing.
    """

    entries: tuple[LedgerEntry, ...] = ()
    skipped: int = 0
    unproven: tuple[LedgerEntry, ...] = ()

    def of(self, trial: str) -> LedgerEntry | None:
        """What came of the trial in that folder, relative to the ledger's; None while it is not settled."""
        return next((entry for entry in self.entries if entry.trial == trial), None)

    def best_confirmed(self, parent: str) -> LedgerEntry | None:
        """The trial of full length that improved a run the most, of those that were confirmed; None without one.

        ``parent`` is the run's folder, relative to the ledger's.
        """
        confirmed = [
            entry
            for entry in self.entries
            if entry.parent == parent and entry.kind == "full" and entry.outcome == "confirmed"
        ]
        return min(confirmed, key=lambda entry: entry.difference or 0.0, default=None)

    def track_record(self, levers: Collection[str], *, weaker: bool = False) -> TrackRecord | None:
        """What came of changing exactly these regularizers, to stronger or to weaker; None without a full trial.

        Branches rank doses and prove no effect, so that they do not count, and neither does what failed.
        """
        entries = self._settled(levers, weaker)
        differences = [entry.difference for entry in entries if entry.difference is not None]
        if not differences:
            return None
        held = [entry.covered for entry in entries if entry.covered is not None]
        helped = sum(entry.outcome == "confirmed" for entry in entries)
        elsewhere = sum(not entry.here for entry in entries)
        return TrackRecord(len(differences), helped, _effect(differences), sum(held), len(held), elsewhere)

    def expect(self, prior: Effect | None, levers: Collection[str], *, weaker: bool = False) -> Effect | None:
        """What to expect of the change: the prediction from elsewhere, which the trials here replace as they add up.

        Up to 9 trials, it counts as 5 more of them, at its 10, 30, 50, 70 and 90 %; from 10 on, they alone count, and
        without a prediction nothing is expected before.
        """
        entries = self._settled(levers, weaker)
        differences = [entry.difference for entry in entries if entry.difference is not None]
        if len(differences) >= ENOUGH:
            return _effect(differences)
        return prior if prior is None else _effect([*differences, *_as_trials(prior)])

    def _settled(self, levers: Collection[str], weaker: bool) -> list[LedgerEntry]:
        """The full trials that came to an end and changed exactly these."""
        return [
            entry
            for entry in self.entries
            if entry.kind == "full"
            and entry.difference is not None
            and entry.change.keys() == set(levers)
            and entry.weakens is weaker
        ]


def folder_of(run_dir: str | os.PathLike[str]) -> Path:
    """Where the ledger of a run and of its trials lies: in the folder that holds the run's own."""
    return Path(os.path.abspath(os.path.expanduser(run_dir))).parent


def read(folder: str | os.PathLike[str]) -> Ledger:
    """The ledger of the runs in ``folder``; empty where nothing was tried. Raises ``LedgerError``."""
    path = Path(folder, LEDGER)
    try:
        if path.is_symlink() or (path.exists() and not path.is_file()):
            raise LedgerError(f"cannot read {path}: it is no regular file; put the ledger itself there, or remove it")
        lines = read_regular(path, at_most=_LARGEST).splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return Ledger()
    except OSError as error:
        raise LedgerError(f"cannot read {path}: {error.strerror}") from error
    understood = [_entry(line) for line in lines if line.strip()]
    entries = [entry for entry in understood if entry is not None]
    proven = [entry for entry in entries if agrees(Path(folder), entry)]
    first: dict[str, LedgerEntry] = {}
    for entry in proven:
        earlier = first.setdefault(entry.trial, entry)
        if earlier.outcome == "failed" and entry.outcome != "failed":
            first[entry.trial] = entry
    unproven = tuple(entry for entry in entries if entry.trial not in first)
    return Ledger(tuple(first.values()), understood.count(None), unproven)


def _entry(line: bytes) -> LedgerEntry | None:
    """A line as an entry; None for one that is torn, damaged or of another program."""
    try:
        fields = json.loads(line)
        entry = LedgerEntry(
            trial=_text(fields["trial"]),
            parent=_text(fields["parent"]),
            change=read_change(fields["change"]),
            kind=fields["kind"],
            outcome=fields["outcome"],
            expected=read_effect(fields.get("expected")),
            difference=read_number(fields.get("difference")),
            error=read_number(fields.get("error")),
            before=read_text(fields.get("before")),
            after=read_text(fields.get("after")),
            time=read_number(fields.get("time")) or 0.0,
            machine=read_text(fields.get("machine")) or "",
        )
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, OverflowError):
        return None
    known = entry.kind in get_args(Kind) and entry.outcome in get_args(Word)
    return entry if known and _possible(entry) else None


def _possible(entry: LedgerEntry) -> bool:
    """Could a trial give these numbers?"""
    expected, strengths = entry.expected, [strength for pair in entry.change.values() for strength in pair]
    return (
        (entry.difference is None or entry.outcome != "failed")
        and (entry.difference is None or abs(entry.difference) <= LARGEST)
        and (entry.error is None or 0 <= entry.error <= LARGEST)
        and (expected is None or -1 <= expected.low <= expected.median <= expected.high <= LARGEST)
        and all(strength is None or strength >= 0 for strength in strengths)
        and 0 <= entry.time <= time() + DAY
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _effect(differences: Iterable[float]) -> Effect:
    """Median, 10 % and 90 % of the cases, of which each stands for the middle of its share.

    The fifth definition of Hyndman and Fan 1996, https://doi.org/10.1080/00031305.1996.10473566.
    """
    low, median, high = np.quantile(list(differences), (0.1, 0.5, 0.9), method="hazen")
    return Effect(float(median), float(low), float(high))


def _as_trials(prior: Effect) -> Iterator[float]:
    """Five trials with the quantiles of a prediction; a normal distribution on each side of its median."""
    yield from (prior.low, prior.high, prior.median)
    yield from (prior.median + _NEAR * (end - prior.median) for end in (prior.low, prior.high))
