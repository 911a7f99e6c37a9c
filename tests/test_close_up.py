"""What a chart shows of a run by default: a rise can be seen, and it is known what leaves the chart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from diagnostics import Curve, Diagnosis, Key, Pair, Run, Verdict
from diagnostics.report.close_up import CloseUp, close_up, leaves, log_by_default
from diagnostics.verdict import Best

STEPS = np.arange(140)
FALLING = 2.3 * 0.93**STEPS  # to 1e-4
BEST = 30
RISING = np.where(STEPS <= BEST, 0.44 + 1.86 * 0.85**STEPS, 0.44 + 1.86 * 0.85**BEST + 0.0005 * (STEPS - BEST))


def run_of(train: np.ndarray, val: np.ndarray, *, higher_is_better: bool = False) -> Run:
    sides = {Key(".", "loss/train"): train, Key(".", "loss/val"): val}
    curves = {key: Curve(np.arange(1, len(values) + 1), values) for key, values in sides.items()}
    return Run("exp", curves, Pair("loss", *sides, higher_is_better=higher_is_better), x_axis="epoch")


def judged(run: Run, *, onset: int | None = BEST + 1) -> Diagnosis:
    assert run.val is not None
    assert run.primary is not None
    pick = np.nanargmax if run.primary.higher_is_better else np.nanargmin
    at = int(pick(np.where(np.isfinite(run.val.values), run.val.values, np.nan)))
    verdict = Verdict.OVERFITTING if onset is not None else Verdict.HEALTHY
    return Diagnosis(verdict, "", 0.9, None, onset, Best(int(run.val.steps[at]), float(run.val.values[at])))


def share_of_rise(run: Run, part: CloseUp) -> float:
    """How much of the height the way from the best to the last value takes."""
    assert run.val is not None
    best, last = judged(run).best, float(run.val.values[-1])
    assert best is not None
    ends = [part.low, part.high, best.value, last]
    low, high, first, last = np.log(ends) if part.log else ends
    return abs(last - first) / (high - low)


@pytest.mark.parametrize("log", [None, False, True])
def test_a_slight_rise_beside_a_training_loss_that_falls_over_decades_takes_a_quarter_of_the_height(
    log: bool | None,
) -> None:
    run = run_of(FALLING, RISING)
    part = close_up(run, judged(run), log=log)
    assert part is not None
    assert part.log is bool(log)
    assert share_of_rise(run, part) > 0.25
    assert part.low < RISING.min()
    assert RISING[-1] < part.high


def test_training_leaves_where_it_is_last_seen_for_where_it_ends() -> None:
    run = run_of(FALLING, RISING)
    part = close_up(run, judged(run))
    assert part is not None
    gone = leaves(run.train, part[:2])
    assert gone is not None
    assert FALLING[gone.step - 1] >= part.low > FALLING[gone.step]
    assert gone.value == FALLING[-1]
    assert leaves(run.train, (0.0, 3.0)) is None
    assert leaves(Curve.of([np.nan]), (0.0, 3.0)) is None


def test_an_accuracy_that_falls_is_seen_as_well_and_training_leaves_at_the_top() -> None:
    run = run_of(1 - FALLING / 2.4, 0.9 - RISING / 1.2, higher_is_better=True)
    part = close_up(run, judged(run))
    assert part is not None
    assert share_of_rise(run, part) > 0.25
    gone = leaves(run.train, part[:2], higher_is_better=True)
    assert gone is not None
    assert gone.value == pytest.approx(1, abs=1e-3)


def test_losses_below_zero_have_a_part_as_well() -> None:
    run = run_of(FALLING - 3, RISING - 3)
    part = close_up(run, judged(run))
    assert part is not None
    assert not part.log
    assert share_of_rise(run, part) > 0.2


def test_a_run_that_does_not_overfit_is_shown_whole_also_where_it_falls_over_decades() -> None:
    run = run_of(FALLING, FALLING * 1.1)
    assert close_up(run, judged(run, onset=None)) is None
    assert log_by_default(run, judged(run, onset=None))


def test_a_large_rise_needs_no_part_and_no_logarithm() -> None:
    run = run_of(FALLING, np.where(STEPS <= BEST, RISING, RISING[BEST] + 0.02 * (STEPS - BEST)))
    assert close_up(run, judged(run)) is None
    assert not log_by_default(run, judged(run))


def test_a_rise_to_a_hundred_times_the_best_is_logarithmic() -> None:
    run = run_of(FALLING, np.where(STEPS <= BEST, RISING, RISING[BEST] * 1.06 ** (STEPS - BEST)))
    assert log_by_default(run, judged(run))
    part = close_up(run, judged(run))
    assert part is None or part.log


def test_a_start_far_above_everything_else_leaves_at_the_top() -> None:
    spiked = np.r_[1e6, 5e4, 1.0 + 0.5 * 0.95 ** STEPS[2:]]
    run = run_of(spiked, spiked + 0.1)
    part = close_up(run, judged(run, onset=None))
    assert part is not None
    assert not part.log
    assert part.high < 3


def test_a_single_spike_after_the_best_does_not_hide_the_rise() -> None:
    val = RISING.copy()
    val[100] = 1e4
    run = run_of(FALLING, val)
    part = close_up(run, judged(run))
    assert part is not None
    assert share_of_rise(run, part) > 0.1


def test_what_a_trial_came_to_is_seen_too() -> None:
    run = run_of(FALLING, RISING)
    plain, part = close_up(run, judged(run)), close_up(run, judged(run), also=(0.2, 1.1))
    assert plain is not None
    assert part is not None
    assert part.low <= 0.2 < plain.low
    assert plain.high < 1.1 <= part.high


def test_a_rise_that_is_no_overfitting_any_more_is_shown_on_where_it_is_said_to_rise() -> None:
    run = run_of(FALLING, RISING)
    gone = replace(judged(run), onset_step=None)
    assert close_up(run, gone) is None
    assert close_up(run, gone, rises=True) == close_up(run, judged(run))


@pytest.mark.parametrize(
    "values",
    [[], [1.0], [np.nan, np.nan], [np.inf, 1.0, np.nan], [1.0, 1.0, 1.0], [0.0, 0.0], [1e308, -1e308, 1e308], [-1.0]],
    ids=["nothing", "one point", "NaN", "infinite", "constant", "zeros", "huge", "negative"],
)
@pytest.mark.parametrize("log", [None, False, True])
@pytest.mark.parametrize("higher_is_better", [False, True])
def test_whatever_the_numbers_are_a_part_is_finite_or_there_is_none(
    values: list[float], log: bool | None, higher_is_better: bool
) -> None:
    run = run_of(np.array(values), np.array(values), higher_is_better=higher_is_better)
    diagnosis = Diagnosis(Verdict.OVERFITTING, "", 0.9, None, 1, Best(1, values[0]) if values else None)
    for part in (close_up(run, diagnosis, log=log), close_up(run, None, log=log), close_up(run, diagnosis, rises=True)):
        assert part is None or (
            np.isfinite(part[:2]).all() and part.low < part.high and not (part.log and part.low <= 0)
        )
    log_by_default(run, diagnosis)
