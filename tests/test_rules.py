"""Which verdict exactly so much allows: each rule just below and just above its boundary."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from diagnostics.context import Context
from diagnostics.curves import Curve
from diagnostics.diagnosis import Diagnosis, Verdict
from diagnostics.judging.rules import judge
from diagnostics.verdict import diagnose
from tests.measured import evidence

Values = NDArray[np.float64]
QUIET = {
    **{"overfits": False, "rose": False, "train_rose": False, "probability": 0.1, "chance_of_rise": 0.1},
    **{"progress": 0.0, "still": 0.01, "ends_above_best": 0.0, "rise": 0.0, "noise": 0.0, "size": 1.0},
    **{"standing": 0, "stalled": 1, "train_fell": 0.0, "gap_growth": 0.0, "same_scale": True},
}


def falling(points: int = 60) -> Values:
    return 1.0 + np.exp(-np.arange(points) / 5)


def turning_so_often(turns: int, points: int = 60) -> Values:
    """Goes up and down so many times at its end, and never before."""
    ways = np.full(points - 1, -1.0)
    ways[len(ways) - turns :] = [(-1.0) ** (place + 1) * -1 for place in range(turns)]
    return 2.0 + 0.01 * np.concatenate([[0.0], np.cumsum(ways)])


def judged(val: Values | None = None, *, broke_at: int | None = None, **measured: Any) -> Diagnosis:
    val = falling() if val is None else val
    train = falling(len(val))
    return judge(evidence(train, val, **QUIET | measured), Context(), broke_at)


STANDING = {"standing": 13, "train_fell": 0.021, "gap_growth": 0.1}


@pytest.mark.parametrize(
    ("measured", "verdict"),
    [
        ({}, Verdict.HEALTHY),
        ({"rose": True, "train_rose": True}, Verdict.UNSTABLE),
        ({"rose": True}, Verdict.HEALTHY),
        ({"train_rose": True}, Verdict.HEALTHY),
        ({"progress": 0.011}, Verdict.IMPROVING),
        ({"progress": 0.01}, Verdict.HEALTHY),
        ({"progress": 0.011, "ends_above_best": 0.099}, Verdict.IMPROVING),
        ({"progress": 0.011, "ends_above_best": 0.1}, Verdict.HEALTHY),
        ({"ends_above_best": 0.101, "train_rose": True}, Verdict.UNSTABLE),
        ({"ends_above_best": 0.1, "train_rose": True}, Verdict.HEALTHY),
        ({"ends_above_best": 0.101}, Verdict.PLATEAU),
        ({"ends_above_best": 0.1}, Verdict.HEALTHY),
        (STANDING, Verdict.PLATEAU),
        (STANDING | {"standing": 12}, Verdict.HEALTHY),
        (STANDING | {"train_fell": 0.02}, Verdict.HEALTHY),
        (STANDING | {"gap_growth": 0.0}, Verdict.HEALTHY),
        (STANDING | {"size": 2.0}, Verdict.HEALTHY),
        (STANDING | {"size": 2.0, "train_fell": 0.041}, Verdict.PLATEAU),
        (STANDING | {"same_scale": False, "train_fell": 0.039}, Verdict.HEALTHY),
        (STANDING | {"same_scale": False, "train_fell": 0.041}, Verdict.PLATEAU),
        ({"rise": 0.021}, Verdict.PLATEAU),
        ({"rise": 0.02}, Verdict.HEALTHY),
        ({"rise": 0.041, "size": 2.0}, Verdict.PLATEAU),
        ({"rise": 0.039, "size": 2.0}, Verdict.HEALTHY),
        ({"rise": 0.11, "noise": 0.05}, Verdict.PLATEAU),
        ({"rise": 0.1, "noise": 0.05}, Verdict.HEALTHY),
    ],
    ids=str,
)
def test_a_validation_that_does_not_overfit(measured: dict[str, Any], verdict: Verdict) -> None:
    assert judged(**measured).verdict == verdict


@pytest.mark.parametrize(("standing", "verdict"), [(5, Verdict.HEALTHY), (6, Verdict.PLATEAU)])
def test_a_short_training_stands_still_after_more_than_five_points(standing: int, verdict: Verdict) -> None:
    assert judged(falling(20), **STANDING | {"standing": standing}).verdict == verdict


LOUD = {"noise": 0.151}


@pytest.mark.parametrize(
    ("turns", "measured", "verdict"),
    [
        (13, LOUD, Verdict.UNSTABLE),
        (12, LOUD, Verdict.HEALTHY),
        (13, {"noise": 0.15}, Verdict.HEALTHY),
        (13, {"noise": 0.151, "size": 2.0}, Verdict.HEALTHY),
        (13, {"noise": 0.301, "size": 2.0}, Verdict.UNSTABLE),
        (13, LOUD | {"stalled": 0}, Verdict.HEALTHY),
    ],
    ids=str,
)
def test_what_is_loud_and_turns_again_and_again_swings(turns: int, measured: dict[str, Any], verdict: Verdict) -> None:
    assert judged(turning_so_often(turns), **measured).verdict == verdict


@pytest.mark.parametrize(("turns", "verdict"), [(12, Verdict.HEALTHY), (13, Verdict.UNSTABLE)])
def test_a_third_of_the_places_where_it_could_turn_is_not_enough(turns: int, verdict: Verdict) -> None:
    assert judged(turning_so_often(turns, points=38), **LOUD).verdict == verdict


def test_to_stand_between_two_falls_is_no_turn() -> None:
    stairs = np.repeat(np.linspace(2.0, 1.5, 20), 2)
    assert judged(stairs, **LOUD).verdict == Verdict.HEALTHY


def test_only_the_turns_of_the_latest_forty_points_count() -> None:
    calmed = np.concatenate([2.0 + 0.01 * (-1.0) ** np.arange(40), np.linspace(1.9, 1.5, 40)])
    assert judged(calmed, **LOUD).verdict == Verdict.HEALTHY
    assert judged(calmed[::-1], **LOUD).verdict == Verdict.UNSTABLE


@pytest.mark.parametrize(
    ("rise", "severity"), [(0.3, "severe"), (0.299, "moderate"), (0.1, "moderate"), (0.099, "mild")]
)
def test_severity_goes_by_the_rise(rise: float, severity: str) -> None:
    diagnosis = judged(overfits=True, relative_rise=rise, probability=0.77)
    assert (diagnosis.verdict, diagnosis.severity, diagnosis.confidence) == (Verdict.OVERFITTING, severity, 0.77)


def test_a_training_that_broke_has_diverged_unless_it_had_overfitted_before() -> None:
    broken = judged(broke_at=50)
    assert (broken.verdict, broken.confidence) == (Verdict.DIVERGED, 1.0)
    assert "step 50" in broken.reason
    assert judged(broke_at=50, overfits=True).verdict == Verdict.OVERFITTING


UNSTABLE = {"rose": True, "train_rose": True}


@pytest.mark.parametrize(
    ("points", "measured", "confidence"),
    [
        (60, {}, 0.9),
        (60, {"probability": 0.0}, 1 - 3.5 / 3600),
        (4, {}, 1 - 3.5 / 16),
        (4, {"probability": 0.4}, 0.6),
        (3, {}, 1 - 3.5 / 9),
        (60, UNSTABLE | {"noise": 0.35}, 0.7),
        (60, UNSTABLE | {"noise": 0.5, "size": 2.0}, 0.6),
        (60, UNSTABLE | {"noise": 0.1}, 0.5),
        (60, UNSTABLE | {"noise": 0.8}, 0.95),
        (60, UNSTABLE | {"noise": 0.35, "chance_of_rise": 0.8}, 0.8),
        (60, UNSTABLE | {"noise": 0.45, "chance_of_rise": 0.6}, 0.8),
        (4, UNSTABLE | {"noise": 0.8}, 1 - 3.5 / 16),
    ],
    ids=str,
)
def test_confidence_is_that_of_the_rise_or_the_swings_and_less_with_few_points(
    points: int, measured: dict[str, Any], confidence: float
) -> None:
    assert judged(falling(points), **measured).confidence == pytest.approx(confidence)


def test_swings_without_a_rise_of_training_are_as_sure_as_they_are_large() -> None:
    assert judged(turning_so_often(30), noise=0.35, chance_of_rise=0.9).confidence == pytest.approx(0.7)


@pytest.mark.parametrize("points", [1, 2])
def test_below_three_points_it_is_too_early(points: int) -> None:
    diagnosis = diagnose(falling(points), falling(points))
    assert (diagnosis.verdict, diagnosis.confidence) == (Verdict.TOO_EARLY, 1.0)
    assert f"{points} validation point{'s' * (points - 1)} of the 3 needed" in diagnosis.reason
    assert diagnose(falling(3), falling(3)).verdict == Verdict.IMPROVING


def test_one_point_is_never_enough() -> None:
    early = diagnose([1.0], [1.0], min_points=1)
    assert early.verdict == Verdict.TOO_EARLY
    assert "1 validation point of the 2 needed" in early.reason
    assert early.probability is None
    assert diagnose([1.0], [1.0], finished=True).verdict == Verdict.NO_VALIDATION
    ended = diagnose([1.0, 0.5], [1.0, 0.5], finished=True)
    assert (ended.verdict, ended.confidence) == (Verdict.IMPROVING, 0.5)
    assert ended.probability is not None


def test_how_sure_it_is_of_what_was_never_learned() -> None:
    assert diagnose(np.ones(40), np.ones(40)).confidence == 0.9
    assert diagnose(10.0 ** np.arange(8), 10.0 ** np.arange(8)).confidence == 0.95


@pytest.mark.parametrize(
    ("val", "verdict"),
    [
        ([2.0, 1.0, 1.101], Verdict.UNSTABLE),
        ([4.0, 2.0, 2.199], Verdict.PLATEAU),
        ([*np.linspace(2.0, 1.0, 8), 1.05, 1.05], Verdict.IMPROVING),
        ([*np.linspace(2.0, 1.0, 7), 1.05, 1.05, 1.05], Verdict.PLATEAU),
        ([20.0, 10.0, 11.0], Verdict.PLATEAU),
        ([2.0, 0.0, 0.201], Verdict.UNSTABLE),
        ([2.0, 0.0, 0.199], Verdict.PLATEAU),
        ([0.0, 0.0, 0.0], Verdict.PLATEAU),
        ([-1.0, -2.0, -1.801], Verdict.PLATEAU),
        ([-1.0, -2.0, -1.799], Verdict.UNSTABLE),
    ],
    ids=str,
)
def test_validation_alone_is_judged_by_where_a_finished_training_ends(val: list[float], verdict: Verdict) -> None:
    lower = diagnose(None, val, finished=True)
    higher = diagnose(None, -np.array(val), finished=True, higher_is_better=True)
    assert lower.verdict == higher.verdict == verdict
    assert lower.confidence == higher.confidence == 0.5
    assert (lower.best.step, lower.best.value) == (int(np.argmin(val)), min(val))
    assert (higher.best.step, higher.best.value) == (lower.best.step, -min(val))
    assert diagnose(None, val).verdict == Verdict.TOO_EARLY


def test_a_single_value_of_validation_alone_shows_no_change() -> None:
    assert diagnose(None, [1.0], finished=True).verdict == Verdict.NO_VALIDATION
    assert diagnose(None, [1.0]).verdict == Verdict.TOO_EARLY
    assert diagnose(None, [2.0, 1.0], finished=True).verdict == Verdict.IMPROVING


def test_validation_alone_is_read_past_what_is_not_a_number() -> None:
    diagnosis = diagnose(None, Curve(10 * np.arange(1, 5), np.array([3.0, np.nan, 2.0, np.inf])), finished=True)
    assert (diagnosis.verdict, diagnosis.best.step, diagnosis.notes) == (Verdict.IMPROVING, 30, ("not_finite",))


def test_a_training_curve_alone_says_from_where_it_is_not_finite() -> None:
    broken = diagnose(Curve(10 * np.arange(1, 4), np.array([1.0, np.nan, np.inf])), None)
    assert "the first at step 20" in broken.reason
    assert (broken.verdict, broken.notes) == (Verdict.NO_VALIDATION, ("not_finite",))
    assert diagnose(falling(), None).notes == ()


@pytest.mark.parametrize(
    ("train", "val", "verdict"),
    [
        (None, [np.nan, np.nan], Verdict.DIVERGED),
        ([np.nan, np.nan], [np.nan, np.nan], Verdict.DIVERGED),
        ([1.0, np.nan], [np.nan, np.nan], Verdict.NO_VALIDATION),
        ([np.nan, np.nan], [1.0, 0.5], Verdict.DIVERGED),
    ],
    ids=str,
)
def test_a_side_without_a_finite_value(train: list[float] | None, val: list[float], verdict: Verdict) -> None:
    diagnosis = diagnose(train, val)
    assert (diagnosis.verdict, diagnosis.confidence, diagnosis.notes) == (verdict, 1.0, ("not_finite",))


def test_two_sides_that_are_never_finite_at_once_have_diverged() -> None:
    apart = diagnose([1.0, 0.9, np.nan, np.nan], [np.nan, np.nan, 1.0, 0.9])
    assert (apart.verdict, apart.confidence, apart.notes) == (Verdict.DIVERGED, 1.0, ("not_finite",))
