"""Whether anything was learned, and whether it was lost: each rule just below and just above its boundary."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from diagnostics.context import Context
from diagnostics.curves import Curve
from diagnostics.judging.learning import diverged, not_learning
from tests.measured import evidence


def has_diverged(train: list[float], val: list[float], **known: Any) -> bool:
    return diverged(evidence(train, val, **known), Context()) is not None


@pytest.mark.parametrize(
    ("train", "val", "expected"),
    [
        ([1.0] * 3 + [10.1] * 3, [1.0] * 3 + [10.1] * 3, True),
        ([1.0] * 3 + [10.0] * 3, [1.0] * 3 + [10.0] * 3, False),
        ([1.0] * 4 + [10.1] * 2, [1.0] * 3 + [10.1] * 3, False),
        ([1.0] * 3 + [10.1] * 3, [1.0] * 4 + [10.1] * 2, False),
        ([1.0] * 3 + [15.0] * 3, [2.0] * 3 + [15.0] * 3, False),
        ([1.0] * 3 + [20.1] * 3, [2.0] * 3 + [20.1] * 3, True),
        ([1.0, 5.0, 5.0] + [10.1] * 3, [1.0, 5.0, 5.0] + [10.1] * 3, True),
        ([-1.0] * 3 + [9.0] * 3, [-1.0] * 3 + [9.0] * 3, False),
        ([-1.0] * 3 + [10.1] * 3, [-1.0] * 3 + [10.1] * 3, True),
        ([1e12] * 5, [1e12] * 5, False),
        ([1.1e12] * 5, [1.1e12] * 5, True),
        ([1.1e14] * 5, [1.1e12] * 5, False),
    ],
    ids=str,
)
def test_an_end_far_above_the_start_has_diverged(train: list[float], val: list[float], expected: bool) -> None:
    assert has_diverged(train, val) is expected


@pytest.mark.parametrize(
    ("train", "expected"),
    [
        ([2.0, 1.0] + [1.91] * 5, True),
        ([2.0, 1.0] + [1.89] * 5, False),
        ([2.0, 1.0, 1.0] + [1.91] * 4, False),
        ([1.1, 1.0] + [1.51] * 5, True),
        ([1.1, 1.0] + [1.49] * 5, False),
        ([-1.5, -2.0] + [-0.99] * 5, True),
        ([-1.5, -2.0] + [-1.01] * 5, False),
        ([2.0, 1.0, 2.0, 2.0], False),
    ],
    ids=str,
)
def test_a_training_that_gave_back_what_it_had_gained_has_diverged(train: list[float], expected: bool) -> None:
    assert has_diverged(train, train) is expected


def test_what_diverged_is_said_as_it_was_logged() -> None:
    gone = [2.0, 1.0] + [1.95] * 5
    assert "stands at 1.95, after a best of 1," in str(diverged(evidence(gone, gone), Context()))
    accuracy = [0.1, 0.9, *[0.11] * 5]
    known = evidence(accuracy, accuracy, higher_is_better=True)
    assert "stands at 0.11, after a best of 0.9," in str(diverged(known, Context()))
    perplexed = Context(perplexity=True)
    perplexity = [8.0, 2.0, *[7.9] * 5]
    known = evidence(perplexity, perplexity, context=perplexed)
    assert "stands at 7.9, after a best of 2," in str(diverged(known, perplexed))


def test_where_both_ended_is_the_median_of_training_and_the_last_of_validation() -> None:
    far = [1.0, 1.0, 10.5, 11.0, 11.5, 12.0, 12.5]
    assert "end at 11.5 and 12.5, far above" in str(diverged(evidence(far, far), Context()))


def why(train: Any, val: Any, context: Context | None = None, **known: Any) -> str:
    context = context or Context()
    return not_learning(evidence(train, val, context=context, **known), context) or ""


def test_two_constant_curves_have_not_changed_and_one_is_not_enough() -> None:
    assert "have not changed at all: 1.2 " in why([1.0] * 2, [1.2] * 2)
    assert why([1.0] * 8, np.linspace(1.2, 0.2, 8)) == ""
    assert why(np.linspace(1.0, 0.2, 8), [1.2] * 8) == ""
    assert why([1.0], [1.2]) == ""


@pytest.mark.parametrize(("best", "learned"), [(0.994, True), (0.998, False)])
def test_of_three_points_one_that_is_better_by_more_than_rounding_is_a_gain(best: float, learned: bool) -> None:
    assert (why([1.0, best, 1.0], [1.2] * 3) == "") is learned


GUESS = math.log(10)


def guessing(best: float, points: int = 3, *, other: float = 2.5) -> list[float]:
    """So many values at ``best``, the rest above."""
    return [other] * (20 - points) + [best] * points


@pytest.mark.parametrize(
    ("train", "val", "known", "expected"),
    [
        (guessing(0.991 * GUESS), guessing(0.991 * GUESS), {}, True),
        (guessing(0.989 * GUESS), guessing(0.991 * GUESS), {}, False),
        (guessing(0.991 * GUESS), guessing(0.989 * GUESS), {}, False),
        (guessing(1.0, 2), guessing(1.0, 2), {}, True),
        (guessing(0.7, 3), guessing(0.7, 3), {"classes": 2}, True),
        (guessing(0.68, 3), guessing(0.68, 3), {"classes": 2}, False),
        (guessing(2.3), guessing(2.3), {"classes": 1}, False),
        (guessing(2.3), guessing(2.3), {"classes": None}, False),
        (guessing(2.3), guessing(2.3), {"metric": "accuracy"}, False),
    ],
    ids=str,
)
def test_losses_at_the_level_of_chance_are_guesses(
    train: list[float], val: list[float], known: dict[str, Any], expected: bool
) -> None:
    assert ("guessing" in why(train, val, Context(**{"classes": 10, **known}))) is expected


def test_a_score_of_which_more_is_better_has_no_level_of_chance() -> None:
    assert "guessing" not in why(guessing(2.6), guessing(2.6), Context(classes=10), higher_is_better=True)


@pytest.mark.parametrize(
    ("accuracy", "classes", "samples", "beats"),
    [
        (0.195, 10, 100, True),  # chance is 0.1, with a standard error of 0.03
        (0.185, 10, 100, False),
        (0.195, 10, None, True),
        (0.185, 10, None, False),
        (0.11, 10, 10_000, True),
        (0.108, 10, 10_000, False),
        (19.5, 10, 100, True),
        (18.5, 10, 100, False),
        (19.1, 10, 100, True),
        (1.5, 10, 100, False),
        (0.1898, 10, None, False),
        (1.0, 10, 100, True),
        (0.66, 2, 100, True),  # 0.5, with 0.05
        (0.64, 2, 100, False),
        (float("nan"), 10, 100, False),
    ],
)
def test_an_accuracy_three_standard_errors_above_chance_is_no_guess(
    accuracy: float, classes: int, samples: int | None, beats: bool
) -> None:
    known = Context(classes=classes, val_samples=samples, accuracy=Curve.of([accuracy / 2, accuracy]))
    assert ("guessing" in why(guessing(2.3), guessing(2.3), known)) is not beats


@pytest.mark.parametrize(
    ("train", "expected"),
    [
        ([1.0] * 5 + [0.9957] * 3, True),  # below 1.5 x 0.002 x sqrt(ln 9) = 0.0044
        ([1.0] * 5 + [0.9954] * 3, False),
        ([1.0] * 6 + [0.9] * 2, False),
        ([1.0] * 6 + [0.9945] * 2, False),  # the second of the three lowest values
        ([1.0] * 7 + [0.9], True),
        ([1.0, 0.9, 1.0], False),
        ([1.0, 1.1, 1.2], True),
        ([1.0, 1.1], False),
        ([1.0] + [0.95, 1.0] * 4, False),  # 9 points
        ([1.0] + [0.95, 1.0] * 4 + [0.95], True),  # 10 points show that it jitters
        ([-1.0] * 5 + [-1.0043] * 3, True),
        ([-1.0] * 5 + [-1.0046] * 3, False),
        ([1.0, 100.0] + [0.9] * 5, False),  # in shares of the first value, whatever came second
    ],
    ids=str,
)
def test_what_was_below_its_start_by_more_than_it_jitters_has_improved(train: list[float], expected: bool) -> None:
    flat = [1.2, 1.2001] * (len(train) // 2) + [1.2] * (len(train) % 2)
    assert ("where it began" in why(train, flat)) is expected


def test_validation_that_gained_more_than_its_noise_has_learned() -> None:
    worse, gained = np.linspace(1.0, 1.5, 8), [1.2] * 5 + [1.1] * 3
    assert why(worse, gained, noise=0.04) == ""  # 1.5 x 0.04 x sqrt(ln 9) = 0.089
    assert "training began at 1, validation at 1.2." in why(worse, gained, noise=0.05)
    assert why(worse, gained, noise=0.05, overfits=True) == ""


def test_what_has_not_improved_is_said_with_its_first_values() -> None:
    assert "training began at 1, validation at 2." in why([1.0, 1.3, 1.2, 1.4], [2.0, 2.3, 2.2, 2.4])


def test_only_the_jitter_of_the_latest_forty_points_counts() -> None:
    calmed = [1.0, *[1.5, 1.0] * 30, *np.linspace(0.9, 0.8, 41)]
    assert why(calmed, [1.2, 1.2001] * 51) == ""
