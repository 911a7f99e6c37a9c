import numpy as np
import pytest

from diagnostics.curves import Curve
from diagnostics.logs.matching.axis import onto, same_unit, x_axis
from diagnostics.logs.matching.pairing import match
from diagnostics.logs.matching.tidy import curve
from diagnostics.logs.run import Run
from tests.rows import batches, epoch_ends, epochs, rows, some_batches


def of(steps: range, *, begins: float = 0.0, lasts: float = 1000.0) -> Curve:
    return curve([rows(steps, begins=begins, lasts=lasts)])


EPOCHS, FROM_ONE, BATCHES, ENDS = range(50), range(1, 51), range(350), range(7, 351, 7)


@pytest.mark.parametrize(
    ("train", "val", "expected"),
    [
        (EPOCHS, EPOCHS, "epoch"),
        (FROM_ONE, FROM_ONE, "epoch"),
        (EPOCHS, FROM_ONE, "epoch"),
        (range(40, 60), range(40, 60), "epoch"),
        (BATCHES, ENDS, "step"),
        (ENDS, ENDS, "step"),
        (range(0, 5000, 100), range(50, 5000, 500), "step"),
        (BATCHES, EPOCHS, "mixed"),
        (EPOCHS, None, "epoch"),
        (None, FROM_ONE, "epoch"),
        (range(10, 351, 10), None, "step"),
        (range(5000), None, "step"),
        (None, None, None),
    ],
)
def test_what_the_steps_count(train: range | None, val: range | None, expected: str | None) -> None:
    assert x_axis(of(train) if train else None, of(val) if val else None) == expected


def test_tags_that_say_epoch_are_believed() -> None:
    assert x_axis(of(range(1)), of(range(3)), says_epoch=True) == "epoch"
    assert x_axis(of(range(0, 50, 5)), of(range(0, 50, 5)), says_epoch=True) == "epoch"


def test_a_logged_epoch_that_differs_from_the_step_is_believed_over_the_tags() -> None:
    logged = curve([rows(ENDS, values=list(range(50)))])
    assert x_axis(of(ENDS), of(ENDS), says_epoch=True, epochs=logged) == "step"
    same = curve([rows(FROM_ONE, values=list(EPOCHS))])
    assert x_axis(of(FROM_ONE), of(FROM_ONE), epochs=same) == "epoch"


def test_validation_that_counts_its_own_batches_is_no_epoch() -> None:
    train, val = of(range(100), lasts=1000), of(range(20), begins=990, lasts=10)
    assert x_axis(train, val) == "step"


def test_a_validation_that_began_early_and_stopped_is_in_the_same_unit_by_the_clock() -> None:
    assert same_unit(of(range(1, 1001), lasts=1000), of(range(50, 301, 50), lasts=300))


def test_one_evaluation_before_training_tells_nothing_about_the_unit() -> None:
    assert x_axis(of(range(10, 500, 10)), of(range(1), begins=-1001)) == "step"


def test_training_is_averaged_between_two_points_of_validation() -> None:
    train = Curve(np.arange(6), np.array([1.0, 3.0, 5.0, 7.0, 9.0, 11.0]))
    mapped = onto(train, Curve(np.array([1, 2, 3]), np.zeros(3)))
    assert mapped.steps.tolist() == [1, 2, 3]
    assert mapped.values.tolist() == [2, 6, 10]


def test_the_logged_epoch_says_which_batches_belong_to_an_epoch() -> None:
    train = Curve(np.arange(1, 8), np.arange(1.0, 8.0))
    logged = Curve(np.arange(1, 8), np.array([1.0, 1, 1, 1, 1, 2, 2]))
    assert onto(train, Curve(np.array([1, 2]), np.zeros(2)), epochs=logged).values.tolist() == [3, 6.5]


def test_an_epoch_counted_from_zero_fits_a_validation_counted_from_one() -> None:
    train = Curve(np.arange(4), np.arange(4.0))
    logged = Curve(np.arange(4), np.array([0.0, 0, 1, 1]))
    assert onto(train, Curve(np.array([1, 2]), np.zeros(2)), epochs=logged).values.tolist() == [0.5, 2.5]


def test_the_clock_decides_where_the_numbers_of_points_do_not_divide() -> None:
    train = Curve(np.arange(5), np.arange(5.0), np.array([1.0, 2.0, 3.0, 11.0, 12.0]))
    val = Curve(np.array([1, 2]), np.zeros(2), np.array([10.0, 20.0]))
    assert onto(train, val).values.tolist() == [1, 3.5]


def test_points_of_validation_before_the_first_one_of_training_are_left_out() -> None:
    train = Curve(np.arange(3), np.arange(3.0), np.array([5.0, 6.0, 7.0]))
    val = Curve(np.array([0, 1]), np.zeros(2), np.array([1.0, 9.0]))
    mapped = onto(train, val)
    assert mapped.steps.tolist() == [1]
    assert mapped.values.tolist() == [1]


def test_nothing_in_common_is_an_empty_curve() -> None:
    train = Curve(np.arange(3), np.arange(3.0), np.array([5.0, 6.0, 7.0]))
    assert len(onto(train, Curve(np.array([0, 1]), np.zeros(2), np.array([1.0, 2.0])))) == 0


def test_a_nan_in_training_reaches_its_own_window_only() -> None:
    train = Curve(np.arange(6), np.array([1, np.nan, 1, 1, 1, 1]))
    mapped = onto(train, Curve(np.array([0, 1, 2]), np.zeros(3)))
    assert np.isnan(mapped.values).tolist() == [True, False, False]


def run_of(train: str, val: str) -> Run:
    made = {"batches": batches, "epochs": epochs, "ends": epoch_ends, "some": some_batches}
    return match("exp", {"exp": [{"train_loss": made[train](), "val_loss": made[val]()}]})


def test_a_mixed_run_gives_both_sides_in_epochs() -> None:
    run = run_of("batches", "epochs")
    assert run.x_axis == "mixed"
    assert run.train is not None
    assert run.val is not None
    assert run.train.steps.tolist() == run.val.steps.tolist()
    assert max(len(curve) for curve in run.curves.values()) == 350


def test_a_run_on_one_axis_keeps_its_training_as_logged() -> None:
    run = run_of("some", "ends")
    assert run.train is not None
    assert run.train_on_val is None
    assert len(run.train) == 35
