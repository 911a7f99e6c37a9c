"""Curves as people have logged them, each the smallest of its kind, and the verdict that is right for it."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from diagnostics.verdict import Diagnosis, Verdict, diagnose

Values = NDArray[np.float64]


def falling(points: int, start: float, to: float, speed: float) -> Values:
    return to + (start - to) * np.exp(-np.arange(points) / speed)


def rising_from(val: Values, at: int, to: float) -> Values:
    """``val`` until ``at``, then a straight line to ``to``."""
    after = np.arange(len(val) - at) / (len(val) - at - 1)
    return np.concatenate([val[:at], val[at] + (to - val[at]) * after])


FAR_ABOVE_ITS_BEST = rising_from(falling(60, 1.96, 0.238, 2.6), 16, 0.2594)
NEAR_CHANCE = np.concatenate(
    [0.6931 - 0.0015 * (1 - np.exp(-np.arange(50) / 20)), 0.69172 + 0.00006 * np.arange(1, 101)]
)
RAW_TARGETS = rising_from(falling(650, 29643, 3621, 25), 200, 4023)


@pytest.mark.parametrize("broken", [0, 20])
def test_one_nan_hides_itself_alone(broken: int) -> None:
    train, val = 2 * 0.9 ** np.arange(50) + 0.4, 2 * 0.9 ** np.arange(50) + 0.6
    whole = diagnose(train, val)
    val[broken] = np.nan
    diagnosis = diagnose(train, val)
    assert (diagnosis.verdict, diagnosis.best) == (whole.verdict, whole.best)
    assert diagnosis.notes == (*whole.notes, "not_finite")


def test_six_epochs_may_overfit_but_never_for_sure() -> None:
    diagnosis = diagnose([0.21, 0.17, 0.14, 0.12, 0.116, 0.096], [0.34, 0.361, 0.393, 0.458, 0.425, 0.485])
    assert diagnosis.verdict == Verdict.OVERFITTING
    assert diagnosis.confidence < 0.9


@pytest.mark.parametrize("more", [{}, {"min_points": 3}, {"finished": True}])
def test_three_epochs_that_end_far_above_their_best_are_never_healthy(more: dict[str, Any]) -> None:
    assert diagnose([0.386, 0.227, 0.113], [0.318, 0.320, 0.443], **more).verdict != Verdict.HEALTHY


def test_a_huge_first_loss_hides_no_rise() -> None:
    diagnosis = diagnose(falling(60, 1.9, 0.001, 5), FAR_ABOVE_ITS_BEST)
    assert (diagnosis.verdict, diagnosis.severity, diagnosis.onset_step) == (Verdict.OVERFITTING, "mild", 16)


@pytest.mark.parametrize("points", [199, 200, 201])
def test_a_rise_after_a_drop_of_the_learning_rate_shows_at_any_number_of_points(points: int) -> None:
    epoch = np.arange(points)
    before = np.where(epoch < 100, 2.1 - 0.5 * (1 - np.exp(-epoch / 30)), 1.62 - 0.0005 * (epoch - 100))
    after = 1.27 + 0.08 * np.maximum(0, 155 - epoch) + 0.004 * np.maximum(0, epoch - 155)
    train = np.where(epoch < 152, 1.6 + 0.4 * np.exp(-epoch / 40), 0.9 + 0.4 * np.exp(-(epoch - 152) / 15))
    diagnosis = diagnose(train, np.where(epoch < 152, before, after))
    assert (diagnosis.verdict, diagnosis.onset_step) == (Verdict.OVERFITTING, 155)


@pytest.mark.parametrize("classes", [None, 15])
def test_a_loss_that_stays_at_chance_is_not_learning(classes: int | None) -> None:
    assert diagnose([2.712] * 10, [2.711] * 10, classes=classes).verdict == Verdict.NOT_LEARNING


def test_a_loss_near_chance_that_wavers_is_not_learning_where_the_classes_are_known() -> None:
    noise = np.random.default_rng(0).normal(0, 0.01, 40)
    train, val = np.log(10) - 0.004 + noise, np.log(10) + noise[::-1]
    assert diagnose(train, val, classes=10).verdict == Verdict.NOT_LEARNING
    assert diagnose(train, val, classes=10, accuracy=np.linspace(0.1, 0.4, 40)).verdict != Verdict.NOT_LEARNING


def test_both_curves_jumping_up_at_the_end_are_not_healthy() -> None:
    fall = 0.75 ** np.arange(36)
    diagnosis = diagnose([*(31 * fall + 0.24), *[7.0] * 4], [*(30 * fall + 0.5), *[6.9] * 4])
    assert diagnosis.verdict in (Verdict.DIVERGED, Verdict.UNSTABLE)


def test_an_absurd_loss_has_diverged() -> None:
    train = 10 ** np.linspace(20, 17, 20)
    val = np.r_[train[:12], train[11] * np.linspace(1, 1.1, 8)]
    assert diagnose(train, val).verdict == Verdict.DIVERGED


def test_a_validation_that_alternates_cannot_be_judged() -> None:
    epoch = np.arange(40)
    assert diagnose(1 / (epoch + 1), 1.5 + (-1.0) ** epoch).verdict == Verdict.UNSTABLE


def test_a_loss_near_chance_that_gives_back_more_than_it_gained_overfits() -> None:
    diagnosis = diagnose(0.6931 - 0.0005 * np.arange(150), NEAR_CHANCE)
    assert (diagnosis.verdict, diagnosis.onset_step) == (Verdict.OVERFITTING, 49)


def test_perplexity_is_judged_by_its_logarithm() -> None:
    train, val = falling(40, 60, 5, 15), rising_from(falling(40, 260, 58.8, 2.2), 12, 77)
    diagnosis = diagnose(train, val, perplexity=True)
    assert diagnosis.verdict == Verdict.OVERFITTING
    assert diagnosis.signals["relative_rise"] < 0.1
    assert diagnosis.best is not None
    assert diagnosis.best.value == val[12]


@pytest.mark.parametrize("seed", range(8))
def test_a_plateau_has_one_best_and_counts_from_it(seed: int) -> None:
    val = falling(80, 2.0, 0.5, 6) + np.random.default_rng(seed).normal(0, 0.01, 80)
    diagnosis = diagnose(falling(80, 2.0, 0.05, 25), val)
    assert diagnosis.verdict == Verdict.PLATEAU
    assert diagnosis.best is not None
    assert diagnosis.best.value == val.min()
    assert f"{diagnosis.best.value:.4g} at step {diagnosis.best.step}" in diagnosis.reason
    counted = re.search(r"for (\d+) points", diagnosis.reason)
    assert counted is None or int(counted.group(1)) == 79 - diagnosis.best.step


def test_a_regression_on_raw_targets_overfits() -> None:
    diagnosis = diagnose(falling(650, 28000, 500, 60), RAW_TARGETS)
    assert (diagnosis.verdict, diagnosis.onset_step) == (Verdict.OVERFITTING, 200)


def test_a_falling_accuracy_beside_a_falling_loss_is_judged_and_said_to_be_weaker_evidence() -> None:
    epoch = np.arange(30)
    accuracy = np.where(epoch < 10, 0.6 + 0.023 * epoch, 0.83 - 0.13 * (epoch - 10) / 19)
    diagnosis = diagnose(1 / (epoch + 1), accuracy, metric="accuracy", higher_is_better=True)
    assert (diagnosis.verdict, diagnosis.onset_step) == (Verdict.OVERFITTING, 10)
    assert diagnosis.reason.startswith("Validation's accuracy")
    assert "weaker evidence" in diagnosis.reason
    assert "metric_only" in diagnosis.notes
    assert "gap" not in diagnosis.signals


def test_a_rising_error_rate_beside_a_falling_loss_is_judged() -> None:
    wer = rising_from(falling(40, 0.9, 0.2, 4), 15, 0.26)
    assert diagnose(falling(40, 3, 0.1, 8), wer, metric="WER").verdict == Verdict.OVERFITTING


def of_a_finished_training(points: int) -> Diagnosis:
    return diagnose(falling(points, 1, 0.1, 3), falling(points, 1, 0.5, 3), finished=True)


@pytest.mark.parametrize("points", [1, 2, 3, 6])
def test_a_finished_training_is_never_too_early(points: int) -> None:
    assert of_a_finished_training(points).verdict != Verdict.TOO_EARLY
    assert diagnose(None, falling(points, 1, 0.5, 3), finished=True).verdict != Verdict.TOO_EARLY


def test_a_single_evaluation_is_no_curve() -> None:
    assert of_a_finished_training(1).verdict == Verdict.NO_VALIDATION
    assert "single evaluation" in of_a_finished_training(1).reason


def test_each_one_sided_log_has_its_own_reason() -> None:
    curve = falling(20, 1, 0.1, 3)
    reasons = [
        diagnose(None, None).reason,
        diagnose(curve, None).reason,
        diagnose(None, curve).reason,
        diagnose(curve, curve * np.nan).reason,
    ]
    assert len(set(reasons)) == 4
    assert "usually the evaluation" in reasons[3]


def test_validation_that_breaks_alone_is_named_for_what_it_usually_is() -> None:
    val = np.append(falling(59, 1, 0.5, 20), np.nan)
    diagnosis = diagnose(falling(60, 1, 0.1, 20), val)
    assert diagnosis.verdict == Verdict.IMPROVING
    assert "from step 59 on" in diagnosis.reason
    assert "half precision" in diagnosis.reason
