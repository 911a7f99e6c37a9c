"""Signals: each against a known answer, or a slow and obvious oracle."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics.curves import Curve, median, trailing_median, trailing_medians
from diagnostics.signals.canary import memorizing_since
from diagnostics.signals.floors import label_smoothing_floor, mixup_floor
from diagnostics.signals.forecast import forecast
from diagnostics.signals.gap import generalization_gap, mean_gap, relative_gap
from diagnostics.signals.noise import noise, noise_so_far
from diagnostics.signals.norms import growth, update_to_weight
from diagnostics.signals.onset import onset
from diagnostics.signals.rise import best_so_far, given_back, rise
from diagnostics.signals.scales import scales
from diagnostics.signals.sparsity import sparsity
from diagnostics.signals.trend import least_squares_slope, theil_sen_slope

VALUES = st.lists(st.floats(-100, 100), min_size=1, max_size=60)


def test_the_gap_is_val_minus_train_at_the_end() -> None:
    train, val = Curve.of([1.0] * 8 + [0.2] * 2), Curve.of([1.0] * 8 + [0.5] * 2)
    assert generalization_gap(train, val) == pytest.approx(0.3)
    assert relative_gap(train, val) == pytest.approx(1.5)
    assert mean_gap(train.values, val.values) == pytest.approx(0.12)


def test_a_gap_over_no_training_loss_is_infinite() -> None:
    assert relative_gap(Curve.of([0.0] * 5), Curve.of([1.0] * 5)) == math.inf
    assert relative_gap(Curve.of([0.0] * 5), Curve.of([0.0] * 5)) == 0.0


def test_both_slopes_read_a_straight_line() -> None:
    line = 3.0 - 0.25 * np.arange(30)
    assert least_squares_slope(line) == pytest.approx(-0.25)
    assert theil_sen_slope(line) == pytest.approx(-0.25)


def test_an_outlier_moves_least_squares_and_not_theil_sen() -> None:
    line = 0.1 * np.arange(20)
    line[18] = 50.0
    assert theil_sen_slope(line) == pytest.approx(0.1, abs=0.02)
    assert abs(least_squares_slope(line) - 0.1) > 0.5


@pytest.mark.parametrize("slope", [least_squares_slope, theil_sen_slope])
def test_one_point_has_no_slope(slope: object) -> None:
    assert slope([1.0]) == slope([]) == 0.0  # type: ignore[operator]


def test_noise_is_the_standard_deviation_and_no_trend() -> None:
    jitter = np.random.default_rng(0).normal(0, 0.3, 4000)
    assert noise(jitter + 0.05 * np.arange(4000), last=4000) == pytest.approx(0.3, rel=0.05)
    assert noise(0.05 * np.arange(50)) == pytest.approx(0.0, abs=1e-12)


@given(VALUES)
def test_noise_so_far_is_the_noise_of_each_prefix(values: list[float]) -> None:
    array = np.array(values)
    assert noise_so_far(array) == pytest.approx([noise(array[: i + 1]) for i in range(len(array))])
    assert noise_so_far(array, points=3) == pytest.approx(noise_so_far(array)[-3:])


@given(VALUES)
def test_the_best_so_far_is_the_first_smallest(values: list[float]) -> None:
    array = np.array(values)
    assert best_so_far(array).tolist() == [int(np.argmin(array[: i + 1])) for i in range(len(array))]
    assert rise(array) == pytest.approx([array[i] - array[: i + 1].min() for i in range(len(array))])


@pytest.mark.parametrize(
    ("values", "share"),
    [([1.0, 0.0, 0.25], 0.25), ([-1.0, -3.0, -2.0], 0.5), ([1.0, 0.5], 0.0), ([1.0, 2.0], 1.0), ([1.0, 1.0], 0.0)],
)
def test_share_of_the_improvement_given_back(values: list[float], share: float) -> None:
    assert given_back(np.array(values)) == pytest.approx(share)


def test_the_onset_is_the_best_value_and_not_a_lucky_one() -> None:
    values = np.abs(np.arange(60) - 25) / 60 + 0.5
    best = int(np.argmin(trailing_median(values, 5)))
    assert onset(values, best) == 25
    values[50] = 0.0
    assert onset(values, best) == 25
    assert onset(np.array([1.0]), 0) == 0


def test_a_rise_is_measured_from_the_best_median() -> None:
    val = np.concatenate([np.linspace(1.0, 0.5, 31), np.linspace(0.5, 0.6, 30)[1:]])
    seen = scales(np.linspace(1.0, 0.1, 60), val, points=1)
    assert seen.level[-1] == seen.size[-1] == pytest.approx(0.5, rel=0.01)
    assert seen.rise[-1] == pytest.approx(0.1, rel=0.1)
    assert 29 <= seen.best[-1] <= 33
    assert not seen.train_rose.any()


@given(VALUES.filter(lambda values: len(values) > 2), st.integers(1, 60))
def test_scales_use_no_later_point(values: list[float], cut: int) -> None:
    val, train = np.array(values), np.linspace(1, 0, len(values))
    cut = min(cut, len(val))
    whole, head = scales(train, val), scales(train[:cut], val[:cut], points=1)
    for name in ("width", "best", "now", "level", "gain", "size", "follow", "follow_best", "sigma", "train_rose"):
        assert getattr(head, name)[-1] == pytest.approx(getattr(whole, name)[cut - 1]), name


def test_a_slow_rise_in_loud_noise_shows_on_a_wide_scale_and_a_quick_one_on_a_narrow_scale() -> None:
    epoch = np.arange(200)
    noise = np.random.default_rng(0).normal(0, 0.05, 200)
    slow = scales(1 / (epoch + 1), 1 + 0.002 * np.maximum(epoch - 60, 0) + noise)
    quick = scales(1 / (epoch + 1), 1 + 0.1 * np.maximum(epoch - 195, 0))
    assert slow.width[-1] > 5
    assert quick.width[-1] == 3


def test_train_that_stands_at_its_best_has_not_risen() -> None:
    train, val = np.r_[1.0, np.zeros(39)], np.r_[1.0, np.linspace(0.5, 0.9, 39)]
    assert not scales(train, val).train_rose.any()
    assert scales(val, train + np.linspace(0, 0.5, 40)).train_rose[-1]


def test_a_loss_that_is_not_measured_from_zero_is_measured_by_what_it_gained() -> None:
    val = np.concatenate([np.linspace(1.0, -1.0, 20), np.linspace(-1.0, -0.5, 20)[1:]])
    negative = np.logical_and.accumulate(val > 0)
    seen = scales(np.linspace(1, 0, 39), val, points=1, has_level=negative)
    assert seen.size[-1] == pytest.approx(seen.gain[-1])


@given(VALUES, st.sampled_from([3, 5, 9]))
def test_several_medians_at_once_are_those_of_each_curve(values: list[float], width: int) -> None:
    rows = np.array([values, values[::-1]])
    both = trailing_medians(rows, [1, 3, width])[width]
    slow = [[np.median(row[max(0, i - width + 1) : i + 1]) for i in range(len(row))] for row in rows]
    assert both == pytest.approx(np.array(slow))
    assert trailing_median(rows[1], width) == pytest.approx(both[1])


@given(VALUES)
def test_the_quick_median_is_the_median(values: list[float]) -> None:
    assert median(np.array(values)) == pytest.approx(np.median(values))


def test_a_falling_curve_is_forecast_to_fall_and_a_rising_one_not() -> None:
    falling, rising = 0.2 + np.exp(-np.arange(60) / 30), 0.2 + 0.01 * np.abs(np.arange(60) - 20)
    sure, hopeless = forecast(falling, 10), forecast(rising, 10)
    assert sure is not None
    assert hopeless is not None
    assert sure.chance > 0.95
    assert hopeless.chance < 0.05
    assert sure.best == pytest.approx(0.2 + np.exp(-69 / 30), rel=0.05)
    assert hopeless.best == rising.min()


def test_flat_noise_is_forecast_to_beat_its_record_as_often_as_records_fall() -> None:
    came, stated = [], []
    for seed in range(60):
        values = np.random.default_rng(seed).normal(1.0, 0.1, 60)
        found = forecast(values[:40], 20)
        assert found is not None
        stated.append(found.chance)
        came.append(values[40:].min() < values[:40].min())
    assert np.mean(stated) >= np.mean(came) - 0.15


def test_a_forecast_is_the_same_each_time() -> None:
    values = np.random.default_rng(3).normal(1.0, 0.1, 40)
    assert forecast(values, 5) == forecast(values, 5)


@pytest.mark.parametrize("values", [[1.0] * 9, [1.0] * 20 + [math.nan], [math.inf] * 20])
def test_what_cannot_be_forecast_is_not(values: list[float]) -> None:
    assert forecast(np.array(values), 5) is None


@given(st.lists(st.floats(-1e6, 1e6), min_size=10, max_size=60), st.integers(1, 20))
def test_a_forecast_is_a_chance(values: list[float], points: int) -> None:
    found = forecast(np.array(values), points, samples=20)
    assert found is not None
    assert 0 <= found.chance <= 1
    assert found.best <= min(values)


def test_memorizing_begins_where_canaries_rise_above_chance_for_good() -> None:
    accuracy = np.r_[np.full(20, 0.1), np.linspace(0.1, 0.9, 20)]
    since = memorizing_since(accuracy, chance=0.1, samples=100)
    assert since is not None
    assert 22 <= since <= 28
    assert memorizing_since(accuracy[:20], chance=0.1, samples=100) is None
    assert memorizing_since(np.r_[accuracy, np.full(10, 0.1)], chance=0.1, samples=100) is None
    assert memorizing_since(np.array([]), chance=0.1, samples=100) is None
    assert memorizing_since(np.array([np.nan]), chance=0.1, samples=100) is None


def test_few_canaries_need_a_higher_rise() -> None:
    accuracy = np.full(30, 0.2)
    assert memorizing_since(accuracy, chance=0.1, samples=1000) == 0
    assert memorizing_since(accuracy, chance=0.1, samples=20) is None


@pytest.mark.parametrize(("chance", "samples"), [(0.0, 10), (1.0, 10), (0.1, 0)])
def test_canaries_need_a_chance_and_samples(chance: float, samples: int) -> None:
    with pytest.raises(ValueError, match="chance must lie between"):
        memorizing_since(np.ones(3), chance=chance, samples=samples)


def test_growth_is_last_over_first() -> None:
    assert growth(Curve.of([2.0, np.nan, 5.0, np.nan])) == 2.5
    assert math.isnan(growth(Curve.of([0.0, 1.0])))
    assert math.isnan(growth(Curve.of([np.nan])))


def test_update_to_weight_is_the_recent_ratio() -> None:
    weight, update = Curve.of(np.full(50, 10.0)), Curve.of(np.r_[np.ones(40), np.full(10, 0.01)])
    assert update_to_weight(update, weight) == pytest.approx(1e-3)
    assert math.isnan(update_to_weight(update, Curve.of(np.zeros(50))))


def test_sparsity_exact_and_near() -> None:
    found = sparsity([[0.0, 1.0], [1e-9, -1.0]])
    assert (found.exact, found.near) == (0.25, 0.5)
    assert sparsity(np.array([0.0, 1.0, 1e-9, -1.0]) * 1e6) == found
    assert sparsity([]) == (0.0, 0.0)
    assert sparsity(np.zeros(3)) == (1.0, 1.0)


def test_the_floor_of_label_smoothing_is_the_entropy_of_its_target() -> None:
    target = np.full(10, 0.01)
    target[0] += 0.9
    assert label_smoothing_floor(0.1, 10) == pytest.approx(-np.sum(target * np.log(target)))
    assert label_smoothing_floor(0.1, 10) == pytest.approx(0.500, abs=5e-4)
    assert label_smoothing_floor(0.0, 10) == 0.0


@pytest.mark.parametrize("alpha", [0.1, 0.2, 1.0, 8.0])
def test_the_floor_of_mixup_is_the_mean_entropy_of_its_target(alpha: float) -> None:
    lam = np.random.default_rng(0).beta(alpha, alpha, 400_000)
    lam = np.clip(lam, 1e-300, 1 - 1e-16)
    slow = 0.75 * np.mean(-lam * np.log(lam) - (1 - lam) * np.log1p(-lam))
    assert mixup_floor(alpha, 4) == pytest.approx(slow, rel=0.01)


@pytest.mark.parametrize(("floor", "strength"), [(label_smoothing_floor, 1.5), (mixup_floor, 0.0)])
def test_a_strength_that_cannot_be_is_refused(floor: object, strength: float) -> None:
    with pytest.raises(ValueError, match="classes"):
        floor(strength, 10)  # type: ignore[operator]


@given(VALUES)
def test_the_trailing_median_lies_within_its_values(values: list[float]) -> None:
    smooth = trailing_median(np.array(values), 5)
    assert min(values) <= smooth.min() <= smooth.max() <= max(values)
