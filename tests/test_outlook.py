import numpy as np
import pytest

from diagnostics import Curve, Key, Pair, Run
from diagnostics.outlook import outlook

EPOCHS = np.arange(1, 101)


def run_with(values: np.ndarray, *, seconds: float | None = 30.0, higher_is_better: bool = False) -> Run:
    key = Key(".", "val")
    times = None if seconds is None else 1.7e9 + seconds * EPOCHS[: len(values)]
    curve = Curve(EPOCHS[: len(values)], np.asarray(values, float), times)
    pair = Pair("val", None, key, higher_is_better=higher_is_better)
    return Run("exp", {key: curve}, primary=pair, pairs=(pair,))


FALLING = 1 / EPOCHS
TURNED = 1 / EPOCHS + 0.01 * np.maximum(EPOCHS - 20, 0)


def test_a_falling_curve_will_set_a_new_best_and_one_that_turned_long_ago_will_not() -> None:
    assert outlook(run_with(FALLING)).chance > 0.8
    assert outlook(run_with(TURNED)).chance < 0.1


def test_a_metric_that_rises_is_getting_better() -> None:
    assert outlook(run_with(1 - FALLING, higher_is_better=True)).chance > 0.8


def test_it_looks_a_tenth_of_the_training_ahead_and_says_what_that_costs() -> None:
    ahead = outlook(run_with(FALLING))
    assert (ahead.points, ahead.minutes) == (10, pytest.approx(5.0))
    assert outlook(run_with(FALLING), points=40).minutes == pytest.approx(20.0)


def test_a_log_without_times_has_no_price() -> None:
    assert outlook(run_with(FALLING, seconds=None)).minutes is None


@pytest.mark.parametrize("values", [FALLING[:9], np.full(50, np.nan)], ids=["too short", "not finite"])
def test_where_nothing_can_be_said_nothing_is(values: np.ndarray) -> None:
    assert outlook(run_with(values)) is None


def test_a_run_without_validation_has_no_outlook() -> None:
    assert outlook(Run("exp", {})) is None
