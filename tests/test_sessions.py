from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics.logs.matching.pairing import match
from diagnostics.logs.matching.sessions import sessions
from diagnostics.logs.matching.tidy import Session, curve
from diagnostics.logs.run import Key, Rows, Run
from tests.rows import START, epochs, rows

DAY = 86400.0


def found(*files: dict[str, Rows]) -> list[Session]:
    return sessions({"exp": files}, side=lambda _, tag: "val" if "loss" in tag else None)


def run_of(*files: dict[str, Rows]) -> Run:
    return match("exp", {"exp": files})


def pair(steps: range, *, begins: float = 0.0, level: float = 1.0) -> dict[str, Rows]:
    return {side: rows(steps, values=[level] * len(steps), begins=begins) for side in ("loss/train", "loss/val")}


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (range(20), range(20, 40), 1),
        (range(20), range(19, 40), 1),
        (range(20), range(12, 40), 1),
        (range(20), range(30, 40), 1),
        (range(20), range(20), 2),
        (range(20), range(2), 2),
        (range(1, 21), range(2), 2),
        (range(1), range(1), 2),
        (range(100, 701, 100), range(500, 3001, 500), 2),
        (range(500, 3001, 500), range(3100, 5000, 100), 1),
        (range(500, 3001, 500), range(1600, 5000, 100), 1),
    ],
)
def test_a_file_that_starts_near_the_beginning_is_a_new_training_and_a_later_one_a_resume(
    first: range, second: range, expected: int
) -> None:
    assert len(found(pair(first), pair(second, begins=DAY))) == expected


def test_writers_that_start_together_are_one_training() -> None:
    assert len(found({"loss/train": epochs()}, {"loss/val": epochs()})) == 1
    assert len(found(pair(range(20)), pair(range(20), begins=0.5))) == 1


def test_writers_that_write_at_the_same_time_are_one_training_and_their_repeats_are_averaged() -> None:
    files = pair(range(20), level=1.0), pair(range(20), begins=300.0, level=3.0)
    (session,) = found(*files)
    joined = curve([file["loss/val"] for file in session["exp"]])
    assert joined.values.tolist() == [2.0] * 20


def test_a_series_that_does_not_measure_the_fit_may_start_again() -> None:
    first = {"loss": rows(range(20)), "time": rows(range(20))}
    second = {"loss": rows(range(20, 40), begins=DAY), "time": rows(range(20), begins=DAY)}
    assert len(found(first, second)) == 1


def test_one_file_with_two_trainings_is_cut_where_every_series_starts_again() -> None:
    twice = [*range(10), *range(8)]
    assert len(found({"loss/train": rows(twice), "loss/val": rows(twice), "lr": rows(range(18))})) == 2


def test_a_step_that_starts_again_each_epoch_in_one_series_is_no_new_training() -> None:
    assert len(found({"loss/train": rows([*range(10)] * 5), "loss/val": epochs(5)})) == 1


def test_directories_are_put_together_by_the_clock() -> None:
    split = {
        "train": [{"loss": rows(range(1), begins=3 * DAY + 5)}],
        "val": [{"loss": rows(range(2), begins=day * DAY)} for day in range(4)],
    }
    trainings = sessions(split, side=lambda _directory, _tag: "val")
    assert [sorted(session) for session in trainings] == [["val"], ["val"], ["val"], ["train", "val"]]


def test_the_newest_training_with_enough_validation_is_shown() -> None:
    run = run_of(
        pair(range(20), level=1),
        pair(range(20), begins=DAY, level=2),
        pair(range(2), begins=2 * DAY, level=3),
    )
    assert run.sessions == 3
    assert run.val is not None
    assert run.val.values.tolist() == [2.0] * 20


def test_a_short_training_after_a_long_one_is_not_shown_before_it_has_a_quarter_of_its_points() -> None:
    for length, expected in ((9, 40), (10, 10)):
        run = run_of(pair(range(40)), pair(range(length), begins=DAY))
        assert run.val is not None
        assert len(run.val) == expected


def test_a_rerun_that_diverged_is_not_joined_to_the_healthy_run_before_it() -> None:
    run = run_of(pair(range(30), level=0.5), pair(range(30), begins=DAY, level=9.0))
    assert run.val is not None
    assert run.val.values.max() == run.val.values.min() == 9.0


def test_after_a_resume_the_later_write_wins() -> None:
    resumed = curve([rows(range(5), values=[1, 1, 1, 1, 1]), rows(range(3, 6), values=[2, 2, 2], begins=DAY)])
    assert resumed.steps.tolist() == [0, 1, 2, 3, 4, 5]
    assert resumed.values.tolist() == [1, 1, 1, 2, 2, 2]


def test_repeats_of_a_step_are_averaged() -> None:
    averaged = curve([rows([1, 1, 2, 2, 2, 3], values=[1, 3, 1, 2, 3, 5])])
    assert averaged.steps.tolist() == [1, 2, 3]
    assert averaged.values.tolist() == [2, 2, 5]


def test_rows_before_a_step_back_go() -> None:
    kept = curve([rows([1, 2, 3, 4, 3, 4, 5], values=[1, 2, 3, 4, 30, 40, 50])])
    assert kept.steps.tolist() == [1, 2, 3, 4, 5]
    assert kept.values.tolist() == [1, 2, 30, 40, 50]


def test_points_that_all_stand_at_one_step_are_counted() -> None:
    counted = curve([rows([0, 0, 0, 0], values=[4, 3, 2, 1])])
    assert counted.steps.tolist() == [0, 1, 2, 3]
    assert counted.values.tolist() == [4, 3, 2, 1]


def test_nan_and_infinity_stay() -> None:
    kept = curve([rows([1, 1, 2, 3], values=[np.nan, 1, np.inf, -np.inf])])
    assert np.isnan(kept.values[0])
    assert kept.values[1:].tolist() == [np.inf, -np.inf]


def naive(steps: list[int], values: list[float]) -> tuple[list[int], list[float]]:
    """TensorBoard's rule for steps that go back, the mean for steps that only repeat; row by row."""
    if any(later < earlier for earlier, later in pairwise(steps)):
        kept = [i for i in range(len(steps)) if i == len(steps) - 1 or steps[i] < min(steps[i + 1 :])]
        return [steps[i] for i in kept], [values[i] for i in kept]
    if len(steps) > 2 and len(set(steps)) == 1:
        return list(range(len(steps))), values
    unique = sorted(set(steps))
    return unique, [float(np.mean([v for s, v in zip(steps, values, strict=True) if s == step])) for step in unique]


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(-5, 5)), min_size=1, max_size=40))
def test_a_curve_is_what_the_rules_say_row_by_row(points: list[tuple[int, int]]) -> None:
    steps, values = [step for step, _ in points], [float(value) for _, value in points]
    tidy = curve([rows(steps, values=values)])
    expected_steps, expected_values = naive(steps, values)
    assert tidy.steps.tolist() == expected_steps
    assert tidy.values.tolist() == pytest.approx(expected_values)


@given(st.lists(st.lists(st.integers(0, 20), min_size=1, max_size=10), min_size=1, max_size=4))
def test_any_files_make_a_curve_of_rising_steps_and_lose_no_last_row(parts: list[list[int]]) -> None:
    files = [rows(steps, begins=day * DAY) for day, steps in enumerate(parts)]
    joined = curve(files)
    assert (np.diff(joined.steps) > 0).all()
    assert joined.wall_times is not None
    assert joined.wall_times[-1] >= START + (len(parts) - 1) * DAY


def test_every_series_of_the_shown_training_is_there() -> None:
    run = run_of(pair(range(20)) | {"lr": rows(range(20))})
    assert set(run.curves) == {Key("exp", "loss/train"), Key("exp", "loss/val"), Key("exp", "lr")}
