"""Columns of the table of all runs are what Arrow itself makes of them."""

from __future__ import annotations

import math

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from app.views.overview import arrays

texts = st.lists(st.one_of(st.none(), st.text()))


@given(texts)
def test_texts_are_those_of_arrow(cells: list[str | None]) -> None:
    made = arrays.texts(cells)
    made.validate(full=True)
    assert made.equals(pa.array(cells, pa.string()))


@given(st.lists(st.lists(st.text(), max_size=3)))
def test_lists_are_those_of_arrow(cells: list[list[str]]) -> None:
    made = arrays.lists(cells)
    made.validate(full=True)
    assert made.equals(pa.array(cells, arrays.TEXTS))


@given(st.lists(st.one_of(st.none(), st.integers(0, 2**53), st.floats())))
def test_numbers_are_those_of_arrow_and_what_is_no_number_is_an_empty_cell(cells: list[float | None]) -> None:
    made = arrays.numbers(cells)
    made.validate(full=True)
    numbers = [None if cell is None or math.isnan(cell) else float(cell) for cell in cells]
    assert made.equals(pa.array(numbers, pa.float64()))


@given(st.lists(st.one_of(st.none(), st.floats(-1e10, 1e10))))
def test_times_are_those_of_arrow(cells: list[float | None]) -> None:
    made = arrays.times(cells)
    made.validate(full=True)
    assert made.equals(pa.array([None if cell is None else int(1000 * cell) for cell in cells], arrays.TIME))


def test_what_is_no_unicode_is_written_as_its_escape() -> None:
    assert arrays.texts(["a\udcff"]).to_pylist() == ["a\\udcff"]
