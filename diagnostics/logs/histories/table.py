"""Tables: CSV in every dialect that exports and spreadsheets use, with or without a column that counts the steps."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import replace

from diagnostics.logs.histories.history import (
    MOST_SERIES,
    TIMES,
    History,
    HistoryError,
    RawFile,
    Record,
    from_records,
    is_step_name,
    measures_a_fit,
    need_few,
    number,
)
from diagnostics.logs.histories.long_table import is_long, read_rows
from diagnostics.logs.histories.number_table import read_numbers
from diagnostics.logs.matching.naming import read_name
from diagnostics.logs.matching.tokens import words
from diagnostics.logs.matching.vocabulary import word_set

_SEPARATORS = ",;\t|"
_RULE = re.compile(r"[|+\-=:\s]*")  # a line that is drawn between rows
_DECIMAL_COMMA = re.compile(r"\s*-?\d+,\d+(?:[eE][+-]?\d+)?\s*")
_NAMELESS = re.compile(r"(?:unnamed:? ?0|index)?", re.IGNORECASE)  # what pandas calls an index that has no name
_HISTORIES = word_set("history log logs metrics progress results training losses loss curves train val")
# one row with these is one of many trainings or samples, and no step of a training
_NO_HISTORY = word_set(
    "dropout batch size seed trial fold model name id label labels target prediction predictions pred preds optimizer "
    "hidden layers units weight decay params threshold class sample config experiment"
)
_SPREAD = ("__MIN", "__MAX")  # beside each series of an exported chart
_NUMERIC = 0.9  # of the rows of a history hold nothing but numbers; the rest is damaged
_LONGEST = 4 << 20  # characters of a header
_SOME = 1000  # columns
ROW = "row"


def read_table(source: RawFile) -> list[History]:
    """A table with a header: rows are steps where no column counts them."""
    _need_few_columns(source.content)
    numbers = read_numbers(source)
    if numbers is not None:
        return [numbers]
    header, *lines = _rows(source.text.splitlines()) or [""]
    separator = _separator_of(header, lines)
    names = [name.strip() for fields in _fields([header], separator) for name in fields or ()]
    if not any(names) or all(number(name) is not None for name in filter(None, names)):
        raise HistoryError("the table has no header yet")
    records: list[Record] = []
    damaged = 0
    for line, fields in zip(lines, _fields(lines, separator), strict=True):
        if fields is not None and len(fields) == len(names):
            records.append(dict(zip(names, fields, strict=True)))
        else:
            damaged += bool(line.strip())
    series = set(names)  # a table may have a hundred thousand columns
    kept = [name for name in names if not (name.endswith(_SPREAD) and name[:-5] in series)]
    records = [{name: _decimal(record[name], separator) for name in kept} for record in records]
    if any(map(is_step_name, kept)) or is_long(kept):
        first, *others = read_rows([_exported(record, source) for record in records], source)
        return [replace(first, damaged=first.damaged + damaged), *others]
    return [from_records(_numbered(kept, records, source), source, damaged=damaged, step=ROW)]


def _need_few_columns(content: bytes) -> None:
    """Raise ``HistoryError`` for a first line that is too long for a header, before the rest takes time and memory."""
    header = content[:_LONGEST].partition(b"\n")[0].decode(errors="replace")
    if len(header) == _LONGEST:
        raise HistoryError("its first line is longer than a header")
    need_few(header.split(",", _SOME), max(map(header.count, _SEPARATORS)))


def _rows(lines: list[str]) -> list[str]:
    """The lines without comments, drawn rules and borders, with tabs where spaces alone stand between the columns.

    A comment right above the numbers is their header, as ``numpy.savetxt`` writes it.
    """
    first = next((place for place, line in enumerate(lines) if line.strip() and not line.startswith("#")), len(lines))
    header = lines[first - 1].lstrip("# ") if first else ""
    lines = [
        line for line in lines[first:] if not line.startswith("#") and not (line.strip() and _RULE.fullmatch(line))
    ]
    if lines and header and all(number(field) is not None for field in re.findall(r"[^\s,;|]+", lines[0])):
        lines = [header, *lines]
    if lines and lines[0].lstrip().startswith(("|", "+-")):
        lines = [line.strip().strip("|") for line in lines]
    if not lines or any(separator in lines[0] for separator in _SEPARATORS):
        return lines
    spaced = [line.split(maxsplit=MOST_SERIES) for line in lines[:20] if line.strip()]
    if len(spaced) > 2 and len({len(fields) for fields in spaced}) == 1 and len(spaced[0]) > 1:
        return ["\t".join(line.split()) for line in lines]
    return lines


def _separator_of(header: str, lines: list[str]) -> str:
    """The separator that the header has most of, among those that the next lines agree with."""
    sample = [header, *filter(str.strip, lines[:20])]
    agreeing = {
        separator: sum(line.count(separator) == header.count(separator) for line in sample) for separator in _SEPARATORS
    }
    used = [separator for separator in _SEPARATORS if separator in header]
    return max(used, key=lambda separator: (agreeing[separator], header.count(separator)), default=",")


def _fields(lines: list[str], separator: str) -> Iterator[list[str] | None]:
    """The fields of each line by itself, so that a stray quote costs one line; None for a line that is damaged."""
    for line in lines:
        if '"' not in line:
            yield line.split(separator)
            continue
        try:
            yield next(csv.reader([line], delimiter=separator, strict=True), None)
        except csv.Error:
            yield None


def _decimal(field: str, separator: str) -> str:
    """A number as Python writes it, where a comma is free to stand for the point."""
    return field.replace(",", ".") if separator != "," and _DECIMAL_COMMA.fullmatch(field) else field


def _exported(record: Record, source: RawFile) -> Record:
    """A chart that TensorBoard exported calls its series ``Value`` and the file after the tag."""
    if "Value" not in record or "Wall time" not in record:
        return record
    return {"Step": record.get("Step"), "timestamp": record["Wall time"], _tag_of(source): record["Value"]}


def _tag_of(source: RawFile) -> str:
    stem = source.path.rpartition("/")[2].rpartition(".")[0]
    return stem.rpartition("-tag-")[2] or stem


def _numbered(names: list[str], records: list[Record], source: RawFile) -> list[Record]:
    """Rows as steps, where the columns are those of a training. Raises ``HistoryError`` where they are not."""
    index = names[0] if _NAMELESS.fullmatch(names[0]) else None
    columns = [name for name in names if name != index and name.lower() not in TIMES]
    fitting = {name: read_name(name) for name in columns if measures_a_fit([name])}
    if not any(name.kind == "loss" or name.split for name in fitting.values()):
        raise HistoryError("no column counts steps, and none is a loss of a training")
    telling = bool(_HISTORIES & set(words(source.name.rpartition(".")[0])))
    others = {word for name in columns if name not in fitting for word in words(name)}
    numeric = [all(number(record[name] or "nan") is not None for name in columns) for record in records]
    if sum(numeric) < _NUMERIC * len(records) or _NO_HISTORY & others or len(fitting) + telling < 2:
        raise HistoryError("no column counts steps, and the rows are no steps of one training")
    steps = list(range(len(records)))
    if index is not None and [number(record[index]) for record in records] == [step + 1 for step in steps]:
        steps = [step + 1 for step in steps]
    return [
        {ROW: step, **{name: record[name] for name in columns}} for step, record in zip(steps, records, strict=True)
    ]
