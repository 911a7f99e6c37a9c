"""The memory that the pages of a Parquet file take is added up from their own headers, whatever its end says."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics.logs.histories.history import HistoryError, RawFile
from diagnostics.logs.histories.parquet_pages import PageError, unpacked_size
from diagnostics.logs.histories.parquet_table import read_parquet
from tests.bombs import BOMBS

TABLE = pa.table(
    {
        "step": np.arange(20_000),
        "loss": np.random.default_rng(0).random(20_000),
        "run": pa.array(["a", "b", None, "d"] * 5000),
        "lists": pa.array([[1, 2], None, [], [3]] * 5000),
    }
)


@pytest.fixture(params=["none", "snappy", "gzip", "zstd"])
def compression(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"use_dictionary": False},
        {"data_page_version": "2.0"},
        {"row_group_size": 3000, "data_page_size": 1000},
        {"write_statistics": False, "write_page_index": True},
        {"write_page_checksum": True},
    ],
)
def test_the_pages_of_an_honest_file_take_what_its_end_says(
    tmp_path: Path, compression: str, options: dict[str, Any]
) -> None:
    path = tmp_path / "table.parquet"
    pq.write_table(TABLE, path, compression=compression, **options)
    metadata = pq.read_metadata(path)
    groups = [metadata.row_group(group) for group in range(metadata.num_row_groups)]
    said = sum(group.column(at).total_uncompressed_size for group in groups for at in range(group.num_columns))
    size = unpacked_size(path.read_bytes(), metadata)
    assert 0.9 * said < size < said  # the end of the file counts the headers, too


class Column:
    """What the end of a file may say of a column."""

    dictionary_page_offset = None

    def __init__(self, start: int, size: int) -> None:
        self.data_page_offset, self.total_compressed_size = start, size


class Group:
    """A file of one column, as pyarrow describes it."""

    num_row_groups = num_columns = 1

    def __init__(self, start: int, size: int) -> None:
        self._column = Column(start, size)

    def row_group(self, at: int) -> Group:
        return self

    def column(self, at: int) -> Column:
        return self._column


@given(content=st.binary(max_size=200), start=st.integers(-5, 210), size=st.integers(-5, 210))
def test_any_bytes_are_a_size_or_an_error(content: bytes, start: int, size: int) -> None:
    with suppress(PageError):
        assert unpacked_size(content, Group(start, size)) >= 0


def test_structs_in_structs_without_end_are_an_error() -> None:
    content = b"\x1c" * 100_000
    with pytest.raises(PageError, match="nested"):
        unpacked_size(content, Group(0, len(content)))


def test_a_list_of_very_many_elements_is_an_error() -> None:
    content = b"\x19\xf1" + b"\xff" * 8 + b"\x7f" + b"\x01" * 100
    with pytest.raises(PageError, match="too long"):
        unpacked_size(content, Group(0, len(content)))


def test_pages_without_number_are_an_error() -> None:
    page = b"\x25\x00\x15\x00\x00"  # nothing unpacked, nothing packed
    with pytest.raises(PageError, match="very many"):
        unpacked_size(page * 200_000, Group(0, len(page) * 200_000))


def test_a_file_whose_pages_take_more_than_it_says_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "data.parquet"
    BOMBS["pages of 3 GB"][1](path)
    with pytest.raises(HistoryError, match="too large"):
        read_parquet(RawFile(str(path), path.read_bytes(), 0.0))
