"""The verdicts as a table, and what must hold for any two curves whatsoever."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from diagnostics.curves import Curve, CurveError
from diagnostics.verdict import Diagnosis, Numbers, Verdict, check_overfitting, diagnose
from tests.benchmarks.replay import first_alarm, overfitting_so_far

Values = NDArray[np.float64]


def falling(points: int = 60, to: float = 0.1, speed: float = 12.0) -> Values:
    return to + 0.9 * np.exp(-np.arange(points) / speed)


def turning(points: int = 60, at: int = 20, by: float = 0.3) -> Values:
    """Falls like ``falling`` until ``at``, then rises in a line by ``by`` in all."""
    curve = falling(points, to=0.5)
    curve[at:] = curve[at] + by * np.arange(points - at) / (points - at - 1)
    return curve


def plateau(points: int = 60) -> Values:
    curve = falling(points, to=0.5, speed=4.0)
    curve[25:] += 0.002
    return curve


def jitter(points: int, scale: float, seed: int = 0) -> Values:
    return scale * np.random.default_rng(seed).standard_normal(points)


DECISIONS: dict[str, tuple[Numbers | None, Numbers | None, Verdict]] = {
    "nothing": (None, None, Verdict.NO_VALIDATION),
    "train only": (falling(), None, Verdict.NO_VALIDATION),
    "empty val": (falling(), [], Verdict.NO_VALIDATION),
    "two points": (falling(2), turning(60)[20:22], Verdict.TOO_EARLY),
    "nine points": (falling(9), turning(9, at=3), Verdict.OVERFITTING),
    "val only": (None, turning(), Verdict.TOO_EARLY),
    "val turns while train falls": (falling(), turning(), Verdict.OVERFITTING),
    "val turns, ten points": (falling(10, speed=3), turning(10, at=4), Verdict.OVERFITTING),
    "best at the first point": (falling(), 1 + 0.02 * np.arange(60), Verdict.OVERFITTING),
    "negative losses": (falling() - 3, turning() - 3, Verdict.OVERFITTING),
    "train reached zero": (np.maximum(falling(speed=3) - 0.2, 0), turning(), Verdict.OVERFITTING),
    "val and train rise": (turning(by=0.5), turning(), Verdict.UNSTABLE),
    "validation is NaN throughout": (falling(), np.full(60, np.nan), Verdict.NO_VALIDATION),
    "both are NaN throughout": (np.full(60, np.nan), np.full(60, np.nan), Verdict.DIVERGED),
    "validation is NaN at the end": (falling(speed=30), np.append(falling(59, speed=30), np.nan), Verdict.IMPROVING),
    "train not finite": (np.append(falling(59), np.inf), falling(), Verdict.DIVERGED),
    "train back at its start": (np.append(falling(40), np.full(20, 1.2)), falling(), Verdict.DIVERGED),
    "both fall": (falling(speed=30), falling(to=0.2, speed=30), Verdict.IMPROVING),
    "gap alone": (falling(speed=30), falling(to=5.0, speed=30), Verdict.IMPROVING),
    "val stands, train falls": (falling(speed=30), plateau(), Verdict.PLATEAU),
    "both stand": (falling(200, speed=5), falling(200, to=0.2, speed=5), Verdict.HEALTHY),
    "constants": (np.ones(40), np.ones(40), Verdict.NOT_LEARNING),
    "zeros": (np.zeros(40), np.zeros(40), Verdict.NOT_LEARNING),
    "neither better than its start": (1 + jitter(40, 0.01), 1.2 + jitter(40, 0.01, seed=1), Verdict.NOT_LEARNING),
    "validation swings": (falling(40), 1.5 + (-1.0) ** np.arange(40), Verdict.UNSTABLE),
    "both end far above their start": (10.0 ** np.arange(8), 3 * 10.0 ** np.arange(8), Verdict.DIVERGED),
}


@pytest.mark.parametrize("case", DECISIONS)
def test_decision(case: str) -> None:
    train, val, verdict = DECISIONS[case]
    assert diagnose(train, val).verdict == verdict


def test_a_verdict_is_its_name() -> None:
    assert diagnose(falling(), turning()).verdict == "overfitting"


def test_overfitting_carries_its_numbers() -> None:
    found = diagnose(falling(), turning(at=20, by=0.3))
    assert found.onset_step == 20
    assert found.best is not None
    assert found.best.step == 20
    assert found.severity == "severe"
    assert found.signals["rise"] == pytest.approx(0.28, abs=0.02)
    assert "step 20" in found.reason
    assert found.confidence > 0.9


@pytest.mark.parametrize(("by", "severity"), [(0.055, "mild"), (0.15, "moderate"), (0.4, "severe")])
def test_severity_is_the_rise_over_the_best(by: float, severity: str) -> None:
    assert diagnose(falling(), turning(by=by)).severity == severity


def test_the_onset_is_in_the_steps_of_val() -> None:
    steps = 100 * np.arange(1, 61)
    found = diagnose(Curve(steps, falling()), Curve(steps, turning(at=20)))
    assert found.onset_step == 2100


def test_a_new_best_withdraws_an_earlier_overfitting() -> None:
    val = np.concatenate([turning(), falling(40, to=0.2)])
    train = falling(100, speed=20)
    assert diagnose(train[:60], val[:60]).verdict == Verdict.OVERFITTING
    assert diagnose(train, val).verdict != Verdict.OVERFITTING


def test_a_loss_that_breaks_after_overfitting_is_still_overfitting() -> None:
    found = diagnose(falling(63), np.append(turning(), [np.inf, np.nan, np.nan]))
    assert (found.verdict, found.onset_step, found.notes) == (Verdict.OVERFITTING, 20, ("not_finite",))


def test_one_lucky_point_is_not_an_onset() -> None:
    val = falling(60, to=0.5)
    val[30] = 0.3
    assert diagnose(falling(), val).verdict != Verdict.OVERFITTING


def test_a_rise_within_the_noise_is_not_overfitting() -> None:
    val = plateau(200) + jitter(200, 0.05)
    assert diagnose(falling(200), val).verdict != Verdict.OVERFITTING


def test_higher_is_better_mirrors_the_verdict() -> None:
    found = diagnose(1 - falling(), 1 - turning(), higher_is_better=True)
    assert (found.verdict, found.onset_step) == (Verdict.OVERFITTING, 20)
    assert found.best is not None
    assert found.best.value == pytest.approx(1 - turning()[20])


def test_another_unit_of_both_curves_changes_nothing() -> None:
    one, other = diagnose(falling(), turning()), diagnose(1e6 * falling(), 1e6 * turning())
    assert (one.verdict, one.severity, one.onset_step) == (other.verdict, other.severity, other.onset_step)
    assert one.confidence == pytest.approx(other.confidence)


NOTES = {
    "val_below_train": (falling(to=0.5), falling(to=0.2)),
    "scale_mismatch": (falling(), turning() / 100),
    "noisy_validation": (falling(), falling() + jitter(60, 0.1)),
    "few_points": (falling(15), falling(15)),
    "flat": (1.39 - 0.0001 * np.arange(60), np.full(60, 1.39)),
}


@pytest.mark.parametrize("note", NOTES)
def test_a_note_rides_along(note: str) -> None:
    assert note in diagnose(*NOTES[note]).notes
    assert note not in diagnose(falling(), falling(to=0.2)).notes


def test_overfitting_with_rising_accuracy_is_overconfidence() -> None:
    rising, sinking = 1 - falling(), 1 - turning()
    assert "overconfident" in diagnose(falling(), turning(), accuracy=rising).notes
    assert "overconfident" not in diagnose(falling(), turning(), accuracy=sinking).notes


def test_a_scaled_loss_that_stands_still_is_overconfidence_whatever_accuracy_does() -> None:
    sinking = 1 - turning()
    assert "overconfident" in diagnose(falling(), turning(), accuracy=sinking, scaled_val=falling(to=0.5)).notes
    assert "overconfident" not in diagnose(falling(), turning(), accuracy=1 - falling(), scaled_val=turning()).notes


def test_a_healthy_run_is_not_called_overconfident() -> None:
    assert "overconfident" not in diagnose(falling(), falling(to=0.2), accuracy=1 - falling()).notes


def test_the_gap_on_clean_train_and_without_the_floor() -> None:
    found = diagnose(falling(200, to=0.6), falling(200, to=0.5), clean_train=falling(200, to=0.2), floor=0.4)
    assert found.signals["clean_gap"] == pytest.approx(0.3)
    assert found.signals["generalization_gap"] == pytest.approx(0.3)


def test_a_threshold_moves_the_verdict() -> None:
    assert diagnose(falling(), turning(by=0.1)).verdict == Verdict.OVERFITTING
    assert diagnose(falling(), turning(by=0.1), min_rise=0.5).verdict != Verdict.OVERFITTING


def test_a_diagnosis_cannot_be_changed() -> None:
    found = diagnose(falling(), turning())
    with pytest.raises(FrozenInstanceError):
        found.verdict = Verdict.HEALTHY  # type: ignore[misc]
    with pytest.raises(TypeError):
        found.signals["rise"] = 0.0  # type: ignore[index]


@pytest.mark.parametrize("bad", [["a", "b"], "loss", [[1.0, 2.0]], 3.0, [{}], [10**400]])
def test_what_is_no_curve_is_a_curve_error(bad: object) -> None:
    with pytest.raises(CurveError):
        diagnose(falling(), bad)  # type: ignore[arg-type]


def test_curves_without_a_common_step_are_a_curve_error() -> None:
    with pytest.raises(CurveError, match="nothing to compare"):
        diagnose(Curve(np.arange(20), falling(20)), Curve(np.arange(30, 50), falling(20)))


def test_what_shares_no_steps_with_val_adds_nothing() -> None:
    elsewhere = Curve(np.arange(1000, 1060), falling())
    found = diagnose(falling(), turning(), clean_train=elsewhere, accuracy=elsewhere, scaled_val=elsewhere)
    assert found.verdict == Verdict.OVERFITTING
    assert "clean_gap" not in found.signals
    assert "overconfident" not in found.notes


ANY = st.one_of(
    st.floats(), st.sampled_from([0.0, -0.0, 1.0, 1e30, -1e30, 1e308, -1e308, 5e-324, float("nan"), float("inf")])
)


@settings(max_examples=300)
@example(train=[0.0] * 4 + [8e307, 1e308] + [0.0] * 5, val=[0.0, -1.0] + [0.0] * 8, higher=False)
@given(train=st.lists(ANY, max_size=40), val=st.lists(ANY, max_size=40), higher=st.booleans())
def test_any_numbers_get_a_verdict(train: list[float], val: list[float], higher: bool) -> None:
    found = diagnose(train, val, higher_is_better=higher)
    assert isinstance(found, Diagnosis)
    assert 0.0 <= found.confidence <= 1.0
    assert (found.severity is not None) == (found.onset_step is not None) == (found.verdict == Verdict.OVERFITTING)
    assert all(np.isfinite(value) for value in found.signals.values())
    assert found.reason.endswith(".")


@settings(max_examples=100)
@given(st.lists(st.floats(0.01, 10), min_size=12, max_size=80), st.integers(10, 79))
def test_the_verdict_of_a_prefix_knows_nothing_of_the_rest(val: list[float], cut: int) -> None:
    whole = Curve.of(val)
    assert diagnose(falling(len(val[:cut])), val[:cut]) == diagnose(falling(len(val[:cut])), whole.head(cut))


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(10, 60), st.floats(0, 0.1), st.floats(-0.5, 1))
def test_a_replay_says_what_the_verdict_of_each_prefix_says(
    seed: int, points: int, scale: float, offset: float
) -> None:
    train, val = Curve.of(falling(points)), Curve.of(turning(points, at=5) + jitter(points, scale, seed) - offset)
    slow = [diagnose(train.head(i), val.head(i)).verdict == Verdict.OVERFITTING for i in range(1, points + 1)]
    assert overfitting_so_far(train, val).tolist() == slow


def test_the_first_alarm_is_the_first_flag() -> None:
    assert first_alarm(np.array([False, True, False, True])) == 1
    assert first_alarm(np.zeros(3, np.bool_)) is None


def test_the_textbook_check_speaks_as_it_always_did() -> None:
    train, val = list(np.linspace(1, 0.1, 20)), list(np.linspace(0.5, 1.0, 20))
    gap, slope = np.mean(val[-5:]) - np.mean(train[-5:]), np.polyfit(range(10), val[-10:], 1)[0]
    assert check_overfitting(train, val) == (True, f"Gap: {gap:.4f}, Val trend: {slope:.4f}")
    assert check_overfitting(train, val, threshold=2.0)[0] is False
    assert check_overfitting(train, train[::-1][:9]) == (False, "Not enough data")


def test_the_textbook_check_wants_a_rise_beside_the_gap() -> None:
    assert check_overfitting([0.1] * 20, list(np.linspace(1.0, 0.5, 20)))[0] is False
