"""Parquet: what a tracker exported, a row for each value (path, step, value) or for each step."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

from diagnostics.logs.histories.history import (
    DamagedError,
    History,
    HistoryError,
    RawFile,
    is_step_name,
    measures_a_fit,
    number,
)
from diagnostics.logs.histories.long_table import is_long, read_rows

_MOST = 5_000_000  # fields
DAMAGED = "it is a Parquet file that is damaged or cut short; copy or export it again"


def may_be_history(path: Path) -> bool:
    """Whether the columns are those of a history, which stand at the end of the file. Raises ``DamagedError``."""
    import pyarrow as pa  # here and below: it takes a tenth of a second
    import pyarrow.parquet as pq

    try:
        names = pq.read_schema(path).names
    except (OSError, pa.ArrowException) as error:
        raise DamagedError(DAMAGED) from error
    return any(map(is_step_name, names)) and (is_long(names) or measures_a_fit(names))


def read_parquet(source: RawFile) -> list[History]:
    """Each run of the file."""
    return read_rows(_rows(source.content), source)


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
        raise DamagedError(DAMAGED) from error
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    """Decimals and times as numbers."""
    if hasattr(value, "timestamp"):
        return value.timestamp()
    return value if value is None or isinstance(value, bool | int | float | str) else number(str(value))
