"""Long tables: a row for each value of each series (metric, step, value), of one run or of several."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from diagnostics.logs.histories.history import (
    TIMES,
    History,
    HistoryError,
    HParam,
    RawFile,
    Record,
    from_records,
    is_step_name,
    plain_name,
)
from diagnostics.logs.matching.tokens import split_of, words

_SERIES = (
    *("attribute_path", "path", "metric", "metric_name", "tag", "key", "variable", "name"),
    *("measure", "measurement", "quantity"),
)
_VALUES = ("float_value", "value", "int_value", "bool_value", "string_value", "metric_value")
RUNS = ("run_id", "run", "run_name", "custom_run_id", "sys/id", "experiment", "trial")
EXPORTED = ("run", "kind", "place", "name", "step", "time", "value", "text")  # the columns of our own export
_LEAST = 3  # rows of a run in a table with a row a step
MODES = ("mode", "split", "phase", "stage", "subset")  # of a row that says beside its numbers whose they are
PERHAPS_MODES = ("type", "kind", "set", "dataset", "part")  # where they name a side


def is_long(names: Sequence[str]) -> bool:
    """Whether columns of these names hold a series, and its values one below the other."""
    plain = set(map(plain_name, names))
    return bool(plain & set(_SERIES)) and bool(plain & set(_VALUES))


def read_rows(rows: Sequence[Record], source: RawFile) -> list[History]:
    """Each run of the rows, which have the same names, a row a step or a row a value.

    In a long table without a column of steps each series counts its own; values that have no step in one that has
    steps are hyperparameters.
    """
    if not rows:
        raise HistoryError("the table has no rows yet")
    long, run = is_long(list(rows[0])), _first(rows, RUNS)
    runs: dict[str, list[Record]] = {}
    for row in rows:
        runs.setdefault(str(row[run]) if run else "", []).append(row)
    if not long and len(rows) < _LEAST * len(runs):  # a row for each training of a sweep
        runs = {"": list(rows)}
    histories = []
    exported = tuple(rows[0]) == EXPORTED
    for name, its in runs.items():
        history = _pivoted(its, source) if long else from_records([_with_side(row) for row in its], source)
        histories.append(replace(history, name=name if len(runs) > 1 else "", exported=exported))
    return histories


def _pivoted(rows: Sequence[Record], source: RawFile) -> History:
    series, mode, time = _first(rows, _SERIES), _first(rows, MODES), _first(rows, TIMES)
    values = [name for wanted in _VALUES for name in rows[0] if plain_name(name) == wanted]
    step = next((name for name in rows[0] if is_step_name(name)), None)
    counted: Counter[str] = Counter()
    records: list[dict[str, Any]] = []
    hparams: dict[str, HParam] = {}
    for row in rows:
        value = next((row[name] for name in values if row[name] not in (None, "")), None)
        tag = str(row[series or ""])
        if mode and _is_side(row[mode]):
            tag = f"{row[mode]}/{tag}"
        if value is None:
            continue
        if step is None or row[step] not in (None, ""):
            at = counted[tag] if step is None else row[step]
            records.append({"step": at, "timestamp": row[time] if time else None, tag: value})
            counted[tag] += 1
        else:
            hparams[tag] = value
    history = from_records(records, source, step="step")
    return History(history.scalars, damaged=history.damaged, hparams=hparams)


def _with_side(row: Record) -> Record:
    """The row with its side in front of its names, where a column says whether it is training's or validation's."""
    return with_mode(row) if any(_is_side(row.get(name)) for name in (*MODES, *PERHAPS_MODES)) else row


def _is_side(value: object) -> bool:
    return isinstance(value, str) and split_of(words(value)) is not None


def with_mode(record: Record) -> Record:
    """The record with whose numbers they are in front of their names, where it says so itself."""
    mode = next((record[name] for name in MODES if isinstance(record.get(name), str)), None)
    mode = mode or next((record[name] for name in PERHAPS_MODES if _is_side(record.get(name))), None)
    if mode is None:
        return record
    counters = {"step", "iter", "epoch", "iteration", "global_step", "wall_time", "timestamp"}
    return {name if name in counters else f"{mode}/{name}": value for name, value in record.items()}


def _first(rows: Sequence[Record], wanted: Sequence[str]) -> str | None:
    names = {plain_name(name): name for name in rows[0]} if rows else {}
    return next((names[name] for name in wanted if name in names), None)
