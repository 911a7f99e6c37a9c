"""What else than overfitting made validation jump: each rule just below and just above its boundary."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from diagnostics.context import Context
from diagnostics.curves import Curve
from diagnostics.judging.causes import Cause, other_cause, sudden
from tests.measured import evidence

Values = NDArray[np.float64]
POINTS, AT, HEIGHT = 40, 20, 0.2


def step(points: int = POINTS, at: int = AT, height: float = HEIGHT) -> Values:
    """Validation at rest at 1 that jumps once."""
    return np.where(np.arange(points) < at, 1.0, 1.0 + height)


def jump_of(val: Values, *, onset: int = AT - 1, **measured: Any) -> int | None:
    known = {"onset": onset, "rise": HEIGHT, "size": 1.0, **measured}
    return sudden(evidence(np.linspace(2.0, 1.0, len(val)), val, **known))


def changed(places: slice | int, by: float | Values) -> Values:
    val = step()
    val[places] += by
    return val


@pytest.mark.parametrize(
    ("points", "at", "expected"),
    [(40, 4, 4), (40, 3, None), (40, 36, 36), (40, 37, None), (12, 6, 6), (11, 6, None), (12, 8, 8), (12, 9, None)],
)
def test_four_points_stand_on_either_side_of_a_jump(points: int, at: int, expected: int | None) -> None:
    assert jump_of(step(points, at), onset=at - 1) == expected


def test_a_jump_long_after_the_best_still_needs_four_points_behind_it() -> None:
    assert jump_of(step(40, 36), onset=30) == 36
    assert jump_of(step(40, 37), onset=30) is None


@pytest.mark.parametrize("onset", [0, 10, 19])
def test_the_jump_is_the_largest_after_the_best(onset: int) -> None:
    assert jump_of(step(), onset=onset) == AT


@pytest.mark.parametrize(
    ("val", "measured", "is_one"),
    [
        (step(), {"rise": HEIGHT / 0.79}, False),
        (step(), {"rise": HEIGHT / 0.81}, True),
        (step(), {"size": HEIGHT / 0.019}, False),
        (step(), {"size": HEIGHT / 0.021}, True),
        (changed(30, 0.24 * HEIGHT), {}, True),
        (changed(30, 0.26 * HEIGHT), {}, False),
        (changed(15, 0.24 * HEIGHT), {"onset": 10}, True),
        (changed(15, 0.26 * HEIGHT), {"onset": 10}, False),
        (changed(5, 0.5 * HEIGHT), {}, True),
        (changed(17, 0.26 * HEIGHT), {}, False),
        (changed(6, 0.5 * HEIGHT), {"onset": 5}, True),
        (changed(9, 0.26 * HEIGHT), {"onset": 5}, False),
        (changed(slice(36, 40), np.array([0.2, 0.2, 0.4, 0.4]) * HEIGHT), {}, False),
        (changed(slice(23, 40), np.array([0.2] * 14 + [0.3] * 3) * HEIGHT), {}, False),
        (changed(slice(20, 40), np.linspace(0.0, 0.25, 20) * HEIGHT), {}, True),
        (changed(slice(20, 40), np.linspace(0.0, 0.31, 20) * HEIGHT), {}, False),
        (changed(slice(20, 40), -np.linspace(0.0, 0.31, 20) * HEIGHT), {}, False),
        (changed(slice(16, 20), -np.array([0, 0.12, 0.24, 0.24]) * HEIGHT / 1.2), {}, True),
        (changed(slice(10, 20), -np.linspace(0, 0.8, 10) * HEIGHT), {"onset": 10}, True),
        (changed(slice(10, 20), -np.linspace(0, 1.3, 10) * HEIGHT), {"onset": 10}, False),
    ],
    ids=range(20),
)
def test_a_jump_is_one_where_validation_rests_on_both_sides(
    val: Values, measured: dict[str, Any], is_one: bool
) -> None:
    assert (jump_of(val, **measured) is not None) is is_one


STEPS = 10 * np.arange(POINTS)  # the jump is between steps 190 and 200
RISING = {"overfits": True, "rose": True, "onset": AT - 1, "rise": HEIGHT, "size": 1.0}


def cause(context: Context, train: Values | None = None, **measured: Any) -> Cause | None:
    train = np.linspace(2.0, 1.0, POINTS) if train is None else train
    return other_cause(evidence(train, step(), steps=STEPS, **RISING | measured), context)


def note(context: Context, train: Values | None = None) -> str:
    found = cause(context, train)
    assert found is not None
    return found.note


@pytest.mark.parametrize(
    ("overfits", "rose", "expected"), [(True, False, True), (False, True, True), (False, False, False)]
)
def test_a_cause_is_looked_for_where_validation_rose(overfits: bool, rose: bool, expected: bool) -> None:
    assert (cause(Context(), overfits=overfits, rose=rose) is not None) is expected


def test_a_jump_is_said_with_its_height_and_its_steps() -> None:
    found = cause(Context(), size=2.0)
    assert found is not None
    assert found.reason.startswith("Validation jumped by 10% between steps 190 and 200 ")
    assert (found.note, found.instead) == ("level_shift", True)


@pytest.mark.parametrize(("at", "is_it"), [(190, False), (191, True), (200, True), (201, False)])
def test_an_augmentation_was_switched_off_after_the_point_before(at: int, is_it: bool) -> None:
    assert (note(Context(augmentation_off_at=(at,))) == "augmentation_off") is is_it


@pytest.mark.parametrize(("at", "is_it"), [(189, False), (190, True), (195, True), (200, True), (201, False)])
def test_a_training_was_resumed_at_either_point_or_between(at: int, is_it: bool) -> None:
    assert (note(Context(resumed_at=(at,))) == "resumed") is is_it


@pytest.mark.parametrize(
    ("before", "after", "is_it"),
    [
        *((1.0, 1.31, True), (1.0, 1.29, False), (1.31, 1.0, True), (1.29, 1.0, False)),
        *((1.0, 1.3, True), (0.0, 1.0, False), (1.0, 0.0, False)),
    ],
)
def test_a_learning_rate_that_changed_by_a_third(before: float, after: float, is_it: bool) -> None:
    rate = Curve(STEPS, np.where(np.arange(POINTS) < AT, before, after))
    assert (note(Context(learning_rate=rate)) == "lr_changed") is is_it
    assert note(Context(learning_rate=Curve.of([]))) == "level_shift"


@pytest.mark.parametrize(("fall", "is_it"), [(0.041, True), (0.039, False), (-0.1, False), (0.0, False)])
def test_training_that_fell_with_the_jump_by_four_times_its_usual_change_saw_its_samples_again(
    fall: float, is_it: bool
) -> None:
    train = 2.0 - 0.01 * np.arange(POINTS)
    train[AT:] -= fall - 0.01
    found = cause(Context(), train)
    assert found is not None
    assert (found.note == "epoch_steps") is is_it
    assert found.instead is not is_it


def test_a_training_that_stands_has_not_fallen() -> None:
    assert note(Context(), np.ones(POINTS)) == "level_shift"


def test_only_the_changes_near_the_jump_say_what_is_usual() -> None:
    train = np.concatenate([2.0 - 0.1 * np.arange(7), 1.4 - 0.001 * np.arange(33)])
    train[AT:] -= 0.01
    assert note(Context(), train) == "epoch_steps"


def stairs(*heights: float, flat: int = 6, drift: float = 0.0) -> Values:
    """Falls to 1 at point 5, then rises by each height after so many points."""
    rises = np.repeat(np.concatenate([[0.0], np.cumsum(heights)]), flat)
    return np.concatenate([np.linspace(2.0, 1.0, 6), 1.0 + rises + drift * np.arange(len(rises))])


def at_borders(val: Values, ends: tuple[int, ...], **measured: Any) -> bool:
    known = {"overfits": True, "onset": 6, **measured}
    found = other_cause(evidence(np.linspace(2.0, 1.0, len(val)), val, **known), Context(epoch_ends=ends))
    return found is not None and "ends of epochs" in found.reason


TWO = stairs(0.1, 0.1)  # from points 11 to 12 and from 17 to 18


@pytest.mark.parametrize(
    ("val", "ends", "measured", "expected"),
    [
        (TWO, (11, 17), {}, True),
        (TWO, (11,), {}, False),
        (TWO, (10, 16), {}, False),
        (TWO, (12, 18), {}, False),
        (TWO, (2, 11), {}, False),
        (TWO, (11, 23), {}, False),
        (TWO, (11, 17), {"onset": 11}, True),
        (TWO, (11, 17), {"onset": 12}, False),
        (stairs(0.1, 0.1, flat=2), (7, 9), {"onset": 6}, True),
        (stairs(0.1, 0.1, flat=2), (7, 9), {"onset": 7}, False),
        (stairs(0.1, 0.1, drift=0.002), (11, 17), {}, True),
        (stairs(0.1, 0.1, drift=0.004), (11, 17), {}, False),
        (stairs(0.1, -0.2), (11, 17), {}, False),
    ],
    ids=range(13),
)
def test_a_rise_in_steps_lies_at_two_ends_of_epochs_or_more(
    val: Values, ends: tuple[int, ...], measured: dict[str, Any], expected: bool
) -> None:
    assert at_borders(val, ends, **measured) is expected


def test_a_step_at_the_last_point_counts() -> None:
    assert at_borders(TWO[:19], (11, 17))


def test_a_change_of_the_learning_rate_is_said_with_both_rates() -> None:
    found = cause(Context(learning_rate=Curve(STEPS, np.where(np.arange(POINTS) < AT, 0.1, 0.02))))
    assert found is not None
    assert "the learning rate went from 0.1 to 0.02, " in found.reason


def test_a_later_fall_of_validation_hides_no_steps() -> None:
    back = np.concatenate([TWO[:-1], [TWO[6]]])
    assert not at_borders(back, (11, 17))


def test_an_epoch_that_ends_with_the_training_has_no_step_yet() -> None:
    last = len(TWO) - 1
    assert at_borders(TWO, (11, 17, last))
    assert at_borders(TWO, (6, 11, 17))
    assert not at_borders(TWO, (5, 11))


@pytest.mark.parametrize(("place", "usual"), [(7, True), (6, False), (31, True), (32, False)])
def test_the_usual_change_of_training_is_that_of_twelve_points_on_either_side(place: int, usual: bool) -> None:
    """Its median over 24 changes: twelve of them are larger, and one more within reach decides."""
    changes = np.full(POINTS - 1, 0.001)
    near = [spot for spot in range(7, 32) if spot != AT - 1]
    changes[near[1:12]] = 0.02
    changes[place] = 0.02
    changes[near[12]] = 0.02
    changes[AT - 1] = 0.05
    train = 3.0 - np.concatenate([[0.0], np.cumsum(changes)])
    assert (note(Context(), train) == "level_shift") is usual


def test_a_change_of_the_learning_rate_is_told_by_its_ratio_at_any_size() -> None:
    tiny = Curve(STEPS, np.where(np.arange(POINTS) < AT, 1e-5, 1.2e-5))
    assert note(Context(learning_rate=tiny)) == "level_shift"
    large = Curve(STEPS, np.where(np.arange(POINTS) < AT, 30.0, 33.0))
    assert note(Context(learning_rate=large)) == "level_shift"
