"""What is known beside the two curves: each piece changes what it should, and is missed where it is not there."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from diagnostics.confidence import in_words
from diagnostics.curves import Curve
from diagnostics.signals.sampling import sampling_error
from diagnostics.verdict import Verdict, check_overfitting, diagnose

Values = NDArray[np.float64]
EPOCH = np.arange(60)
TRAIN = 0.1 + np.exp(-EPOCH / 15)
TURNING = np.where(EPOCH <= 20, 1.0 - 0.02 * EPOCH, 0.6 + 0.004 * (EPOCH - 20))
SHIFTED = np.where(EPOCH < 40, 0.5 + 0.5 * np.exp(-EPOCH / 4), 0.7) + np.random.default_rng(0).normal(0, 0.003, 60)


@pytest.mark.parametrize(
    ("confidence", "word"), [(0.998, "clear"), (0.9, "clear"), (0.89, "likely"), (0.7, "likely"), (0.6, "borderline")]
)
def test_confidence_in_words(confidence: float, word: str) -> None:
    assert in_words(confidence) == word


def test_for_overfitting_confidence_is_the_probability() -> None:
    diagnosis = diagnose(TRAIN, TURNING)
    assert diagnosis.verdict == Verdict.OVERFITTING
    assert diagnosis.confidence == diagnosis.probability == diagnosis.signals["probability"]


def test_the_probability_is_there_whatever_the_verdict() -> None:
    probability = diagnose(TRAIN, TRAIN + 0.2).probability
    assert probability is not None
    assert probability < 0.05


def test_the_same_rise_means_less_with_few_validation_samples() -> None:
    few, many = (diagnose(TRAIN, TURNING, val_samples=samples).probability for samples in (20, 5000))
    assert few is not None
    assert many is not None
    assert few < many


def test_the_sampling_error_of_a_rise_falls_with_the_samples() -> None:
    assert sampling_error(0.04, 100) == pytest.approx(0.04)
    assert sampling_error(0.04, 400) == pytest.approx(0.02)
    with pytest.raises(ValueError, match="at least 1 sample"):
        sampling_error(0.04, 0)


def test_a_rise_below_its_sampling_error_is_noted() -> None:
    small = np.where(EPOCH <= 20, 1.0 - 0.02 * EPOCH, 0.6 + 0.0005 * (EPOCH - 20))
    assert "below_sampling_error" in diagnose(TRAIN, small, val_samples=50).notes
    assert "below_sampling_error" not in diagnose(TRAIN, small, val_samples=5000).notes
    assert "below_sampling_error" not in diagnose(TRAIN, small).notes


def test_loss_and_accuracy_that_want_different_epochs_are_said_first() -> None:
    diagnosis = diagnose(TRAIN, TURNING, accuracy=0.5 + 0.005 * EPOCH)
    assert diagnosis.reason.startswith("Loss and accuracy disagree: the loss was best at step")
    assert "accuracy at step 59" in diagnosis.reason
    assert "disagree" in diagnosis.notes


def test_loss_and_accuracy_that_agree_are_not_mentioned() -> None:
    assert "disagree" not in diagnose(TRAIN, TURNING, accuracy=1 - TURNING).notes


def test_validation_that_jumps_once_and_stands_is_another_validation_set() -> None:
    diagnosis = diagnose(TRAIN, SHIFTED)
    assert diagnosis.verdict == Verdict.UNSTABLE
    assert "level_shift" in diagnosis.notes
    assert "between steps 39 and 40" in diagnosis.reason


def test_a_jump_where_the_learning_rate_changed_says_so() -> None:
    rate = Curve.of(np.where(EPOCH < 40, 1e-3, 1e-2))
    diagnosis = diagnose(TRAIN, SHIFTED, learning_rate=rate)
    assert "lr_changed" in diagnosis.notes
    assert "from 0.001 to 0.01" in diagnosis.reason
    assert "level_shift" in diagnose(TRAIN, SHIFTED, learning_rate=np.full(60, 1e-3)).notes


def test_a_jump_at_a_resume_says_so() -> None:
    assert "resumed" in diagnose(TRAIN, SHIFTED, resumed_at=[40]).notes


def test_a_jump_where_an_augmentation_is_switched_off_says_so() -> None:
    diagnosis = diagnose(TRAIN, SHIFTED, augmentation_off_at=[40])
    assert diagnosis.verdict == Verdict.UNSTABLE
    assert "augmentation_off" in diagnosis.notes
    assert "augmentation_off" not in diagnose(TRAIN, SHIFTED, augmentation_off_at=[20]).notes


def test_training_that_falls_where_an_augmentation_is_switched_off_is_no_new_pass() -> None:
    """Without its augmentation the training loss falls at once; what was logged comes before what is deduced."""
    falls = np.where(EPOCH < 40, TRAIN + 1.0, TRAIN)
    assert "epoch_steps" in diagnose(falls, SHIFTED).notes
    assert "augmentation_off" in diagnose(falls, SHIFTED, augmentation_off_at=[40]).notes


def test_a_gradual_rise_has_no_other_cause() -> None:
    rate = np.where(EPOCH < 40, 1e-3, 1e-4)
    diagnosis = diagnose(TRAIN, TURNING, learning_rate=rate, resumed_at=[30])
    assert diagnosis.verdict == Verdict.OVERFITTING
    assert not {"lr_changed", "resumed", "level_shift"} & set(diagnosis.notes)


def test_a_rise_in_steps_at_the_ends_of_epochs_says_so() -> None:
    stairs = np.where(EPOCH < 15, 1 - 0.02 * EPOCH, 0.72 + 0.06 * ((EPOCH - 15) // 15)) + 0.0001 * np.sin(EPOCH)
    diagnosis = diagnose(TRAIN, stairs, epoch_ends=[14, 29, 44, 59])
    assert diagnosis.verdict == Verdict.OVERFITTING
    assert "epoch_steps" in diagnosis.notes
    assert "epoch_steps" not in diagnose(TRAIN, TURNING, epoch_ends=[14, 29, 44, 59]).notes


def test_wrong_labels_that_cost_nearly_all_of_the_loss_are_the_limit() -> None:
    diagnosis = diagnose(TRAIN, TURNING, label_noise=0.12, classes=10)
    assert "data_limit" in diagnosis.notes
    assert "cleaner labels" in diagnosis.reason
    assert "data_limit" not in diagnose(TRAIN, TURNING, label_noise=0.01, classes=10).notes


def test_wrong_labels_in_training_alone_are_no_limit_of_validation() -> None:
    """A validation loss below what the wrong labels would cost has better ones."""
    assert "data_limit" not in diagnose(TRAIN, TURNING, label_noise=0.2, classes=10).notes


def test_canaries_and_wrong_labels_together_name_the_data() -> None:
    known = {"label_noise": 0.05, "classes": 10, "canary_chance": 0.1}
    assert "data_limit" in diagnose(TRAIN, TURNING, canary=0.6, **known).notes
    assert "data_limit" not in diagnose(TRAIN, TURNING, canary=0.1, **known).notes


def test_checks_that_did_not_run_are_named_with_their_reason() -> None:
    missing = dict(diagnose(TRAIN, TURNING).checks_not_run)
    assert {"sampling_error", "accuracy", "learning_rate", "chance_level", "canaries"} <= set(missing)
    assert all(missing.values())
    known = diagnose(TRAIN, TURNING, val_samples=100, classes=3, accuracy=1 - TURNING, learning_rate=np.ones(60))
    assert not {"sampling_error", "accuracy", "learning_rate", "chance_level"} & {
        check for check, _ in known.checks_not_run
    }


def test_curves_in_different_units_run_no_check_of_the_gap() -> None:
    assert "gap" in dict(diagnose(TRAIN, 100 * TURNING).checks_not_run)


def test_a_jump_where_training_falls_is_another_pass_over_the_same_samples() -> None:
    fall = 0.1 * np.exp(-EPOCH / 5)
    train = np.select([EPOCH < 20, EPOCH < 40], [1.2, 0.8], 0.4) + fall
    val = np.select([EPOCH < 20, EPOCH < 40], [1.25 - 0.01 * EPOCH, 1.08], 1.35) + 0.001 * (EPOCH % 20)
    diagnosis = diagnose(train, val)
    assert diagnosis.verdict == Verdict.OVERFITTING
    assert "epoch_steps" in diagnosis.notes


def test_an_unstable_training_is_as_sure_as_its_rise_is_large() -> None:
    slight, large = (np.where(EPOCH <= 20, 1 - 0.03 * EPOCH, 0.4 + by * (EPOCH - 20)) for by in (0.0008, 0.004))
    first, second = diagnose(slight, slight + 0.2), diagnose(large, large + 0.2)
    assert (first.verdict, second.verdict) == (Verdict.UNSTABLE, Verdict.UNSTABLE)
    assert first.confidence < second.confidence


def test_the_bend_of_a_few_points_is_no_swing() -> None:
    val = 0.11 + np.exp(-np.arange(7) / 1.2)
    assert diagnose(val - 0.05, np.append(val[:6], val[5] + 0.001)).verdict != Verdict.UNSTABLE


@pytest.mark.parametrize(
    ("gap", "slope", "points", "overfits"),
    [(0.101, 0.001, 10, True), (0.099, 0.001, 10, False), (0.5, 0.0, 10, False), (0.5, 0.001, 9, False)],
)
def test_the_textbook_check_wants_a_tenth_a_rise_and_ten_points(
    gap: float, slope: float, points: int, overfits: bool
) -> None:
    """The gap is that of the last five points, whose middle is the third from the end."""
    val = 0.2 + gap + slope * (np.arange(points) - (points - 3))
    assert check_overfitting([0.2] * points, list(val))[0] is overfits
    assert check_overfitting([0.2] * 20, list(val))[0] is overfits


@pytest.mark.parametrize(
    ("known", "check", "is_run"),
    [
        *(({"val_samples": samples}, "sampling_error", samples > 0) for samples in (-1, 0, 1)),
        *(({"classes": classes}, "chance_level", classes > 1) for classes in (0, 1, 2)),
    ],
    ids=str,
)
def test_a_number_that_cannot_be_is_not_known(known: dict[str, int], check: str, is_run: bool) -> None:
    not_run = {one.check for one in diagnose(TRAIN, TURNING, **known).checks_not_run}
    assert (check not in not_run) is is_run


def test_what_has_another_cause_is_no_likelier_overfitting_than_not() -> None:
    diagnosis = diagnose(TRAIN, SHIFTED)
    assert (diagnosis.confidence, diagnosis.severity, diagnosis.onset_step) == (0.5, None, None)
    assert diagnosis.probability is not None
    assert diagnosis.probability <= 0.5


def test_what_broke_is_said_with_the_step_from_which_it_did() -> None:
    nan = [np.nan, np.nan]
    train = diagnose(np.append(TRAIN[:58], nan), TURNING)
    val = diagnose(TRAIN, np.append(TURNING[:58], nan))
    assert "The training loss is not finite from step 58 on." in train.reason
    assert "not a number from step 58 on while training stays finite" in val.reason
    assert train.verdict == val.verdict == Verdict.OVERFITTING
    assert "not_finite" in train.notes
    assert "not_finite" in val.notes


def test_one_value_in_between_that_is_not_finite_breaks_nothing() -> None:
    hidden = np.where(EPOCH == 30, np.nan, TURNING)
    diagnosis = diagnose(TRAIN, hidden)
    assert "not a number" not in diagnosis.reason
    assert "not_finite" in diagnosis.notes
