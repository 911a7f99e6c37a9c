"""What is measured of two curves: each number at the boundary from which it is another."""

from __future__ import annotations

import numpy as np
import pytest

from diagnostics.context import Context
from diagnostics.curves import Curve
from diagnostics.evidence import Evidence, measure
from tests.measured import evidence

FLAT = [1.0] * 8


def of(train: list[float], val: list[float], **known: object) -> Evidence:
    return measure(Curve.of(train), Curve.of(val), **known)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("train", "val", "same", "kind"),
    [
        *((1.0, 5.0, True, "loss"), (1.0, 5.01, False, "other unit")),
        *((5.0, 1.0, True, "loss"), (5.01, 1.0, False, "other unit")),
        *((0.0, 7.0, True, "loss"), (7.0, 0.0, True, "loss"), (-1.0, 7.0, True, "loss")),
    ],
)
def test_a_factor_over_five_at_the_start_is_another_unit(train: float, val: float, same: bool, kind: str) -> None:
    measured = of([train, 1.0], [val, 1.0])
    assert (measured.same_scale, measured.kind) == (same, kind)
    metric = of([train, 1.0], [val, 1.0], context=Context(metric="accuracy"))
    assert (metric.same_scale, metric.kind) == (False, "metric")


def test_a_loss_is_measured_from_zero_unless_it_reaches_it() -> None:
    assert of(FLAT, FLAT).has_level
    assert not of(FLAT, [*FLAT[:-1], 0.0]).has_level


@pytest.mark.parametrize(
    ("rise", "sigma", "expected"), [(0.031, 0.0, True), (0.03, 0.0, False), (0.041, 0.01, True), (0.04, 0.01, False)]
)
def test_a_rise_is_more_than_three_percent_and_four_times_the_noise(rise: float, sigma: float, expected: bool) -> None:
    class Seen:
        size = np.array([9.0, 1.0])

    Seen.rise, Seen.sigma = np.array([9.0, rise]), np.array([0.0, sigma])
    assert evidence(FLAT, FLAT, recent=Seen()).rose is expected


@pytest.mark.parametrize(("rise", "size", "share"), [(0.2, 2.0, 0.1), (1.0, 1e-300, 0.0), (1.0, 1e-9, 1e6), (0, 1, 0)])
def test_a_relative_rise_is_one_of_the_yardstick_and_has_an_end(rise: float, size: float, share: float) -> None:
    assert evidence(FLAT, FLAT, rise=rise, size=size).relative_rise == pytest.approx(share)


@pytest.mark.parametrize(
    ("rise", "noise", "sigmas"), [(0.2, 0.1, 2.0), (200.0, 0.1, 1000.0), (0.2, 0.0, 1000.0), (0.0, 0.0, 0.0)]
)
def test_a_rise_in_units_of_the_noise_has_an_end(rise: float, noise: float, sigmas: float) -> None:
    assert evidence(FLAT, FLAT, rise=rise, noise=noise).sigmas == pytest.approx(sigmas)


def test_the_noise_is_never_taken_to_be_smaller_than_is_known() -> None:
    assert of(FLAT, FLAT).noise == 0.0
    assert of(FLAT, FLAT, known_noise=0.2).noise == 0.2
    assert of(FLAT, FLAT, known_noise=-0.2).noise == 0.0


@pytest.mark.parametrize(
    ("val", "above"), [([3.0, 2.0, 2.5], 0.25), ([3.0, 2.0], 0.0), ([2.0, 0.0, 1.0], 0.5), ([1.0, -3.0, -2.0], 0.25)]
)
def test_the_end_above_the_best_is_a_share_of_it_or_of_the_yardstick(val: list[float], above: float) -> None:
    """Where values are not measured from zero, the yardstick is what was gained."""
    size = {2.0: 2.0, 1.0: 4.0}.get(val[0], 99.0)
    assert evidence([1.0] * len(val), val, size=size).ends_above_best == pytest.approx(above)


@pytest.mark.parametrize(
    ("points", "noise", "still"), [(25, 0.1, 0.05), (24, 0.1, 0.01), (25, 0.01, 0.01), (25, 0.03, 0.015)]
)
def test_the_smallest_change_is_half_the_noise_where_it_can_be_told(points: int, noise: float, still: float) -> None:
    assert evidence([1.0] * points, [1.0] * points, noise=noise, size=2.0).still == pytest.approx(still)


def test_progress_is_what_the_last_fifth_gained() -> None:
    falling = np.linspace(2.0, 1.1, 10)  # by 0.1 a point
    assert evidence(falling, falling, medians=falling).progress == pytest.approx(0.2)
    assert evidence(falling[:9], falling[:9], medians=falling[:9]).progress == pytest.approx(0.1)
    assert evidence(falling[:3], falling[:3], medians=falling[:3]).progress == pytest.approx(0.1)
    assert evidence([1.0], [1.0], medians=np.ones(1)).progress == 0.0
    assert evidence(falling, falling, medians=falling[::-1]).progress == 0.0


def test_validation_stands_since_it_came_close_to_its_best_for_the_first_time() -> None:
    medians = np.array([2.0, 1.5, 1.02, 1.0, 1.01, 1.05])
    train = np.array([2.0, 1.8, 1.6, 1.4, 1.2, 1.0])
    near, far = (evidence(train, medians, medians=medians, still=still) for still in (0.021, 0.019))
    assert (near.standing, far.standing) == (3, 2)
    assert near.stalled == far.stalled == 2
    assert (near.best.step, near.best.value) == (3, 1.0)


def test_the_gap_grows_by_what_training_fell_and_validation_rose_while_it_stood() -> None:
    class Seen:
        smooth_train = np.array([2.0, 1.8, 1.6, 1.4, 1.2, 1.0])

    medians = np.array([2.0, 1.5, 1.0, 1.0, 1.01, 1.05])
    standing = evidence(medians, medians, medians=medians, standing=3, recent=Seen())
    assert standing.train_fell == pytest.approx(0.6)
    assert standing.gap_growth == pytest.approx(0.65)


def test_a_rise_that_training_shares_counts_as_if_it_did_not() -> None:
    rising = np.concatenate([np.linspace(2.0, 1.0, 20), np.linspace(1.0, 1.8, 40)])
    both = measure(Curve.of(rising), Curve.of(rising))
    assert both.train_rose
    assert both.probability <= 0.05 < 0.5 < both.chance_of_rise


def test_the_chance_of_a_rise_is_that_of_the_last_point() -> None:
    """Without a training that got worse it is the probability itself, which every new point of the rise moves."""
    falling, turning = np.linspace(2.0, 0.1, 60), np.concatenate([np.linspace(2.0, 1.0, 50), np.linspace(1.0, 1.2, 10)])
    measured = measure(Curve.of(falling), Curve.of(turning))
    assert measured.chance_of_rise == measured.probability != measured.chances[-2]


def test_from_the_first_value_that_is_not_above_zero_on_the_yardstick_is_what_was_gained() -> None:
    falling = np.linspace(2.0, 0.1, 12)
    above, zero = np.linspace(1.2, 1.0, 12), np.linspace(1.2, 1.0, 12)
    zero[5] = 0.0
    plain, reached = (measure(Curve.of(falling), Curve.of(val)) for val in (above, zero))
    assert plain.size == pytest.approx(1.0, abs=0.05)
    assert reached.size > 1.2


def test_a_rise_that_is_too_small_to_count_is_never_likely() -> None:
    creeping = np.concatenate([np.linspace(2.0, 1.0, 20), np.linspace(1.0, 1.02, 60)])
    falling = np.linspace(2.0, 0.1, 80)
    assert measure(Curve.of(falling), Curve.of(creeping)).probability == 0.5


def test_slopes_are_in_the_units_of_the_log_and_gaps_positive_when_worse() -> None:
    rising, better = 0.1 + 0.01 * np.arange(40), 0.3 + 0.01 * np.arange(40)
    accuracy = measure(Curve.of(better), Curve.of(rising), higher_is_better=True).signals(Curve.of(better), 0.0)
    loss = measure(Curve.of(rising), Curve.of(better)).signals(Curve.of(rising), 0.5)
    for signals in (accuracy, loss):
        assert (signals["val_slope"], signals["val_trend"]) == (pytest.approx(0.01), pytest.approx(0.01))
        assert (signals["gap"], signals["textbook_gap"]) == (pytest.approx(0.2), pytest.approx(0.2))
        assert signals["clean_gap"] == pytest.approx(0.2)
    assert accuracy["generalization_gap"] == pytest.approx(0.2)
    assert loss["generalization_gap"] == pytest.approx(0.7)
    assert "sampling_error" not in loss
    assert "gap" not in of(FLAT, FLAT, context=Context(metric="F1")).signals(None, 0.0)


def test_a_perplexity_is_judged_by_its_logarithm_and_a_metric_is_turned_alone() -> None:
    perplexed = of([4.0, 2.0], [8.0, 4.0], context=Context(perplexity=True))
    assert perplexed.val == pytest.approx(np.log([8.0, 4.0]))
    assert perplexed.train == pytest.approx(np.log([4.0, 2.0]))
    metric = of([4.0, 2.0], [0.5, 0.7], context=Context(metric="accuracy"), higher_is_better=True)
    assert (metric.train.tolist(), metric.val.tolist()) == ([4.0, 2.0], [-0.5, -0.7])
    assert metric.best.value == 0.7
    huge = of([1e308, 1.0], [-1e308, 1.0])
    assert (huge.train[0], huge.val[0]) == (1e300, -1e300)
