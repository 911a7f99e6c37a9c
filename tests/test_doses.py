"""How much is recommended, and from when on: each rule of a dose just below and just above its boundary."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from diagnostics import Curve, Diagnosis, Recommendation, Setup, Verdict, recommend
from diagnostics.recommend import doses
from diagnostics.recommend.facts import Facts
from tests.overfitting import POINTS, STEPS_A_POINT, diagnosis, setup, turning

OVERFITTING = diagnosis()
HEALTHY, IMPROVING = diagnosis(Verdict.HEALTHY), diagnosis(Verdict.IMPROVING)
DROPOUTS = ("dropout", "spatial_dropout")


def advised(lever: str, known: Setup, verdict: Diagnosis = OVERFITTING) -> Recommendation | None:
    return next((advice for advice in recommend(verdict, known) if advice.lever == lever), None)


def suggested(lever: str, known: Setup, verdict: Diagnosis = OVERFITTING) -> float | None:
    advice = advised(lever, known, verdict)
    return None if advice is None else advice.suggested


def pairs(known: Setup) -> list[tuple[float, float]]:
    """Dropout of either kind, and weight decay, of each dose."""
    ladder = doses(OVERFITTING, known)
    return [(sum(dose.get(name, 0.0) for name in DROPOUTS), dose.get("weight_decay", 0.0)) for dose in ladder]


def of_one(onset: int = 9, **known: Any) -> Setup:
    """The learning rate sums to 1 until validation is best, so that weight decay is ``u``."""
    return setup(turning(onset), lr=1 / (STEPS_A_POINT * (onset + 1)), **known)


TRANSFORMER = [(0.2, 0.25), (0.1, 0.7), (0.3, 0.25), (0.2, 0.1)]
UNKNOWN = [(0.1, 0.25), (0.1, 0.1), (0.2, 0.25), (0.0, 0.7)]
LADDERS = {
    "cnn": [(0.1, 0.1), (0.2, 0.05), (0.1, 0.0), (0.1, 0.5)],
    "transformer": TRANSFORMER,
    "vit": TRANSFORMER,
    "fine_tuning": [(0.1, 0.0), (0.1, 0.1), (0.1, 0.28)],
    "recurrent": UNKNOWN,
    None: UNKNOWN,
}


@pytest.mark.parametrize("architecture", LADDERS)
def test_each_network_has_the_ladder_that_was_measured(architecture: Any) -> None:
    for found, expected in zip(pairs(of_one(architecture=architecture)), LADDERS[architecture], strict=True):
        assert found == pytest.approx(expected)


@pytest.mark.parametrize(("onset", "first"), [(19, 0.2), (20, 0.1)])
@pytest.mark.parametrize("architecture", ["transformer", "vit"])
def test_a_transformer_best_after_more_than_half_of_the_run_drops_less(
    architecture: str, onset: int, first: float
) -> None:
    late = pairs(of_one(onset, architecture=architecture))
    assert late[0] == pytest.approx((first, 0.25))
    assert late[1:] == [pytest.approx(dose) for dose in TRANSFORMER[1:]]


@pytest.mark.parametrize(
    ("architecture", "first"),
    [
        ("mlp", [(0.1, 0.0), (0.3, 0.0), (0.1, 0.25)]),
        ("cnn", [(0.1, 0.0), (0.2, 0.0), (0.1, 0.1)]),
        ("recurrent", [(0.1, 0.0), (0.3, 0.0), (0.1, 0.25)]),
        (None, [(0.1, 0.0), (0.3, 0.0), (0.1, 0.25)]),
        ("transformer", TRANSFORMER),
    ],
)
def test_a_network_that_is_less_sure_than_it_should_be_first_gets_no_decay(architecture: Any, first: Any) -> None:
    unsure = pairs(of_one(architecture=architecture, temperature=np.full(POINTS, 0.89)))
    assert unsure[: len(first)] == [pytest.approx(dose) for dose in first]
    sure = pairs(of_one(architecture=architecture, temperature=np.full(POINTS, 0.9)))
    assert sure == pairs(of_one(architecture=architecture))


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"architecture": "fine_tuning", "strengths": {"dropout": 0.1}}, [0.2, 0.2, 0.2]),
        ({"architecture": "fine_tuning", "strengths": {}}, [0.1, 0.1, 0.1]),
        ({"architecture": "mlp", "strengths": {"dropout": 0.1}}, [0.1, 0.0, 0.2, 0.2, 0.3]),
    ],
    ids=str,
)
def test_a_pretrained_network_keeps_its_own_dropout_and_gets_a_tenth_more(known: Any, expected: list[float]) -> None:
    assert [dropped for dropped, _ in pairs(of_one(**known))] == pytest.approx(expected)


def test_pretraining_has_one_dose_that_forgets_over_the_run() -> None:
    known = setup(architecture="language_model_pretraining", lr=1 / (STEPS_A_POINT * POINTS))
    assert pairs(known) == [pytest.approx((0.0, 10**0.5))]
    advice = advised("weight_decay", known)
    assert advice is not None
    assert advice.suggested == pytest.approx(10**0.5)
    assert advice.range == pytest.approx((1.0, 8.0))  # 10, but the memory stays above half of the way to the best
    assert "3.2 / (mean lr x steps of the run)" in advised("weight_decay", replace(known, lr=None)).why


@pytest.mark.parametrize(
    ("known", "lever", "expected"),
    [
        ({"strengths": {"dropout": 0.0}}, "dropout", (0.1, (0.1, 0.3))),
        ({"strengths": {"dropout": 0.05}}, "dropout", (0.15, (0.1, 0.3))),
        ({"strengths": {"dropout": 0.26}}, "dropout", (0.3, (0.26, 0.3))),
        ({"strengths": {"dropout": 0.28}}, "dropout", None),
        ({"strengths": {"dropout": 0.15}, "depth": 3}, "dropout", (0.25, (0.15, 0.3))),
        ({"strengths": {"dropout": 0.15}, "depth": 4}, "dropout", (0.2, (0.15, 0.2))),
        ({"strengths": {"spatial_dropout": 0.16}, "architecture": "cnn"}, "spatial_dropout", (0.2, (0.16, 0.2))),
        ({"strengths": {"spatial_dropout": 0.18}, "architecture": "cnn"}, "spatial_dropout", None),
        ({"strengths": {"dropout": 0.0}, "architecture": "transformer"}, "dropout", (0.2, (0.1, 0.3))),
        ({"strengths": {"dropout": 0.3}, "architecture": "fine_tuning"}, "dropout", (0.4, (0.3, 0.4))),
        ({"strengths": {"dropout": 0.45}, "architecture": "fine_tuning"}, "dropout", (0.5, (0.45, 0.5))),
        ({"strengths": {"dropout": 0.48}, "architecture": "fine_tuning"}, "dropout", None),
        ({"strengths": {"dropout": 0.15}, "depth": 4, "architecture": "fine_tuning"}, "dropout", (0.2, (0.15, 0.2))),
        ({"strengths": {"dropout": 0.15}, "depth": 3, "architecture": "fine_tuning"}, "dropout", (0.25, (0.15, 0.25))),
    ],
    ids=str,
)
def test_dropout_goes_up_by_a_tenth_to_the_highest_that_its_network_takes(known: Any, lever: str, expected) -> None:
    advice = advised(lever, setup(**known))
    if expected is None:
        assert advice is None
    else:
        assert advice is not None
        assert (advice.suggested, advice.range) == (pytest.approx(expected[0]), pytest.approx(expected[1]))


@pytest.mark.parametrize(
    ("current", "expected"), [(0.0, 0.5), (0.1, 0.5), (0.2, 0.56), (1.11, 1.4), (1.13, None), (1.4, None)]
)
def test_weight_decay_goes_up_by_one_step_of_the_ladder(current: float, expected: float | None) -> None:
    advice = advised("weight_decay", setup(strengths={"weight_decay": current}))
    assert (None if advice is None else advice.suggested) == (expected and pytest.approx(expected))
    assert advice is None or advice.range == pytest.approx((0.2, 1.4))


@pytest.mark.parametrize(
    ("lr", "expected"),
    [(4.9e-5, None), (5.1e-5, 0.5 / 0.051), (0.49, 0.25 / 245), (0.6, 1e-3), (3.9, 1e-3), (4.1, None)],
)
def test_a_decay_stays_between_a_thousandth_and_ten(lr: float, expected: float | None) -> None:
    assert suggested("weight_decay", setup(lr=lr)) == (expected and pytest.approx(expected))


@pytest.mark.parametrize(("factor", "widens"), [(2.9, False), (3.1, True), (1 / 2.9, False), (1 / 3.1, True)])
@pytest.mark.parametrize("momentum", [0.0, 0.5])
def test_a_second_estimate_three_times_away_widens_the_range(factor: float, widens: bool, momentum: float) -> None:
    """Both estimates are halved by a momentum of one half."""
    known = {"lr_sum": np.full(POINTS, 0.05), "l2_norm": np.full(POINTS, 10.0), "momentum": momentum}
    advice = advised("weight_decay", setup(**known, update_norm=np.full(POINTS, 0.25 * factor)))
    assert advice is not None
    part = 1 - momentum
    assert advice.suggested == pytest.approx(0.5 * part)
    assert advice.evidence["wd_hat"] == pytest.approx(0.5 * factor * part)
    assert ("the range is wider" in advice.why) is widens
    low, high = 0.2 * part, 1.4 * part
    other = 0.5 * factor * part
    assert advice.range == pytest.approx((min(low, other), max(high, other)) if widens else (low, high))


@pytest.mark.parametrize(
    ("known", "text"),
    [
        ({"lr": None}, "0.25 / (mean lr x 500 optimizer steps): the log does not say the learning rate."),
        ({"lr": None, "momentum": 0.9}, "0.25 / (mean lr / 0.1 x 500 optimizer steps)"),
        ({"steps": None}, "0.25 / (0.001 x t*): the log does not say the optimizer's steps."),
        ({"lr": None, "steps": None}, "does not say the learning rate and the optimizer's steps."),
        ({"optimizer": "sgd"}, "0.25 / (0.001 / (1 - momentum) x 500 optimizer steps)"),
    ],
    ids=str,
)
def test_a_formula_names_what_is_missing_and_no_more(known: Any, text: str) -> None:
    advice = advised("weight_decay", setup(**known))
    assert advice is not None
    assert text in advice.why


def test_a_decay_says_over_what_it_forgets() -> None:
    off, on = (advised("weight_decay", setup(strengths={"weight_decay": decay})) for decay in (0.0, 0.25))
    assert off is not None
    assert on is not None
    assert "A weight decay of 0.5 (AdamW's) lets past updates fade over 4 times as long as" in off.why
    assert "now they do not fade." in off.why
    assert "A weight decay of 0.7 (AdamW's) lets past updates fade over 2.9 times as long as" in on.why
    assert "the current 0.25 over 8 times." in on.why
    assert on.evidence["u"] == pytest.approx(0.35)
    assert advised("weight_decay", setup(strengths={})).why.count(";") == 0


@pytest.mark.parametrize(
    ("known", "regularizes"),
    [
        ({"weight_decay": 0.0}, False),
        ({"weight_decay": 0.099}, False),
        ({"weight_decay": 0.1}, True),
        ({"dropout": 0.01}, True),
        ({"spatial_dropout": 0.01}, True),
        ({}, False),
    ],
    ids=str,
)
def test_a_run_regularizes_when_it_drops_or_decays_by_what_was_measured(known: Any, regularizes: bool) -> None:
    advice = recommend(OVERFITTING, setup(strengths=known))[0]
    assert ("make a trial first" in advice.why) is regularizes
    assert (advice.last_epoch is None) is regularizes
    assert advice.evidence["dose"] == 1


@pytest.mark.parametrize(("decay", "regularizes"), [(0.0, False), (0.001, True)])
def test_any_decay_regularizes_where_its_time_is_not_known(decay: float, regularizes: bool) -> None:
    advice = recommend(OVERFITTING, setup(lr=None, strengths={"weight_decay": decay}))[0]
    assert ("make a trial first" in advice.why) is regularizes


@pytest.mark.parametrize(
    ("known", "promised"),
    [
        *(({"architecture": kind}, True) for kind in ("mlp", "cnn", None)),
        *(({"architecture": kind}, False) for kind in ("vit", "recurrent", "transformer", "fine_tuning")),
        ({"higher_is_better": True}, False),
    ],
    ids=str,
)
def test_an_effect_is_promised_where_it_was_measured(known: Any, promised: bool) -> None:
    advice = [one for one in recommend(OVERFITTING, setup(train_end=0.5, **known)) if one.in_first_dose]
    assert advice
    assert all((one.expected is not None and one.last_epoch is not None) is promised for one in advice)
    assert not any("by heart" in one.why for one in advice)


def test_losses_below_zero_have_no_rise_to_promise_of() -> None:
    below = Curve(turning().steps, turning().values - 5.0)
    advice = advised("weight_decay", setup(below), diagnosis(relative_rise=0.4))
    assert advice is not None
    assert advice.last_epoch is None


@pytest.mark.parametrize(
    ("known", "needed"),
    [
        ({"val": turning(30)}, True),
        ({"val": turning(31)}, False),  # 32 of 40 points: four fifths of the run
        ({"val": turning(2, points=5)}, True),
        ({"val": turning(2, points=4)}, False),
        ({"val": turning(rise=0.021)}, True),
        ({"val": turning(rise=0.019)}, False),
        ({"val": turning(rise=0.01), "train_end": 0.706}, True),
        ({"val": turning(rise=0.01), "train_end": 0.708}, False),
        ({"val_samples": 100}, True),
        ({"val_samples": 99}, False),
    ],
    ids=range(10),
)
def test_a_dose_is_needed(known: Any, needed: bool) -> None:
    assert Facts(OVERFITTING, setup(**known)).needs_dose is needed
    assert bool(doses(OVERFITTING, setup(**known))) is needed


def flat(first: float) -> Curve:
    """Falls from a first loss to 1 at once, and stays there."""
    return Curve(np.arange(1, POINTS + 1), np.concatenate([[first, 0.5 + first / 2], np.ones(POINTS - 2)]))


@pytest.mark.parametrize(
    ("first", "train_end", "verdict", "expected"),
    [
        (1.3, 0.64, Verdict.HEALTHY, True),
        (1.3, 0.66, Verdict.HEALTHY, False),
        (3.0, 0.69, Verdict.PLATEAU, True),
        (3.0, 0.71, Verdict.PLATEAU, False),
        (3.0, 0.1, Verdict.IMPROVING, False),
        (3.0, None, Verdict.HEALTHY, False),
    ],
)
def test_what_is_learned_by_heart_is_half_of_the_first_loss_and_a_gap(
    first: float, train_end: float | None, verdict: Verdict, expected: bool
) -> None:
    assert Facts(diagnosis(verdict), setup(flat(first), train_end=train_end)).memorized is expected


@pytest.mark.parametrize(("value", "t_star"), [(1.019, 400), (1.021, 500)])
def test_t_star_is_where_validation_is_within_a_fiftieth_of_its_best(value: float, t_star: int) -> None:
    values = turning().values.copy()
    values[7] = value
    assert Facts(HEALTHY, setup(Curve(turning().steps, values))).t_star == t_star


@pytest.mark.parametrize(("value", "t_star"), [(-1.961, 400), (-1.959, 500)])
def test_t_star_without_a_level_is_told_by_the_range(value: float, t_star: int) -> None:
    values = turning().values - 3.0  # from 0 to -2
    values[7:9] = value, -1.9
    assert Facts(HEALTHY, setup(Curve(turning().steps, values))).t_star == t_star


@pytest.mark.parametrize(
    ("rise", "said"), [(0.004, ""), (0.006, "1% worse now"), (9.99, "999% worse now"), (10.0, "many times worse now")]
)
def test_how_much_worse_validation_is_now(rise: float, said: str) -> None:
    worse = Facts(diagnosis(relative_rise=rise), setup()).worse_since
    assert worse.endswith(said)
    assert bool(worse) is bool(said)


def test_the_gap_at_the_best_is_that_of_a_logged_loss_half_an_epoch_behind() -> None:
    train = np.linspace(2.0, 0.05, POINTS)
    logged, clean = (Facts(OVERFITTING, setup(train=train, train_is_clean=plain)) for plain in (False, True))
    assert logged.best_gap_share == pytest.approx(1 - (train[9] + train[10]) / 2)
    assert clean.best_gap_share == pytest.approx(1 - train[9])
    assert logged.end_gap_share == clean.end_gap_share == pytest.approx(1 - 0.05 / 1.5)


FALLING = turning(POINTS - 1)
STRONG = {"dropout": 0.5}


@pytest.mark.parametrize(
    ("known", "weakened"),
    [
        ({"train_end": 1.351, "train_is_clean": True}, True),
        ({"train_end": 1.349, "train_is_clean": True}, False),
        ({"train_end": 1.351}, False),
        ({"train_end": 1.351, "train_is_clean": True, "val_samples": 100}, True),
        ({"train_end": 1.351, "train_is_clean": True, "val_samples": 99}, False),
        ({"train_end": 1.351, "train_is_clean": True, "val": turning(2, points=5)}, True),
        ({"train_end": 1.351, "train_is_clean": True, "val": turning(2, points=4)}, False),
    ],
    ids=range(7),
)
def test_a_gap_below_a_tenth_of_a_plain_loss_is_held_back(known: Any, weakened: bool) -> None:
    run = setup(strengths=STRONG, **known)
    assert (suggested("dropout", run, HEALTHY) == 0.25) is weakened
    assert advised("dropout", run, diagnosis(Verdict.HEALTHY, "flat")) is None


def test_a_training_loss_above_validation_is_no_percent_below_it() -> None:
    advice = advised("dropout", setup(strengths=STRONG, train_end=1.6, train_is_clean=True), HEALTHY)
    assert advice is not None
    assert "only 0% below validation, so dropping 50% holds back" in advice.why


@pytest.mark.parametrize(("onset", "late"), [(37, True), (36, False)])
def test_best_at_the_end_is_within_the_last_twentieth(onset: int, late: bool) -> None:
    assert (suggested("dropout", setup(turning(onset), strengths=STRONG), IMPROVING) == 0.25) is late
    assert advised("dropout", setup(turning(onset), strengths=STRONG), HEALTHY) is None


@pytest.mark.parametrize(
    ("known", "strong"),
    [
        ({"strengths": {"dropout": 0.11}}, True),
        ({"strengths": {"dropout": 0.1}}, False),
        ({"strengths": {"dropout": 0.1, "weight_decay": 0.26}}, True),
        ({"strengths": {"dropout": 0.1, "weight_decay": 0.24}}, False),
        ({"strengths": {"dropout": 0.1, "weight_decay": 0.25}}, False),
        ({"strengths": {"weight_decay": 0.24}}, False),
        ({"strengths": {"weight_decay": 0.26}}, True),
        ({"strengths": {"dropout": 0.1, "weight_decay": 9.0}, "lr": None}, False),
        ({"strengths": {"dropout": 0.5}, "architecture": "language_model_pretraining"}, False),
        ({"strengths": {"dropout": 0.15, "weight_decay": 0.24}, "architecture": "transformer"}, True),
        ({"strengths": {"dropout": 0.1, "weight_decay": 0.24}, "architecture": "transformer"}, False),
    ],
    ids=str,
)
def test_more_than_the_first_dose_is_strong(known: Any, strong: bool) -> None:
    plain = setup(FALLING, architecture=known.get("architecture", "mlp"))
    time = Facts(IMPROVING, replace(plain, lr=1.0)).lr_time
    assert time is not None
    run = setup(FALLING, **{"lr": 1 / time, **known})
    weakened = {advice.lever for advice in recommend(IMPROVING, run)} & {"dropout", "weight_decay"}
    assert bool(weakened) is strong


@pytest.mark.parametrize(("dropped", "left"), [(0.021, 0.0105), (0.02, None), (0.4, 0.2)])
def test_dropout_is_halved_where_there_is_enough_of_it(dropped: float, left: float | None) -> None:
    run = setup(strengths={"dropout": dropped}, train_end=1.45, train_is_clean=True)
    advice = advised("dropout", run, HEALTHY)
    assert (None if advice is None else advice.suggested) == left
    assert advice is None or advice.range == (0.0, dropped)


def test_a_cnn_is_weakened_by_the_dropout_that_it_has() -> None:
    for lever in DROPOUTS:
        run = setup(architecture="cnn", strengths={lever: 0.4}, train_end=1.45, train_is_clean=True)
        assert suggested(lever, run, HEALTHY) == 0.2


@pytest.mark.parametrize(
    ("decay", "left"), [(1.0, 0.25), (0.004, 0.001), (0.003, 0.001), (0.0011, 0.001), (0.001, None)]
)
def test_weight_decay_is_quartered_down_to_a_thousandth(decay: float, left: float | None) -> None:
    run = setup(strengths={"weight_decay": decay}, train_end=1.45, train_is_clean=True)
    advice = advised("weight_decay", run, HEALTHY)
    assert (None if advice is None else advice.suggested) == left
    assert advice is None or advice.range == (0.001, decay)


@pytest.mark.parametrize(("onset", "t_star"), [(-5, 100), (1, 100), (2, 100), (3, 150), (40, 2000), (99, 2000)])
def test_t_star_is_the_point_of_the_onset_and_never_the_first(onset: int, t_star: int) -> None:
    assert Facts(replace(OVERFITTING, onset_step=onset), setup()).t_star == t_star


def test_t_star_is_never_the_first_point_of_a_curve_that_only_rises() -> None:
    rising = Facts(HEALTHY, setup(Curve(turning().steps, np.linspace(1.0, 2.0, POINTS))))
    assert (rising.t_star, rising.unresolved, rising.best_share) == (100, True, pytest.approx(1 / POINTS))
    assert not Facts(HEALTHY, setup(turning(2))).unresolved


def test_validation_counts_up_to_its_first_value_that_is_not_finite() -> None:
    values = turning().values.copy()
    values[20], values[30] = np.nan, 0.1
    cut = Facts(HEALTHY, setup(Curve(turning().steps, values)))
    assert (cut.points, cut.t_star, cut.share) == (20, 500, 0.5)
    assert Facts(HEALTHY, setup(Curve(turning().steps, np.append([3.0, 2.0], np.full(38, np.nan))))).points == 2
    assert Facts(HEALTHY, setup(Curve(turning().steps, np.append(3.0, np.full(39, np.nan))))).points is None


@pytest.mark.parametrize(
    ("rates", "mean"), [([4e-3, 0.0, 0.0], 4e-3), ([4e-3] * 10 + [0.0] * 30, 4e-3), ([4e-3] * 5 + [0.0] * 35, 2e-3)]
)
def test_the_learning_rate_is_the_mean_until_t_star(rates: list[float], mean: float) -> None:
    facts = Facts(OVERFITTING, setup(lr=np.array(rates)))
    assert (facts.share, facts.lr, facts.lr_time) == (0.25, pytest.approx(mean), pytest.approx(500 * mean))


@pytest.mark.parametrize(
    ("known", "why"),
    [
        ({"architecture": "cnn", "strengths": {"spatial_dropout": 0.0}}, "Drop 10% of the feature maps (0% now), "),
        (
            {"strengths": {"dropout": 0.05}},
            "Drop 15% of the activations (5% now), because validation was near its best",
        ),
        ({"strengths": {}}, "best after 25% of the training. The log does not say how many it drops now"),
        ({"val": None, "steps": None, "strengths": {"dropout": 0.0}}, "Drop 10% of the activations (0% now)."),
    ],
    ids=str,
)
def test_dropout_says_of_what_and_why(known: Any, why: str) -> None:
    run = Setup(**{"architecture": "mlp", **known}) if "val" in known else setup(**known)
    advice = next(one for one in recommend(OVERFITTING, run) if one.lever in DROPOUTS)
    assert why in advice.why
    assert "No weight decay" not in advice.why


def test_a_recurrent_network_is_told_where_to_drop_and_that_its_dose_was_not_measured() -> None:
    advice = {one.lever: one for one in recommend(OVERFITTING, setup(architecture="recurrent"))}
    assert "Drop between the recurrent layers and after the last one" in advice["dropout"].why
    for lever in ("dropout", "weight_decay"):
        assert advice[lever].source.startswith("not measured for recurrent networks")
    assert "Say which architecture" not in advice["weight_decay"].why
