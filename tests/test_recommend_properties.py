"""What holds for every recommendation, whatever is known of the run."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from diagnostics import Curve, Recommendation, Setup, Verdict, diagnose, recommend
from diagnostics.recommend import ACTIONS, ARCHITECTURES, doses
from diagnostics.recommend.facts import FLAT
from tests.overfitting import STEPS_A_POINT, diagnosis, setup, turning

SIZES = st.floats(1e-9, 1e9)
ANY_NUMBER = st.floats() | SIZES
REGULARIZERS = ("dropout", "spatial_dropout", "weight_decay", "mixup", "label_smoothing", "augmentation", "drop_path")
ARCHITECTURE = st.sampled_from([*ARCHITECTURES, None])


@st.composite
def setups(draw: st.DrawFn) -> Setup:
    """Anything that a log could say or leave out, nonsense included; every second one overfits."""
    points = draw(st.integers(0, 30))
    values = draw(st.lists(ANY_NUMBER, min_size=points, max_size=points))
    if points > 5 and draw(st.booleans()):
        values = list(turning(draw(st.integers(1, points // 2)), points=points).values)

    def series() -> Any:
        known = st.lists(ANY_NUMBER, min_size=points, max_size=points).map(lambda numbers: np.array(numbers, float))
        return draw(st.none() | known)

    return Setup(
        architecture=draw(ARCHITECTURE),
        val=Curve(np.arange(points) * draw(st.integers(1, 1000)), np.array(values, float)),
        higher_is_better=draw(st.booleans()),
        steps=series(),
        epochs=series(),
        lr=draw(st.none() | ANY_NUMBER | st.lists(ANY_NUMBER, max_size=9).map(lambda rates: np.array(rates, float))),
        lr_sum=series(),
        update_norm=series(),
        l2_norm=series(),
        momentum=draw(st.sampled_from([None, 0.0, 0.9])),
        train=series(),
        train_is_clean=draw(st.booleans()),
        strengths=draw(st.dictionaries(st.sampled_from(REGULARIZERS), ANY_NUMBER)),
        val_samples=draw(st.none() | st.integers(1, 10_000)),
        temperature=series(),
        val_scaled=series(),
        optimizer=draw(st.sampled_from([None, "adamw", "adam", "sgd", "lion"])),
        depth=draw(st.none() | st.integers(1, 9)),
    )


def numbers_of(one: Recommendation) -> list[float]:
    known = [one.current, one.suggested, *(one.range or ()), *one.evidence.values()]
    return [number for number in [*known, *(one.expected or ()), *(one.last_epoch or ())] if number is not None]


@given(verdict=st.sampled_from(Verdict), notes=st.booleans(), rise=st.none() | ANY_NUMBER, known=setups())
def test_nothing_that_a_log_says_or_leaves_out_breaks_the_advice(verdict, notes: bool, rise, known: Setup) -> None:
    signals = {} if rise is None else {"relative_rise": rise}
    found = diagnosis(verdict, *(["overconfident"] if notes else []), **signals)
    advice, ladder = recommend(found, known), doses(found, known)
    assert len({one.lever for one in advice}) == len(advice)
    for one in advice:
        assert all(math.isfinite(number) for number in numbers_of(one)), one
        assert (one.suggested is None) == (one.range is None)
        if one.suggested is not None and one.range is not None:
            assert 0 <= one.range[0] <= one.suggested <= one.range[1]
        if one.lever == "weight_decay" and one.suggested is not None:
            assert 0.001 <= one.suggested <= 10 or verdict is not Verdict.OVERFITTING
        if verdict not in (Verdict.OVERFITTING, *FLAT):  # what is flat may be memorizing
            assert not one.strengthens
    assert all(0 < strength < math.inf for dose in ladder for strength in dose.values())


def dose_of(known: Setup) -> dict[str, float]:
    found = recommend(diagnosis(), known)
    return {one.lever: one.suggested for one in found if one.suggested is not None and one.lever not in ACTIONS}


def never_weaker(before: dict[str, float], after: dict[str, float]) -> bool:
    return all(after.get(lever, 0.0) >= strength * (1 - 1e-9) for lever, strength in before.items())


CURRENT = st.fixed_dictionaries({"weight_decay": st.floats(0, 5), "dropout": st.floats(0, 0.6)}) | st.just({})


@given(
    architecture=ARCHITECTURE,
    rises=st.tuples(st.floats(0, 5), st.floats(0, 5)).map(sorted),
    strengths=CURRENT,
    lr=st.floats(1e-5, 1.0),
)
def test_a_higher_rise_never_gets_a_weaker_dose(architecture, rises, strengths, lr: float) -> None:
    less, more = (
        dose_of(setup(turning(rise=rise), architecture=architecture, strengths=strengths, lr=lr)) for rise in rises
    )
    assert never_weaker(less, more)


@given(architecture=ARCHITECTURE, gaps=st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted), strengths=CURRENT)
def test_a_larger_gap_never_gets_a_weaker_dose(architecture, gaps, strengths) -> None:
    flat = turning(rise=0.01)
    less, more = (
        dose_of(setup(flat, architecture=architecture, strengths=strengths, train_end=1.01 * (1 - gap))) for gap in gaps
    )
    assert never_weaker(less, more)


@given(
    architecture=ARCHITECTURE,
    onsets=st.tuples(st.integers(2, 38), st.integers(2, 38)).map(sorted),
    strengths=CURRENT,
    lr=st.floats(1e-5, 1e-2),
)
def test_an_earlier_onset_never_gets_a_weaker_dose(architecture, onsets, strengths, lr: float) -> None:
    """From the third point on: at the second, t* is not resolved and the dose is halved.

    As long as the decay is one that the guards allow.
    """
    early, late = (
        dose_of(setup(turning(onset), architecture=architecture, strengths=strengths, lr=lr)) for onset in onsets
    )
    assume("weight_decay" in early or "weight_decay" not in late)
    assert never_weaker(late, early)


@given(strengths=CURRENT, architecture=ARCHITECTURE, lr=st.floats(1e-6, 10.0), onset=st.integers(1, 38))
def test_the_weights_never_forget_faster_than_half_the_way_to_the_best(strengths, architecture, lr, onset) -> None:
    found = dose_of(setup(turning(onset), architecture=architecture, strengths=strengths, lr=lr))
    if "weight_decay" in found:
        assert 1 / (lr * found["weight_decay"]) >= 0.5 * STEPS_A_POINT * (onset + 1) * (1 - 1e-9)
    assert found.get("spatial_dropout", 0) <= 0.2


@given(st.lists(st.floats(0.1, 10), min_size=2, max_size=60), ARCHITECTURE)
def test_a_run_that_is_judged_as_anything_but_overfitting_is_never_strengthened(values, architecture) -> None:
    val = Curve.of(values)
    found = diagnose(np.linspace(values[0], 0.1, len(values)), values)
    advice = recommend(found, setup(val, architecture=architecture))
    assert found.verdict is Verdict.OVERFITTING or not any(one.strengthens for one in advice)


@pytest.mark.parametrize("unit", [1e-3, 1e3])
def test_the_unit_of_the_loss_changes_nothing(unit: float) -> None:
    scaled = Curve(turning().steps, turning().values * unit)
    assert dose_of(setup(scaled)) == pytest.approx(dose_of(setup()))
