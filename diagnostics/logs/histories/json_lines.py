"""JSON lines: one object a step, whatever the file is called."""

from __future__ import annotations

import ast
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
    need_few,
    step_name_of,
)
from diagnostics.logs.histories.long_table import with_mode

_LIST = re.compile(r"\s*\[\s*\{")
_PRINTED = re.compile(r"\{'\w[\w/ ]*': .{1,4000}\}\s*$")  # a dict as Python prints it, behind a bar of progress or not
_LONGEST = 4096  # characters of such a dict
SUFFIXES = (".jsonl", ".ndjson")


def read_json_lines(source: RawFile) -> list[History]:
    """Nested names are joined by ``/``; a line that says it is of validation has that in front of its names."""
    lines = [line for line in source.text.splitlines() if line.strip()]
    printed = any(_printed_in(line) for line in lines)
    if (
        not source.name.endswith(SUFFIXES)
        and not printed
        and not any(line.lstrip().startswith("{") for line in lines[:20])
    ):
        raise HistoryError("no line is a JSON object")
    if not source.name.endswith(SUFFIXES) and _LIST.match(source.text):
        raise HistoryError("it is one list, not an object a line")
    records: list[Record] = []
    names: set[str] = set()
    damaged = 0
    for line in lines:
        record = _printed(line) if printed else _object(line)
        if printed and record is None:
            continue  # what else a program prints
        if record is None:
            damaged += 1
        else:
            records.append(with_mode(dict(flat(record))))
            names.update(records[-1])
            need_few(names, len(names))
    if printed:
        records = _counted(records)
    history = from_records(records, source, damaged=damaged + sum(not record for record in records))
    if not source.name.endswith(SUFFIXES) and not measures_a_fit(list(history.scalars)):
        raise HistoryError("no line has a loss or a metric")
    return [history]


def _printed_in(line: str) -> re.Match[str] | None:
    end = line.rstrip()
    return _PRINTED.search(end, max(0, len(end) - _LONGEST)) if end.endswith("}") else None


def _printed(line: str) -> dict[str, object] | None:
    """The dict at the end of a line, as transformers' Trainer prints what it logs."""
    match = _printed_in(line)
    try:
        record = ast.literal_eval(match[0].strip()) if match else None
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return record if isinstance(record, dict) and all(isinstance(name, str) for name in record) else None


def _counted(records: list[Record]) -> list[Record]:
    """Records that name a whole step or epoch; else they are counted, because an epoch of .25 is no step."""
    try:
        step_name_of(records)
    except HistoryError:
        if any("epoch" in record for record in records):
            return [{**record, "step": place} for place, record in enumerate(records, 1)]
        raise
    return records


def _object(line: str) -> dict[str, object] | None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None
