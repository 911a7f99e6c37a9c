"""Parquet: what a tracker exported, a row for each value (path, step, value) or for each step."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from diagnostics.logs.histories.history import (
    History,
    HistoryError,
    HParam,
    RawFile,
    Record,
    from_records,
    is_step_name,
    measures_a_fit,
    number,
)

_SERIES = ("attribute_path", "path", "metric", "metric_name", "tag", "key", "name")
_VALUES = ("float_value", "value", "int_value", "bool_value", "string_value")
_RUNS = ("run_id", "run", "run_name", "custom_run_id", "sys/id")
_MOST = 5_000_000  # fields


def may_be_history(path: Path) -> bool:
    """Whether the columns are those of a history, which stand at the end of the file."""
    import pyarrow as pa  # here and below: it takes a tenth of a second
    import pyarrow.parquet as pq

    try:
        names = pq.read_schema(path).names
    except (OSError, pa.ArrowException):
        return False
    return any(map(is_step_name, names)) and (bool(set(_SERIES) & set(names)) or measures_a_fit(names))


def read_parquet(source: RawFile) -> list[History]:
    """Each run of the file; settings that a long table has without a step are hyperparameters."""
    rows = _rows(source.content)
    names = list(rows[0]) if rows else []
    runs: dict[str, list[dict[str, Any]]] = {}
    run = next((name for name in _RUNS if name in names), None)
    for row in rows:
        runs.setdefault(str(row[run]) if run and len(rows) else "", []).append(row)
    series = next((name for name in _SERIES if name in names), None)
    values = [name for name in _VALUES if name in names]
    histories = []
    for name, its in runs.items():
        history = _long(its, source, series, values) if series and values else from_records(its, source)
        histories.append(History(history.scalars, name if len(runs) > 1 else "", history.damaged, history.hparams))
    return histories


def _rows(content: bytes) -> list[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(BytesIO(content))
        if file.metadata.num_rows * file.metadata.num_columns > _MOST:
            raise HistoryError("it has too many rows for the history of trainings")
        plain = [field.name for field in file.schema_arrow if not pa.types.is_nested(field.type)]
        rows: list[dict[str, Any]] = file.read(columns=plain).to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise HistoryError("it is no Parquet") from error
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    """Decimals and times as numbers."""
    if hasattr(value, "timestamp"):
        return value.timestamp()
    return value if value is None or isinstance(value, bool | int | float | str) else number(str(value))


def _long(rows: Sequence[Record], source: RawFile, series: str, values: Sequence[str]) -> History:
    step = next((name for name in rows[0] if is_step_name(name)), None)
    records: list[Record] = []
    hparams: dict[str, HParam] = {}
    for row in rows:
        value = next((row[name] for name in values if row[name] is not None), None)
        if value is None:
            continue
        if step is None or row[step] is None:
            hparams[str(row[series])] = value
        else:
            records.append({"step": row[step], "timestamp": row.get("timestamp"), str(row[series]): value})
    return History(from_records(records, source, step="step").scalars, hparams=hparams)
