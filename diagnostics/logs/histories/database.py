"""Databases: the SQLite files of trackio and MLflow, read from their bytes, so that nothing is written beside them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from typing import Any

from diagnostics.logs.histories.history import History, HistoryError, HParam, RawFile, Record, flat, from_records

HEADER = b"SQLite format 3\0"
_VERSIONS = slice(18, 20)  # 2 in files that write ahead, which cannot be opened from memory; 1 in others
_PATIENCE = 50_000_000  # instructions of the database; a table that needs more is no table
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
            database.set_progress_handler(lambda: True, _PATIENCE)
            runs = _reader_for(database)(database)
    except (sqlite3.Error, sqlite3.Warning, ValueError, TypeError, OverflowError) as error:
        raise HistoryError("it has no tables of trackio or MLflow") from error
    histories = []
    for name, (records, hparams) in runs.items():
        scalars = from_records(records, source, step="step").scalars
        histories.append(History(scalars, name if len(runs) > 1 else "", hparams=hparams))
    return histories


def _reader_for(database: sqlite3.Connection) -> Callable[[sqlite3.Connection], Runs]:
    tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if {"metrics", "params", "runs"} <= tables:
        return _mlflow
    if "metrics" in tables:
        return _trackio
    raise HistoryError("it has no table of metrics")


def _trackio(database: sqlite3.Connection) -> Runs:
    runs: Runs = {}
    for name, step, metrics, time in database.execute(
        "SELECT run_name, step, metrics, timestamp FROM metrics ORDER BY id"
    ):
        record = {**dict(flat(_object(metrics))), "step": step, "timestamp": _seconds(time)}
        runs.setdefault(str(name), ([], {}))[0].append(record)
    try:
        for name, config in database.execute("SELECT run_name, config FROM configs"):
            if str(name) in runs:
                runs[str(name)][1].update(_plain(_object(config)))
    except sqlite3.Error:  # older versions keep no configurations
        pass
    return runs


def _mlflow(database: sqlite3.Connection) -> Runs:
    names = {run: name or run for run, name in database.execute("SELECT run_uuid, name FROM runs")}
    if len(set(names.values())) < len(names):
        names = {run: f"{name}-{run[:8]}" for run, name in names.items()}
    runs: Runs = {}
    query = "SELECT run_uuid, key, value, timestamp, step, is_nan FROM metrics ORDER BY timestamp, step"
    for run, key, value, timestamp, step, is_nan in database.execute(query):
        record = {"step": step, "timestamp": timestamp / 1e3, str(key): float("nan") if is_nan else value}
        runs.setdefault(names.get(run, run), ([], {}))[0].append(record)
    for run, key, value in database.execute("SELECT run_uuid, key, value FROM params"):
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
