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
from diagnostics.logs.histories.parquet_pages import PageError, unpacked_size

_MOST = 5_000_000  # fields
_LARGEST = 256 << 20  # bytes, unpacked
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
        plain = [field for field in pq.read_schema(BytesIO(content)) if not pa.types.is_nested(field.type)]
        texts = [field.name for field in plain if _is_text(field.type)]  # one that is there often is in memory once
        file = pq.ParquetFile(BytesIO(content), read_dictionary=texts)
        metadata = file.metadata
        fields, size = metadata.num_rows * metadata.num_columns, max(_said(metadata), unpacked_size(content, metadata))
        if fields > _MOST or size > _LARGEST:
            raise HistoryError("it is too large for the history of trainings")
        table = file.read(columns=[field.name for field in plain])
    except (OSError, PageError, pa.ArrowException) as error:
        raise DamagedError(DAMAGED) from error
    columns = [[value for chunk in column.chunks for value in _values(chunk)] for column in table.columns]
    return [dict(zip(table.column_names, row, strict=True)) for row in zip(*columns, strict=True)]


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    of = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(of) or pa.types.is_large_string(of))


def _said(metadata: Any) -> int:
    """The bytes that the end of the file says its columns take unpacked."""
    groups = map(metadata.row_group, range(metadata.num_row_groups))
    return sum(group.column(at).total_uncompressed_size for group in groups for at in range(metadata.num_columns))


def _values(chunk: Any) -> list[Any]:
    import pyarrow as pa

    if not isinstance(chunk, pa.DictionaryArray):
        return [_plain(value) for value in chunk.to_pylist()]
    texts = [_plain(value) for value in chunk.dictionary.to_pylist()]
    return [None if at is None else texts[at] for at in chunk.indices.to_pylist()]


def _plain(value: Any) -> Any:
    """Decimals and times as numbers."""
    if hasattr(value, "timestamp"):
        return value.timestamp()
    return value if value is None or isinstance(value, bool | int | float | str) else number(str(value))
