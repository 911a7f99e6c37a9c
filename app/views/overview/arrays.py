"""Arrays: columns of a table as Arrow takes them; ``pa.array`` would import pandas, for which a person would wait."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate, chain

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

TEXTS = pa.list_(pa.string())
TIME = pa.timestamp("ms", "UTC")


def texts(cells: Sequence[str | None]) -> pa.StringArray:
    """Texts; an empty cell is ``None``."""
    encoded = [(cell or "").encode("utf-8", "backslashreplace") for cell in cells]
    buffers = [
        _bits([cell is not None for cell in cells]),
        _offsets(map(len, encoded)),
        pa.py_buffer(b"".join(encoded)),
    ]
    return pa.Array.from_buffers(pa.string(), len(cells), buffers)


def lists(cells: Sequence[Sequence[str]]) -> pa.ListArray:
    """Lists of texts."""
    inner = texts([*chain.from_iterable(cells)])
    return pa.Array.from_buffers(TEXTS, len(cells), [None, _offsets(map(len, cells))], children=[inner])


def numbers(cells: Sequence[float | None]) -> pa.DoubleArray:
    """Numbers; a cell is empty where there is none."""
    values = _floats(cells)
    return pa.Array.from_buffers(pa.float64(), len(values), [_bits(~np.isnan(values)), pa.py_buffer(values)])


def times(cells: Sequence[float | None]) -> pa.TimestampArray:
    """Times, from seconds since 1970."""
    seconds = _floats(cells)
    known = ~np.isnan(seconds)
    milliseconds = np.where(known, 1000 * seconds, 0).astype(np.int64)
    return pa.Array.from_buffers(TIME, len(seconds), [_bits(known), pa.py_buffer(milliseconds)])


def _floats(cells: Sequence[float | None]) -> NDArray[np.float64]:
    return np.array([np.nan if cell is None else cell for cell in cells], np.float64)


def _bits(known: Sequence[bool] | NDArray[np.bool_]) -> pa.Buffer:
    return pa.py_buffer(np.packbits(np.asarray(known, bool), bitorder="little"))


def _offsets(lengths: Iterable[int]) -> pa.Buffer:
    return pa.py_buffer(np.array([*accumulate(lengths, initial=0)], np.int32))
