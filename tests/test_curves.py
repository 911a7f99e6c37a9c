"""Curves: what is refused, how two are brought onto one axis, and what a drawing may not lose."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics.curves import FEW, Curve, CurveError, align, downsample, overlap, trailing_median

NUMBERS = st.floats(-1e6, 1e6)


def curve(steps: list[int], values: list[float]) -> Curve:
    return Curve(np.array(steps), np.array(values, dtype=np.float64))


def test_plain_numbers_get_the_steps_from_zero() -> None:
    assert Curve.of([0.5, 0.4, 0.3]).steps.tolist() == [0, 1, 2]


def test_a_curve_stays_itself() -> None:
    one = Curve.of([1.0])
    assert Curve.of(one) is one


@pytest.mark.parametrize("steps", [[0, 1, 1], [0, 2, 1]])
def test_repeated_or_unsorted_steps_are_refused(steps: list[int]) -> None:
    with pytest.raises(CurveError, match="sort them and keep one value a step"):
        curve(steps, [1.0, 2.0, 3.0])


@pytest.mark.parametrize("bad", ["loss", ["a"], [[1.0]], 1.0, [object()], [10**400]])
def test_what_is_no_row_of_numbers_is_refused(bad: object) -> None:
    with pytest.raises(CurveError, match="found"):
        Curve.of(bad)  # type: ignore[arg-type]


def test_head_keeps_the_wall_times() -> None:
    whole = Curve(np.arange(3), np.ones(3), np.array([5.0, 6.0, 7.0]))
    head = whole.head(2)
    assert len(head) == 2
    assert head.wall_times is not None
    assert head.wall_times.tolist() == [5.0, 6.0]


@pytest.mark.parametrize("width", [1, 2, 3, 5, 20])
@given(values=st.lists(NUMBERS, max_size=40))
def test_the_trailing_median_is_the_median_of_what_is_known(width: int, values: list[float]) -> None:
    slow = [float(np.median(values[max(0, i - width + 1) : i + 1])) for i in range(len(values))]
    assert trailing_median(np.array(values), width) == pytest.approx(slow)
    assert trailing_median(np.array(values), width, keep=7) == pytest.approx(slow[-7:])


@pytest.mark.parametrize("width", [2, 3, 9, 31])
def test_a_long_series_has_the_same_medians_as_its_parts(width: int) -> None:
    values = np.random.default_rng(width).normal(size=2 * FEW)
    medians = trailing_median(values, width)
    assert medians[FEW:].tolist() == trailing_median(values[FEW - width + 1 :], width)[width - 1 :].tolist()
    assert medians[:FEW].tolist() == trailing_median(values[:FEW], width).tolist()


def test_a_median_of_huge_values_does_not_overflow() -> None:
    assert trailing_median(np.full(5, 1.7e308), 2).tolist() == [1.7e308] * 5


def test_equal_steps_need_no_alignment() -> None:
    assert align(curve([1, 2, 3], [3, 2, 1]), curve([1, 2, 3], [4, 4, 4])).tolist() == [3, 2, 1]


def test_dense_train_is_averaged_between_two_points_of_val() -> None:
    train = curve([1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1])
    assert align(train, curve([2, 6], [0, 0])).tolist() == [5.5, 2.5]


def test_sparse_train_is_read_off_the_line() -> None:
    train = curve([0, 10], [1.0, 0.0])
    assert align(train, curve([0, 4, 10, 12], [0] * 4)).tolist() == pytest.approx([1.0, 0.6, 0.0, 0.0])


def test_curves_that_share_no_steps_are_refused() -> None:
    with pytest.raises(CurveError, match="train covers steps 0-1 and val 5-6; nothing to compare"):
        align(curve([0, 1], [1, 1]), curve([5, 6], [1, 1]))


@pytest.mark.parametrize(("start", "shared"), [(-3, False), (-2, True), (0, True), (3, True), (4, False)])
def test_overlap_is_a_common_range_of_steps(start: int, shared: bool) -> None:
    one, other = curve([0, 1, 3], [1, 1, 1]), curve([start, start + 1, start + 2], [1, 1, 1])
    assert overlap(one, other) == overlap(other, one) == shared
    assert not overlap(one, curve([], []))


def test_an_empty_curve_is_refused() -> None:
    with pytest.raises(CurveError, match="at least one of each"):
        align(curve([], []), curve([1], [1]))


@given(st.lists(NUMBERS, min_size=1, max_size=300), st.integers(4, 60))
def test_downsampling_keeps_ends_and_extremes(values: list[float], points: int) -> None:
    whole = Curve.of(values)
    drawn = downsample(whole, points)
    assert len(drawn) <= points
    assert {drawn.steps[0], drawn.steps[-1]} == {whole.steps[0], whole.steps[-1]}
    assert drawn.values.min() == whole.values.min()
    assert drawn.values.max() == whole.values.max()
    assert drawn.values.tolist() == whole.values[drawn.steps].tolist()


def test_downsampling_survives_nan() -> None:
    values = np.full(100, np.nan)
    values[37] = 1.0
    assert 37 in downsample(Curve.of(values), 10).steps


def test_fewer_than_four_points_cannot_keep_the_shape() -> None:
    with pytest.raises(CurveError, match="at least 4"):
        downsample(Curve.of([1.0, 2.0]), 3)
