"""Databases: the SQLite files of trackio and MLflow, read from their bytes, so that nothing is written beside them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from diagnostics.logs.histories.history import (
    DamagedError,
    History,
    HistoryError,
    HParam,
    RawFile,
    Record,
    flat,
    from_records,
)

HEADER = b"SQLite format 3\0"
DATABASES, AHEAD = (".db", ".sqlite", ".sqlite3"), "-wal"  # what SQLite calls the file it writes ahead into
_VERSIONS = slice(18, 20)  # 2 in files that write ahead, which cannot be opened from memory; 1 in others
_PATIENCE = 50_000_000  # instructions of the database; a table that needs more is no table
# no tables that a module or an expression computes, which could give any amount
_PLAIN_TABLES = """
    SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'
    AND NOT EXISTS (SELECT 1 FROM pragma_table_xinfo(sqlite_master.name) WHERE hidden > 0)
"""
_RUN_NAME = "mlflow.runName"

Runs = dict[str, tuple[list[Record], dict[str, HParam]]]


def read_database(source: RawFile) -> list[History]:
    """Every run of the file, with its settings as hyperparameters."""
    content = bytearray(source.content)
    if not content.startswith(HEADER):
        raise HistoryError("it is no SQLite")
    content[_VERSIONS] = b"\1\1"
    try:
        with closing(sqlite3.connect(":memory:")) as database:
            database.deserialize(bytes(content))
            database.execute("PRAGMA trusted_schema = OFF")
            database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, len(content))  # of one value; a column may be computed
            database.set_progress_handler(lambda: True, _PATIENCE)
            runs = _reader_for(database)(_Table(database, len(content)))
    except (sqlite3.Error, sqlite3.Warning, ValueError, TypeError, OverflowError) as error:
        if "malformed" in str(error) and b"metrics" in content:
            raise DamagedError("it is a SQLite database that is damaged or cut short; copy it again") from error
        raise HistoryError("it has no tables of trackio or MLflow") from error
    histories = []
    for name, (records, hparams) in runs.items():
        scalars = from_records(records, source, step="step").scalars
        histories.append(History(scalars, name if len(runs) > 1 else "", hparams=hparams))
    return histories


def with_ahead(content: bytes, ahead: bytes) -> bytes:
    """A database with what was written ahead of it, put together in a copy: the log's own files stay as they are."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "copy.db")
        path.write_bytes(content)
        Path(f"{path}{AHEAD}").write_bytes(ahead)
        try:
            with closing(sqlite3.connect(path)) as database:
                return database.serialize()
        except (sqlite3.Error, sqlite3.Warning):
            return content


class _Table:
    """What queries give, which in an honest file is no more text than the file has bytes."""

    def __init__(self, database: sqlite3.Connection, most: int) -> None:
        self._database, self._left = database, most

    def rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        for row in self._database.execute(query):
            self._left -= sum(len(value) for value in row if isinstance(value, str | bytes))
            if self._left < 0:
                raise HistoryError("its tables compute more text than the file holds")
            yield row


def _reader_for(database: sqlite3.Connection) -> Callable[[_Table], Runs]:
    tables = {name for (name,) in database.execute(_PLAIN_TABLES)}
    if {"metrics", "params", "runs"} <= tables:
        return _mlflow
    if "metrics" in tables:
        return _trackio
    raise HistoryError("it has no table of metrics")


def _trackio(table: _Table) -> Runs:
    runs: Runs = {}
    for name, step, metrics, time in table.rows("SELECT run_name, step, metrics, timestamp FROM metrics ORDER BY id"):
        record = {**dict(flat(_object(metrics))), "step": step, "timestamp": _seconds(time)}
        runs.setdefault(str(name), ([], {}))[0].append(record)
    try:
        for name, config in table.rows("SELECT run_name, config FROM configs"):
            if str(name) in runs:
                runs[str(name)][1].update(_plain(_object(config)))
    except sqlite3.Error:  # older versions keep no configurations
        pass
    return runs


def _mlflow(table: _Table) -> Runs:
    names = {run: name or run for run, name in table.rows("SELECT run_uuid, name FROM runs")}
    if len(set(names.values())) < len(names):
        names = {run: f"{name}-{run[:8]}" for run, name in names.items()}
    runs: Runs = {}
    query = "SELECT run_uuid, key, value, timestamp, step, is_nan FROM metrics ORDER BY timestamp, step"
    for run, key, value, timestamp, step, is_nan in table.rows(query):
        record = {"step": step, "timestamp": timestamp / 1e3, str(key): float("nan") if is_nan else value}
        runs.setdefault(names.get(run, run), ([], {}))[0].append(record)
    for run, key, value in table.rows("SELECT run_uuid, key, value FROM params"):
        if names.get(run, run) in runs:
            runs[names.get(run, run)][1][str(key)] = value
    return runs


def _seconds(time: Any) -> float | None:
    try:
        return datetime.fromisoformat(time).timestamp()
    except (ValueError, TypeError):
        return None


def _object(text: Any) -> dict[str, Any]:
    value = json.loads(text)
    return value if isinstance(value, dict) else {}


def _plain(settings: dict[str, Any]) -> dict[str, HParam]:
    return {name: value for name, value in flat(settings) if isinstance(value, bool | int | float | str)}
