"""Number tables: large CSV files of nothing but numbers, read by columns, as the rows would be read one by one."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from diagnostics.logs.histories.history import (
    LARGEST_STEP,
    STEPS,
    TIMES,
    History,
    RawFile,
    is_step_name,
    plain_name,
)
from diagnostics.logs.histories.long_table import RUNS, is_long
from diagnostics.logs.run import Rows

LARGE = 4 << 20  # bytes; what is smaller takes little, read in any way
_OTHERWISE = (b'"', b"\x0b", b"\x0c", b"\x1c", b"\x1d", b"\x1e")  # quotes and rare ends of lines
_NAMES_OTHERWISE = ("Wall time", "Value")


class NumberColumn(NamedTuple):
    """Numbers, shape ``(n,)`` each, and which of the fields held one."""

    values: NDArray[np.float64]
    there: NDArray[np.bool_]


def read_numbers(source: RawFile) -> History | None:
    """The history in a large table with a column of steps; ``None`` for any other, which rows say more of."""
    if len(source.content) < LARGE or not source.content.isascii():
        return None
    header = source.content.partition(b"\n")[0].decode()
    names = [name.strip() for name in header.split(",")]
    if not _are_plain(names) or any(mark in source.content for mark in _OTHERWISE):
        return None
    columns, damaged = _columns(source.content, names)
    step = _step_name(columns)
    return None if step is None else _history(columns, step, damaged, source.changed)


def _are_plain(names: list[str]) -> bool:
    """Whether columns of these names are a row a step of one run, and each goes by its own name."""
    plain = set(map(plain_name, names))
    return (
        len(plain) == len(names) > 1
        and all(names)
        and not plain & set(RUNS)
        and not is_long(names)
        and any(map(is_step_name, names))
        and sum(name in TIMES for name in plain) < 2
        and not any(name in _NAMES_OTHERWISE or "__" in name or ";" in name or "\t" in name for name in names)
    )


def _columns(content: bytes, names: list[str]) -> tuple[dict[str, NumberColumn], int]:
    """The columns, and how many lines have another number of fields; no columns where one holds anything else."""
    import pyarrow as pa  # here, because it takes a tenth of a second
    from pyarrow import csv

    damaged = 0

    def count(row: Any) -> str:
        nonlocal damaged
        damaged += bool(row.text is None or row.text.strip())
        return "skip"

    try:
        table = csv.read_csv(
            BytesIO(content),
            csv.ReadOptions(use_threads=False, skip_rows=1, column_names=names),
            csv.ParseOptions(quote_char=False, invalid_row_handler=count),
            csv.ConvertOptions(column_types=dict.fromkeys(names, pa.float64()), null_values=[""]),
        )
    except pa.ArrowException:
        return {}, 0
    columns = {}
    for name in names if table.num_rows else ():
        column = table.column(name)
        columns[name] = NumberColumn(column.to_numpy(), ~column.is_null().to_numpy())
    return columns, damaged


def _step_name(columns: Mapping[str, NumberColumn]) -> str | None:
    """The column that counts the steps, as ``history.step_name_of`` finds it."""
    names = {plain_name(name): name for name in columns}
    for wanted in filter(names.__contains__, STEPS):
        values = columns[names[wanted]].values[columns[names[wanted]].there]
        if not len(values) or 2 * np.count_nonzero(_whole(values)) > len(values):
            epoch = names.get("epoch")
            within = epoch is not None and epoch != names[wanted] and _is_within(columns[names[wanted]], columns[epoch])
            return epoch if within else names[wanted]
    return None


def _is_within(step: NumberColumn, epoch: NumberColumn) -> bool:
    """Whether each epoch begins with steps that are no further on."""
    known = step.there & epoch.there
    steps, epochs = step.values[known], epoch.values[known]
    begun = epochs[1:] > epochs[:-1]
    return bool(begun.any() and (steps[1:] <= steps[:-1])[begun].all())


def _history(columns: Mapping[str, NumberColumn], step: str, damaged: int, changed: float) -> History:
    counted = columns[step].there & _whole(columns[step].values) & (np.abs(columns[step].values) <= LARGEST_STEP)
    steps = np.where(counted, columns[step].values, 0).astype(np.int64)
    time = next((name for name in columns if plain_name(name) in TIMES), None)
    wall_times = np.full(len(steps), changed)
    if time is not None:
        wall_times = np.where(np.isfinite(columns[time].values), columns[time].values, changed)
    scalars = {}
    for name, column in columns.items():
        there = counted & column.there
        if name not in (step, time) and there.any():
            its = slice(None) if there.all() else there  # most columns share the arrays of steps and times
            scalars[name] = Rows(steps[its], wall_times[its], column.values[its])
    longest = max((len(rows.steps) for rows in scalars.values()), default=0)
    if longest > 2 and all((rows.steps[1:] < rows.steps[:-1]).all() for rows in scalars.values()):
        scalars = {
            name: Rows(rows.steps[::-1], rows.wall_times[::-1], rows.values[::-1]) for name, rows in scalars.items()
        }
    return History(scalars, damaged=damaged + int(np.count_nonzero(~counted)))


def _whole(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(values) & (np.floor(values) == values))
