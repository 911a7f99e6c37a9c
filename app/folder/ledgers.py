"""Ledgers: what trials beside a run have shown, read again when one more has."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from app.folder.entries import Entry
from diagnostics.trials.ledger import LEDGER, Ledger, LedgerError, folder_of, read
from diagnostics.trials.ledger_entry import LedgerEntry
from trainer.errors import TrainerError
from trainer.trials.settle import due

_judged: dict[Path, tuple[LedgerEntry, ...]] = {}  # what came of trials and no ledger says yet


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
