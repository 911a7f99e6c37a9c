"""HistoryFile: the scalars of a history that is no event file: CSV, JSON lines, Hugging Face's trainer state."""

from __future__ import annotations

import csv
import errno
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from diagnostics.logs.run import Rows, Skipped
from diagnostics.trials.ledger import LEDGER

_STEP_NAMES = ("step", "global_step", "steps", "iteration", "iterations", "iter", "epoch", "epochs")  # in this order
_TIME_NAMES = ("wall_time", "timestamp", "_timestamp")
TRAINER_STATE = "trainer_state.json"  # Hugging Face
_LARGEST_STEP = 1 << 62
_SETTLED = 5.0  # seconds; a file that rested for so long has a last line, even without an end of line
_LARGEST = 64 << 20  # bytes; a larger table is data, not the history of a training

Record = Mapping[str, Any]
"""What was logged at one step: name -> number, or anything else, which is left out."""


class HistoryError(ValueError):
    """The file is no training history; the message says what is missing."""


def is_named_like_a_history(name: str) -> bool:
    """Whether a file of this name may be a training history; its content decides."""
    return name == TRAINER_STATE or (name.endswith((".csv", ".jsonl")) and name != LEDGER)


class HistoryFile:
    """One training history, read as a whole when it changes; the same interface as ``EventFile``."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.stale = False
        self.scalars: dict[str, Rows] = {}
        self.texts: dict[str, str] = {}
        self.hparams: dict[str, bool | float | str] = {}
        self.skipped = Skipped()
        self.first_wall_time: float | None = None
        self._seen: tuple[int, int, int] | None = None

    def poll(self) -> bool:
        """Read the file if it changed since the last poll; True when anything did.

        A file that is no training history has no scalars. Raises ``OSError`` when it cannot be read.
        """
        try:
            status = os.stat(self.path)
        except FileNotFoundError:
            newly_gone, self.stale = not self.stale, True
            return newly_gone
        seen = (status.st_ino, status.st_size, status.st_mtime_ns)
        if seen == self._seen and not self.stale:
            return False
        if status.st_size > _LARGEST:
            raise OSError(errno.EFBIG, f"it has more than {_LARGEST >> 20} MiB, which is data and no history")
        self._seen, self.stale = seen, False
        before, text = self.scalars, self.path.read_text(encoding="utf-8-sig", errors="replace")
        if not text.endswith("\n") and time.time() - status.st_mtime < _SETTLED and self.path.name != TRAINER_STATE:
            text, self._seen = text[: text.rfind("\n") + 1], None  # the last line may not be finished; look again
        try:
            self._read(text, status.st_mtime)
        except HistoryError:
            self.scalars, self.skipped = {}, Skipped()
        return not _are_equal(before, self.scalars)

    def _read(self, text: str, changed: float) -> None:
        records, damaged = _format_of(self.path.name)(text)
        step_name = _step_name(records)
        series: dict[str, list[tuple[int, float, float]]] = {}
        for record in records:
            step = _number(record.get(step_name))
            if step is None or not step.is_integer() or abs(step) > _LARGEST_STEP:
                damaged += 1
                continue
            wall_time = next((time for name in _TIME_NAMES if (time := _number(record.get(name)))), changed)
            for name, value in record.items():
                number = _number(value)
                if number is not None and name != step_name and name not in _TIME_NAMES:
                    series.setdefault(name, []).append((int(step), wall_time, number))
        longest = max(map(len, series.values()), default=0)  # two rows may be a training and its restart
        newest_first = longest > 2 and all(_goes_down(rows) for rows in series.values())
        self.scalars = {name: _rows(rows[::-1] if newest_first else rows) for name, rows in series.items()}
        self.skipped = Skipped(records=damaged)
        self.first_wall_time = min((float(rows.wall_times[0]) for rows in self.scalars.values()), default=None)


def _format_of(name: str) -> Callable[[str], tuple[list[Record], int]]:
    if name == TRAINER_STATE:
        return _trainer_state
    return _csv if name.endswith(".csv") else _json_lines


def _csv(text: str) -> tuple[list[Record], int]:
    """The lines of a table with a header, and how many are damaged."""
    rows = list(csv.reader(text.splitlines()))
    if not rows:
        raise HistoryError("the table has no header yet")
    names = [name.strip() for name in rows[0]]
    whole = [row for row in rows[1:] if len(row) == len(names)]
    return [dict(zip(names, row, strict=True)) for row in whole], sum(bool(row) for row in rows[1:]) - len(whole)


def _json_lines(text: str) -> tuple[list[Record], int]:
    """The objects of a file with one a line, nested names joined by ``/``, and how many lines are damaged."""
    records: list[Record] = []
    damaged = 0
    for line in filter(str.strip, text.splitlines()):
        try:
            record = json.loads(line)
        except ValueError:
            record = None
        if isinstance(record, dict):
            records.append(dict(_flat(record)))
        else:
            damaged += 1
    return records, damaged


def _trainer_state(text: str) -> tuple[list[Record], int]:
    """Hugging Face's history, with the names that its own TensorBoard callback would give."""
    try:
        history = json.loads(text)["log_history"]
        return [{_as_tag(name): value for name, value in entry.items()} for entry in history], 0
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise HistoryError("no log_history") from error


def _as_tag(name: str) -> str:
    if name in ("step", "epoch"):
        return name
    split, _, rest = name.partition("_")
    return f"{split}/{rest}" if split in ("eval", "test") and rest else f"train/{name}"


def _flat(record: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in record.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}/")
        else:
            yield prefix + name, value


def _step_name(records: Iterable[Record]) -> str:
    """The column that counts the steps. Raises ``HistoryError`` when there is none."""
    names = {name.lower(): name for record in records for name in record}
    for wanted in _STEP_NAMES:
        if wanted in names:
            return names[wanted]
    raise HistoryError(f"no column is named {', '.join(_STEP_NAMES[:-1])} or {_STEP_NAMES[-1]}")


def _number(value: Any) -> float | None:
    """The value if it is a number or the text of one; NaN and infinity are numbers, an empty field and a bool not."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _goes_down(rows: list[tuple[int, float, float]]) -> bool:
    """Whether every step is below the one before, as in a table that was exported with the newest row first."""
    return all(later[0] < earlier[0] for earlier, later in pairwise(rows))


def _rows(rows: list[tuple[int, float, float]]) -> Rows:
    steps, wall_times, values = zip(*rows, strict=True)
    return Rows(np.array(steps, np.int64), np.array(wall_times, np.float64), np.array(values, np.float64))


def _are_equal(before: Mapping[str, Rows], after: Mapping[str, Rows]) -> bool:
    return before.keys() == after.keys() and all(
        np.array_equal(old, new, equal_nan=True)
        for tag in before
        for old, new in zip(before[tag][::2], after[tag][::2], strict=True)
    )
