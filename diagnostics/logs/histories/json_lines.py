"""JSON lines: one object a step, whatever the file is called."""

from __future__ import annotations

import json
import re

from diagnostics.logs.histories.history import (
    History,
    HistoryError,
    RawFile,
    Record,
    flat,
    from_records,
    measures_a_fit,
)
from diagnostics.logs.histories.long_table import with_mode

_LIST = re.compile(r"\s*\[\s*\{")
SUFFIXES = (".jsonl", ".ndjson")


def read_json_lines(source: RawFile) -> list[History]:
    """Nested names are joined by ``/``; a line that says it is of validation has that in front of its names."""
    lines = [line for line in source.text.splitlines() if line.strip()]
    if not source.name.endswith(SUFFIXES) and not any(line.lstrip().startswith("{") for line in lines[:20]):
        raise HistoryError("no line is a JSON object")
    if not source.name.endswith(SUFFIXES) and _LIST.match(source.text):
        raise HistoryError("it is one list, not an object a line")
    records: list[Record] = []
    damaged = 0
    for line in lines:
        record = _object(line)
        if record is None:
            damaged += 1
        else:
            records.append(with_mode(dict(flat(record))))
    history = from_records(records, source, damaged=damaged + sum(not record for record in records))
    if not source.name.endswith(SUFFIXES) and not measures_a_fit(list(history.scalars)):
        raise HistoryError("no line has a loss or a metric")
    return [history]


def _object(line: str) -> dict[str, object] | None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None
