"""What must not change a verdict from one that is sure to another that is, on drawn and on generated curves."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from diagnostics.confidence import CLEAR
from diagnostics.curves import Curve, CurveError
from diagnostics.verdict import Diagnosis, Verdict, diagnose
from tests.benchmarks.families import FAMILIES, generate
from tests.benchmarks.replay import overfitting_so_far
from tests.test_verdict import ANY

Values = NDArray[np.float64]
Change = Callable[[Values], Values]


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Values, Values]:
    """Training that falls, and validation that falls with it and turns up or not, with noise or without."""
    points = draw(st.integers(12, 120))
    epoch = np.arange(points)
    speed, turn = points * draw(st.floats(0.03, 0.3)), points * draw(st.floats(0.2, 1.0))
    noise = np.random.default_rng(draw(st.integers(0, 9999))).normal(0, draw(st.sampled_from([0, 0.002, 0.02])), points)
    slope = draw(st.sampled_from([0.0, 0.0, 0.2, 0.5, 2.0])) / points
    val = 0.5 + 1.5 * np.exp(-epoch / speed) + slope * np.maximum(epoch - turn, 0)
    return 0.05 + 1.9 * np.exp(-epoch / speed), val * (1 + noise)


CHANGES: dict[str, Change] = {
    "a huge first loss before it": lambda values: np.concatenate([[50 * values[0]], values]),
    "without the first tenth": lambda values: values[len(values) // 10 :],
    "in another unit": lambda values: 1e4 * values,
    "one more point of the same kind": lambda values: np.append(values, 2 * values[-1] - values[-2]),
    "every second point": lambda values: values[::-1][::2][::-1],
}


def contradict(first: Diagnosis, second: Diagnosis) -> bool:
    """Are both sure, and only one of them of overfitting?"""
    sure = first.confidence >= CLEAR and second.confidence >= CLEAR
    return sure and (first.verdict == Verdict.OVERFITTING) != (second.verdict == Verdict.OVERFITTING)


@pytest.mark.parametrize("change", CHANGES)
@settings(max_examples=60)
@given(pair=pairs())
def test_no_sure_verdict_turns_into_another_sure_one(change: str, pair: tuple[Values, Values]) -> None:
    train, val = pair
    assert not contradict(diagnose(train, val), diagnose(CHANGES[change](train), CHANGES[change](val)))


@settings(max_examples=60)
@given(pair=pairs(), broken=st.integers(1, 10))
def test_one_nan_changes_only_what_it_covers(pair: tuple[Values, Values], broken: int) -> None:
    train, val = pair
    holed = val.copy()
    holed[broken] = np.nan
    without = diagnose(Curve(np.delete(np.arange(len(val)), broken), np.delete(train, broken)), holed)
    assert without.verdict == diagnose(train, holed).verdict
    assert not contradict(diagnose(train, val), diagnose(train, holed))
    assert "not_finite" in diagnose(train, holed).notes


@settings(max_examples=60)
@given(pair=pairs())
def test_a_smooth_curve_makes_no_verdict_flicker(pair: tuple[Values, Values]) -> None:
    train, val = pair
    smooth = np.convolve(np.pad(val, (4, 4), mode="edge"), np.ones(9) / 9, mode="valid")
    changes = np.diff(overfitting_so_far(Curve.of(train), Curve.of(smooth)).astype(int)) != 0
    assert all(changes[start : start + 20].sum() <= 3 for start in range(len(changes)))


@settings(max_examples=60)
@given(pair=pairs(), seed=st.integers(0, 99))
def test_healthy_is_never_said_far_above_the_best(pair: tuple[Values, Values], seed: int) -> None:
    train, val = pair
    val = val * (1 + 0.1 * np.abs(np.random.default_rng(seed).normal(size=len(val))))
    assert diagnose(train, val).verdict != Verdict.HEALTHY or val[-1] <= 1.1 * val.min()


@pytest.mark.parametrize("family", FAMILIES)
def test_the_replay_of_a_family_is_what_each_prefix_says(family: str) -> None:
    history = list(generate(family, 2, points=60))[1]
    train, val = Curve.of(history.train), Curve.of(history.val)
    slow = [diagnose(train.head(n), val.head(n)) for n in range(1, 61)]
    flags = overfitting_so_far(train, val)
    for flag, diagnosis in zip(flags, slow, strict=True):
        judged_elsewhere = (Verdict.UNSTABLE, Verdict.DIVERGED)
        assert flag == (diagnosis.verdict == Verdict.OVERFITTING) or diagnosis.verdict in judged_elsewhere


THRESHOLDS = st.fixed_dictionaries(
    {},
    optional={
        "min_points": st.integers(-5, 500),
        **dict.fromkeys(("min_rise", "min_range", "min_sigmas", "min_probability", "known_noise"), ANY),
        "finished": st.booleans(),
        "perplexity": st.booleans(),
        "metric": st.sampled_from([None, "accuracy"]),
        "val_samples": st.integers(-3, 10_000),
        "classes": st.integers(0, 1000),
        "label_noise": st.floats(0, 1),
        "higher_is_better": st.booleans(),
    },
)


@settings(max_examples=300)
@given(train=st.lists(ANY, max_size=40), val=st.lists(ANY, max_size=40), more=THRESHOLDS)
def test_any_curve_under_any_threshold_gets_a_verdict(
    train: list[float], val: list[float], more: dict[str, Any]
) -> None:
    diagnosis = diagnose(train, val, accuracy=val, learning_rate=train, **more)
    assert 0.0 <= diagnosis.confidence <= 1.0
    assert diagnosis.probability is None or 0.0 <= diagnosis.probability <= 1.0
    assert diagnosis.reason.endswith(".")
    if more.get("finished"):
        assert diagnosis.verdict != Verdict.TOO_EARLY


@settings(max_examples=100)
@given(steps=st.lists(st.integers(0, 50), max_size=30), values=st.lists(ANY, min_size=30, max_size=30))
def test_steps_that_repeat_or_go_back_are_refused_and_all_others_judged(steps: list[int], values: list[float]) -> None:
    increasing = all(first < second for first, second in pairwise(steps))
    try:
        curve = Curve(np.array(steps, np.int64), np.array(values[: len(steps)]))
    except CurveError:
        assert not increasing
        return
    assert increasing
    assert isinstance(diagnose(curve, curve), Diagnosis)
