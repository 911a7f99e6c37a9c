"""History: what a file says of a training, whatever its format: scalars by tag, the same shape as an event file's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice, pairwise
from typing import Any

import numpy as np

from diagnostics.logs.matching.naming import read_name
from diagnostics.logs.run import Rows

STEPS = (  # what counts the steps, the most telling name first
    *("step", "_step", "global_step", "trainer/global_step", "steps", "iteration", "iterations", "iter", "num_updates"),
    *("epoch", "epochs", "epoche", "round", "nr"),
)
TIMES = ("wall_time", "timestamp", "_timestamp")
_COLORS = re.compile(r"\x1b\[[0-9;]{0,20}m")
LARGEST_STEP = 1 << 62

Record = Mapping[str, Any]
"""What was logged at one step: name -> number, or anything else, which is left out."""
HParam = bool | float | str


MOST_SERIES = 50_000
_SOME = 1000  # names, enough to tell a history


class HistoryError(ValueError):
    """The file is no training history of this format; the message says what is missing."""


class DamagedError(HistoryError):
    """The file says that it is of this format and cannot be read; the message says why and the way out."""


@dataclass(frozen=True)
class RawFile:
    """A file as it was read: its path inside the log folder, its bytes, and when it was last written."""

    path: str
    content: bytes
    changed: float

    @property
    def name(self) -> str:
        """The file's own name in lower case."""
        return self.path.rpartition("/")[2].lower()

    @cached_property
    def text(self) -> str:
        """The content as text, without a terminal's colors; what is no text is replaced."""
        encoding = "utf-16" if self.content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        text = self.content.decode(encoding, errors="replace")
        return _COLORS.sub("", text) if "\x1b" in text else text


@dataclass(frozen=True)
class History:
    """One training of a file. ``name`` tells those of one file apart, ``damaged`` counts lines that were left out.

    ``exported`` says that the file is our own export of logs that lie elsewhere.
    """

    scalars: Mapping[str, Rows]
    name: str = ""
    damaged: int = 0
    exported: bool = False
    hparams: Mapping[str, HParam] = field(default_factory=dict)
    boosting: str | None = None


def from_records(records: Sequence[Record], source: RawFile, *, damaged: int = 0, step: str | None = None) -> History:
    """The scalars of records in file order; ``step`` is the name that counts, else the most telling one.

    Raises ``HistoryError`` when nothing counts the steps.
    """
    step_name = step or step_name_of(records)
    times = {name for record in records[:1] for name in record if plain_name(name) in TIMES}
    series: dict[str, list[tuple[int, float, float]]] = {}
    for record in records:
        at = count(record.get(step_name))
        if at is None or not at.is_integer() or abs(at) > LARGEST_STEP:
            damaged += 1
            continue
        wall_time = next((time for name in times if (time := number(record.get(name))) is not None), source.changed)
        wall_time = wall_time if np.isfinite(wall_time) else source.changed
        for name, value in record.items():
            logged = number(value)
            if logged is not None and name != step_name and name not in times:
                series.setdefault(name, []).append((int(at), wall_time, logged))
        need_few(series, len(series))
    longest = max(map(len, series.values()), default=0)  # two rows may be a training and its restart
    newest_first = longest > 2 and all(_goes_down(rows) for rows in series.values())
    scalars = {name: rows_of(rows[::-1] if newest_first else rows) for name, rows in series.items()}
    return History(scalars, damaged=damaged)


def from_lists(lists: Mapping[str, Sequence[Any]], source: RawFile) -> History:
    """The scalars of one list a name, whose places are the steps; ``None`` and empty fields are left out."""
    need_few(lists, len(lists))
    scalars = {}
    for name, values in lists.items():
        numbers = [
            (step, source.changed, logged) for step, value in enumerate(values) if (logged := number(value)) is not None
        ]
        if numbers:
            scalars[name] = rows_of(numbers)
    return History(scalars)


def need_few(names: Iterable[str], count: int) -> None:
    """Raise ``DamagedError`` where a history has more series than a training logs, as reading them would take long.

    Of other files it is a ``HistoryError``.
    """
    if count > MOST_SERIES:
        if measures_a_fit(list(islice(names, _SOME))):
            raise DamagedError(f"it has more than {MOST_SERIES:,} series, which is data and no history")
        raise HistoryError("it is no training history")


def step_name_of(records: Sequence[Record]) -> str:
    """The name that counts the steps: of those that people use, the first that is mostly whole numbers.

    Raises ``HistoryError`` when there is none.
    """
    names = {plain_name(name): name for record in records for name in record}
    for wanted in STEPS:
        if wanted in names:
            values = [count(record[names[wanted]]) for record in records if names[wanted] in record]
            counted = [value for value in values if value is not None]
            if 2 * sum(value.is_integer() for value in counted) > len(counted) or not counted:
                return _epoch_instead(records, names[wanted], names.get("epoch")) or names[wanted]
    raise HistoryError(f"nothing is named {', '.join(STEPS[:-1])} or {STEPS[-1]}")


def _epoch_instead(records: Sequence[Record], step: str, epoch: str | None) -> str | None:
    """The epoch, where each begins with steps that are no further on: then they are counted within it."""
    if epoch is None or epoch == step:
        return None
    pairs = [(number(record.get(step)), number(record.get(epoch))) for record in records]
    known = [(at, of) for at, of in pairs if at is not None and of is not None]
    begun = [after[0] <= before[0] for before, after in pairwise(known) if after[1] > before[1]]
    return epoch if begun and all(begun) else None


def is_step_name(name: str) -> bool:
    """Whether a name counts the steps."""
    return plain_name(name) in STEPS


def plain_name(name: str) -> str:
    """The name of a column as programs write it: ``Global Step`` is ``global_step``."""
    return name.strip().lower().replace(" ", "_")


def measures_a_fit(names: Iterator[str] | Sequence[str]) -> bool:
    """Whether one of the names is that of a loss, a metric, or a quantity of reinforcement or adversarial learning."""
    return any(read_name(name).fits or read_name(name).kind == "contest" for name in names)


def number(value: Any) -> float | None:
    """The value if it is a number or the text of one; NaN and infinity are numbers, an empty field and a bool not."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def count(value: Any) -> float | None:
    """The value of a column that counts: a number, or ``3/100``."""
    return number(value.partition("/")[0] if isinstance(value, str) else value)


def flat(record: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The names of nested objects joined by ``/``, with their values."""
    for name, value in record.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{name}/")
        else:
            yield prefix + name, value


def rows_of(rows: Sequence[tuple[int, float, float]]) -> Rows:
    """Steps, wall times and values in columns."""
    steps, wall_times, values = zip(*rows, strict=True)
    return Rows(np.array(steps, np.int64), np.array(wall_times, np.float64), np.array(values, np.float64))


def _goes_down(rows: Sequence[tuple[int, float, float]]) -> bool:
    """Whether every step is below the one before, as in a table that was exported with the newest row first."""
    return all(later[0] < earlier[0] for earlier, later in pairwise(rows))
