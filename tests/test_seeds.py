"""Seeds: a group is surer than its runs, and its spread is the noise."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from diagnostics import Curve, CurveError, Key, Pair, Run, Verdict
from diagnostics.seeds import compare_seeds, judge_group, repeated

Values = NDArray[np.float64]
EPOCHS = np.arange(1, 61)


def seeds(
    rise: float, noise: float, *, runs: int = 8, points: int = 60, memory: float = 0.0
) -> tuple[list[Values], list[Values]]:
    """Runs of one training whose val turns at point 20 by ``rise``, each with a level and jitter of its own."""
    rng = np.random.default_rng(0)
    train = 0.1 + np.exp(-np.arange(points) / 8)
    val = 0.5 + np.exp(-np.arange(points) / 4) + rise * np.maximum(0, np.arange(points) - 20) / (points - 21)
    jitter = rng.standard_normal((runs, points))
    for i in range(1, points):
        jitter[:, i] = memory * jitter[:, i - 1] + np.sqrt(1 - memory**2) * jitter[:, i]
    return [train] * runs, list(val + rng.normal(0, 0.05, (runs, 1)) + noise * jitter)


def test_many_seeds_show_what_one_hides() -> None:
    trains, vals = seeds(rise=0.15, noise=0.08, runs=16)
    group = judge_group(trains, vals)
    assert group.diagnosis.verdict == Verdict.OVERFITTING
    assert group.agreeing < 1


def test_a_wander_of_the_seeds_is_no_rise_of_the_group() -> None:
    group = judge_group(*seeds(rise=0.0, noise=0.1, runs=3, memory=0.9))
    assert group.diagnosis.verdict != Verdict.OVERFITTING


def test_the_band_is_one_standard_deviation_around_the_mean() -> None:
    trains, vals = seeds(rise=0.0, noise=0.05)
    group = judge_group(trains, vals)
    assert group.mean.values == pytest.approx(np.mean(vals, axis=0))
    assert (group.high.values - group.mean.values) == pytest.approx(np.std(vals, axis=0, ddof=1))
    assert (group.mean.values - group.low.values) == pytest.approx(np.std(vals, axis=0, ddof=1))


def test_longer_runs_are_cut_to_the_shortest() -> None:
    trains, vals = seeds(rise=0.3, noise=0.01)
    vals[0] = vals[0][:40]
    assert len(judge_group(trains, vals).mean) == 40


def test_equal_runs_agree() -> None:
    trains, vals = seeds(rise=0.3, noise=0.01)
    assert judge_group(trains, vals).agreeing == 1.0


def test_a_seed_that_broke_breaks_the_group() -> None:
    trains, vals = seeds(rise=0.0, noise=0.01)
    trains[0], vals[0] = trains[0].copy(), vals[0].copy()
    trains[0][30:] = vals[0][30:] = np.nan
    assert judge_group(trains, vals).diagnosis.verdict == Verdict.DIVERGED


@pytest.mark.parametrize(
    ("trains", "vals"),
    [
        ([[1.0]], [[1.0]]),
        ([[1.0]], [[1.0], [2.0]]),
        ([[1.0], []], [[1.0], [1.0]]),
        ([[1.0], [1.0]], [Curve(np.array([5]), np.array([1.0])), Curve(np.array([9]), np.array([1.0]))]),
    ],
)
def test_what_is_no_group_is_refused(trains: list[list[float]], vals: list[list[float]]) -> None:
    with pytest.raises(CurveError):
        judge_group(trains, vals)


def run_with(name: str, seed: int, **settings) -> Run:
    jitter = np.random.default_rng(seed).normal(0, 0.01, 60)
    train, val = Key(name, "loss/train"), Key(name, "loss/val")
    curves = {
        train: Curve(EPOCHS, 0.9 / EPOCHS),
        val: Curve(EPOCHS, 1 / EPOCHS + 0.01 * np.maximum(EPOCHS - 20, 0) + jitter),
    }
    pair = Pair("loss", train, val)
    return Run(name, curves, primary=pair, pairs=(pair,), hparams={"seed": float(seed), "lr": 0.1, **settings})


def test_runs_that_differ_only_by_their_seed_are_judged_as_one() -> None:
    (group,) = repeated([run_with("a", 0), run_with("b", 1), run_with("c", 2)])
    assert group.runs == ("a", "b", "c")
    assert group.judgment.diagnosis.verdict == "overfitting"
    assert (group.judgment.low.values <= group.judgment.mean.values).all()


def test_another_setting_is_another_configuration() -> None:
    assert repeated([run_with("a", 0), run_with("b", 1, lr=0.2)]) == []


@pytest.mark.parametrize("hparams", [{}, {"lr": 0.1}, {"seed": 1.0}], ids=["none", "no seed", "nothing but a seed"])
def test_runs_whose_settings_do_not_say_so_are_not_grouped(hparams: dict[str, float]) -> None:
    runs = [run_with("a", 0), run_with("b", 1)]
    bare = [Run(run.name, run.curves, primary=run.primary, pairs=run.pairs, hparams=hparams) for run in runs]
    assert repeated(bare) == []


def test_a_run_without_validation_is_in_no_group() -> None:
    assert repeated([Run("a", {}, hparams={"seed": 0.0, "lr": 0.1}), run_with("b", 1)]) == []


def of_seeds(*values: float, first: int = 0) -> list[tuple[tuple[float], float]]:
    return [((float(first + i),), value) for i, value in enumerate(values)]


def test_two_means_are_compared_as_a_two_sample_t_test_does() -> None:
    before, after = [0.50, 0.55, 0.48], [0.45, 0.40, 0.47, 0.41]
    comparison = compare_seeds(of_seeds(*before), of_seeds(*after, first=10))
    interval = stats.ttest_ind(after, before).confidence_interval(0.8)
    assert comparison is not None
    assert (comparison.paired, comparison.runs) == (False, 7)
    assert comparison.low == pytest.approx(interval.low / np.mean(before))
    assert comparison.high == pytest.approx(interval.high / np.mean(before))


def test_the_same_seeds_are_compared_as_a_paired_t_test_does() -> None:
    before, after = [0.50, 0.70, 0.90], [0.44, 0.65, 0.80]
    comparison = compare_seeds(of_seeds(*before), of_seeds(*after))
    interval = stats.ttest_rel(after, before).confidence_interval(0.8)
    assert comparison is not None
    assert comparison.paired
    assert comparison.low == pytest.approx(interval.low / np.mean(before))
    assert comparison.high == pytest.approx(interval.high / np.mean(before))


def test_of_a_metric_a_higher_mean_is_a_negative_change() -> None:
    comparison = compare_seeds(of_seeds(0.8, 0.82), of_seeds(0.9, 0.92), higher_is_better=True)
    assert comparison is not None
    assert comparison.difference < 0


def test_a_seed_that_ran_twice_is_counted_twice_and_not_paired() -> None:
    twice = [((1.0,), 0.5), ((1.0,), 0.6)]
    comparison = compare_seeds(twice, [((1.0,), 0.4), ((1.0,), 0.5)])
    assert comparison is not None
    assert (comparison.paired, comparison.runs) == (False, 4)


@pytest.mark.parametrize("sides", [([], [0.1, 0.2, 0.3]), ([0.1], [0.2])])
def test_too_few_runs_are_not_compared(sides: tuple[list[float], list[float]]) -> None:
    assert compare_seeds(of_seeds(*sides[0]), of_seeds(*sides[1])) is None
