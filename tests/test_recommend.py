"""What is recommended to which run."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from diagnostics import Curve, Recommendation, Setup, Verdict, recommend
from diagnostics.recommend import ACTIONS, ARCHITECTURES, SetupError, doses
from diagnostics.recommend.expected import best_checkpoint_effect, last_epoch_effect
from diagnostics.verdict import Best
from tests.overfitting import POINTS, diagnosis, setup, turning
from trainer.strengths import STRENGTHS

OVERFITTING = diagnosis()


def levers(found: tuple[Recommendation, ...]) -> list[str]:
    return [one.lever for one in found]


def of(lever: str, found: tuple[Recommendation, ...]) -> Recommendation:
    return next(one for one in found if one.lever == lever)


def strengthening(found: tuple[Recommendation, ...]) -> list[str]:
    return [one.lever for one in found if one.strengthens]


@pytest.mark.parametrize(("architecture", "u"), [("mlp", 0.25), ("transformer", 0.25), ("cnn", 0.1), ("vit", 0.25)])
def test_weight_decay_is_the_dose_over_the_learning_rate_summed_until_validation_was_best(architecture, u) -> None:
    found = of("weight_decay", recommend(OVERFITTING, setup(architecture=architecture)))
    assert found.evidence["t_star"] == 500
    assert found.suggested == pytest.approx(u / (1e-3 * 500))
    assert found.evidence["u"] == pytest.approx(u)


@pytest.mark.parametrize(
    ("architecture", "onset", "expected"),
    [
        ("mlp", 9, {"dropout": 0.1}),
        ("transformer", 9, {"dropout": 0.2}),
        ("transformer", 25, {"dropout": 0.1}),
        ("cnn", 9, {"spatial_dropout": 0.1}),
        ("fine_tuning", 9, {"dropout": 0.1}),
        ("language_model_pretraining", 9, {}),
        (None, 9, {"dropout": 0.1}),
    ],
)
def test_dropout_depends_on_the_network_and_on_when_validation_was_best(architecture, onset: int, expected) -> None:
    found = recommend(OVERFITTING, setup(turning(onset), architecture=architecture))
    assert {one.lever: one.suggested for one in found if "dropout" in one.lever} == expected


def test_t_star_is_where_validation_first_comes_within_two_percent_of_its_best() -> None:
    values = turning().values.copy()
    values[7] = 1.019
    found = recommend(OVERFITTING, setup(turning().__class__(turning().steps, values)))
    assert found[0].evidence["t_star"] == 400


def test_a_learning_rate_that_changes_is_averaged_until_validation_was_best() -> None:
    rates = np.concatenate([np.full(POINTS // 4, 2e-3), np.full(3 * POINTS // 4, 1e-5)])
    found = of("weight_decay", recommend(OVERFITTING, setup(lr=rates)))
    assert found.suggested == pytest.approx(0.25 / (2e-3 * 500))


def test_the_logged_sum_of_the_learning_rate_needs_no_steps() -> None:
    found = recommend(OVERFITTING, setup(steps=None, lr=None, lr_sum=np.full(POINTS, 0.05)))
    assert of("weight_decay", found).suggested == pytest.approx(0.25 / 0.5)


def test_a_sum_that_is_no_number_leaves_the_steps_to_be_used() -> None:
    found = recommend(OVERFITTING, setup(lr_sum=np.full(POINTS, np.nan)))
    assert of("weight_decay", found).suggested == pytest.approx(0.5)


def test_momentum_makes_the_same_learning_rate_reach_further() -> None:
    found = of("weight_decay", recommend(OVERFITTING, setup(momentum=0.9)))
    assert found.suggested == pytest.approx(0.25 / (1e-3 / 0.1 * 500))
    assert "not measured" in found.why


@pytest.mark.parametrize("unknown", [{"lr": None}, {"steps": None}, {"lr": None, "steps": None, "val": None}])
def test_what_the_log_lacks_leaves_a_formula_to_finish(unknown) -> None:
    found = of("weight_decay", recommend(OVERFITTING, setup(**unknown)))
    assert (found.suggested, found.range) == (None, None)
    assert found.evidence["u"] == 0.25
    assert "weight_decay = 0.25 / (" in found.why
    assert found.strengthens


def test_the_formula_holds_what_is_known() -> None:
    found = of("weight_decay", recommend(OVERFITTING, setup(steps=None, epochs=np.arange(1.0, POINTS + 1))))
    assert "0.25 / (0.001 x 10 epochs x steps per epoch)" in found.why


def test_a_run_of_which_nothing_is_known_still_gets_the_dose() -> None:
    assert levers(recommend(OVERFITTING)) == ["weight_decay", "dropout", "stop_at_best"]


@pytest.mark.parametrize(
    "verdict", [Verdict.DIVERGED, Verdict.NO_VALIDATION, Verdict.TOO_EARLY, Verdict.UNSTABLE], ids=str
)
def test_a_verdict_that_cannot_tell_gets_no_advice(verdict: Verdict) -> None:
    assert recommend(diagnosis(verdict), setup()) == ()


@pytest.mark.parametrize("architecture", [*ARCHITECTURES, None])
@pytest.mark.parametrize("verdict", [verdict for verdict in Verdict if verdict != "overfitting"], ids=str)
def test_nothing_is_strengthened_without_the_verdict(verdict: Verdict, architecture) -> None:
    assert strengthening(recommend(diagnosis(verdict, "overconfident"), setup(architecture=architecture))) == []


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ({"val_samples": 99}, ["larger_validation_set", "stop_at_best"]),
        ({"val": turning(2, points=4)}, ["evaluate_more_often", "stop_at_best"]),
        ({"val": turning(33)}, ["stop_at_best"]),
        ({"val": turning(9, rise=0.015), "train_end": 0.8}, ["stop_at_best"]),
    ],
    ids=["99 samples", "4 points", "only at the end", "hardly any rise or gap"],
)
def test_a_guard_leaves_what_helps_without_a_strength(given, asked: list[str]) -> None:
    assert levers(recommend(OVERFITTING, setup(**given))) == asked


def test_a_large_gap_is_reason_enough_where_the_rise_is_small() -> None:
    assert recommend(OVERFITTING, setup(turning(9, rise=0.015), train_end=0.1))[0].lever == "weight_decay"


@pytest.mark.parametrize("samples", [100, None])
def test_a_hundred_samples_and_an_unknown_number_are_enough(samples: int | None) -> None:
    advice = recommend(OVERFITTING, setup(val_samples=samples))
    assert strengthening(advice)
    assert "larger_validation_set" not in levers(advice)


def test_best_by_the_second_point_is_the_whole_dose_and_a_request_for_more_points() -> None:
    found = recommend(OVERFITTING, setup(turning(1)))
    assert of("weight_decay", found).suggested == pytest.approx(0.25 / (1e-3 * 100))
    assert "evaluate_more_often" in levers(found)


def test_t_star_is_the_onset_of_the_verdict_on_every_line() -> None:
    places = np.arange(200)
    values = 2.005 - 0.05 * (1 - np.exp(-places / 12)) + np.maximum(0, places - 40) * 2e-4  # within 2 % from place 3 on
    val = Curve(places, values)
    best = int(values.argmin())
    verdict = replace(OVERFITTING, onset_step=best, best=Best(best, float(values[best])))
    advice = recommend(verdict, setup(val, lr=5e-4, steps=50.0 * (1 + val.steps), train_end=0.01))
    assert {one.evidence["t_star"] for one in advice if "t_star" in one.evidence} == {50.0 * (1 + best)}
    assert f"({50 * (1 + best)} optimizer steps)" in of("weight_decay", advice).why
    assert f"step {best}," in of("stop_at_best", advice).why


MEMORIZED = {"val": turning(9, rise=0.01), "train": np.geomspace(3.0, 0.01, POINTS)}


@pytest.mark.parametrize("verdict", [Verdict.PLATEAU, Verdict.HEALTHY], ids=str)
def test_a_run_that_knows_its_samples_by_heart_gets_the_dose_while_validation_is_flat(verdict: Verdict) -> None:
    found = recommend(diagnosis(verdict), setup(**MEMORIZED))
    assert strengthening(found)[:2] == ["weight_decay", "dropout"]
    assert "by heart" in found[0].why


@pytest.mark.parametrize(
    ("verdict", "changed"),
    [
        (Verdict.IMPROVING, {}),
        (Verdict.TOO_EARLY, {}),
        (Verdict.HEALTHY, {"train": np.geomspace(3.0, 0.8, POINTS)}),
        (Verdict.HEALTHY, {"val": turning(33, rise=0.01)}),
        (Verdict.PLATEAU, {"train": None}),
    ],
    ids=["improving", "too early", "a small gap", "best at the end", "no training loss"],
)
def test_a_gap_alone_is_no_reason_for_a_dose(verdict: Verdict, changed) -> None:
    assert strengthening(recommend(diagnosis(verdict), setup(**MEMORIZED | changed))) == []


@pytest.mark.parametrize(
    ("known", "cause"),
    [
        ({"temperature": np.full(POINTS, 0.85)}, "where a network is less sure than it should be"),
        ({"train": np.full(POINTS, 1.1), "train_is_clean": True}, "where the training loss is above validation's"),
        ({"train": np.full(POINTS, 1.1), "strengths": {}}, "where the training loss is above validation's"),
    ],
    ids=["a temperature below 0.9", "worse on training", "the same by the logged loss"],
)
def test_a_network_less_sure_than_it_should_be_gets_dropout_and_no_decay(known, cause: str) -> None:
    found = recommend(OVERFITTING, setup(**known))
    assert {one.lever: one.suggested for one in found if one.in_first_dose} == {"dropout": 0.1}
    assert cause in of("dropout", found).why
    ladder = doses(OVERFITTING, setup(**known))
    assert ladder[:2] == ({"dropout": 0.1}, {"dropout": 0.3})
    assert any("weight_decay" in dose for dose in ladder[2:])  # by a trial it may still prove itself


def test_a_logged_loss_that_dropout_inflates_says_nothing_of_how_sure_a_network_is() -> None:
    known = {"train": np.full(POINTS, 1.1), "strengths": {"dropout": 0.1, "weight_decay": 0.0}}
    assert "weight_decay" in levers(recommend(OVERFITTING, setup(**known)))


@pytest.mark.parametrize(("depth", "highest"), [(3, 0.3), (4, 0.2), (None, 0.3)])
def test_from_four_hidden_layers_on_no_more_than_a_fifth_is_dropped(depth: int | None, highest: float) -> None:
    deep = setup(depth=depth)
    assert max(dose.get("dropout", 0.0) for dose in doses(OVERFITTING, deep)) == highest
    assert of("dropout", recommend(OVERFITTING, deep)).range[1] == highest


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ({"optimizer": "adamw"}, "(AdamW's)"),
        ({"optimizer": "adam"}, "Use AdamW for it"),
        ({}, "say which one it is"),
        ({"optimizer": "sgd", "momentum": 0.9}, "(SGD's, with momentum 0.9)"),
        ({"optimizer": "rmsprop"}, "How rmsprop decays weights was not measured"),
        ({"optimizer": "rmsprop", "momentum": 0.0}, "How rmsprop decays weights was not measured"),  # as a log is read
    ],
    ids=str,
)
def test_the_number_says_for_which_optimizer_it_is(known, said: str) -> None:
    assert said in of("weight_decay", recommend(OVERFITTING, setup(**known))).why


def test_unknown_momentum_is_asked_for_and_never_taken_as_0() -> None:
    found = of("weight_decay", recommend(OVERFITTING, setup(optimizer="sgd")))
    assert (found.suggested, found.range) == (None, None)
    assert "/ (1 - momentum)" in found.why
    assert "SGD's momentum" in found.why
    assert doses(OVERFITTING, setup(optimizer="sgd")) == ()


def test_dropout_of_which_nothing_is_known_is_not_lowered_by_accident() -> None:
    found = of("dropout", recommend(OVERFITTING, setup(strengths={})))
    assert found.current is None
    assert "go up by a tenth from there" in found.why


@pytest.mark.parametrize(
    ("temperature", "scaled", "advised"),
    [
        *((1.5, 0.9, True), (1.5, 0.99, True), (1.2, 0.99, False), (0.7, 0.9, True), (0.8, 0.99, False)),
        *((None, 0.9, True), (None, 0.99, False), (1.5, None, True), (0.7, None, False)),
        *((1.2, 0.96, True), (1.2, 0.98, False)),  # 3 % of the loss are worth it
    ],
)
def test_a_temperature_is_the_first_advice_where_it_buys_something_or_the_network_is_too_sure(
    temperature: float | None, scaled: float | None, advised: bool
) -> None:
    known = {"temperature": temperature, "val_scaled": scaled}
    found = recommend(OVERFITTING, setup(**{name: value and np.full(POINTS, value) for name, value in known.items()}))
    assert (levers(found)[0] == "temperature") is advised
    if advised:
        assert "changes no accuracy" in found[0].why
        assert (found[0].suggested, found[0].strengthens) == (None, False)
    if advised and scaled is not None:
        assert found[0].evidence["scaled_gain"] == pytest.approx(1 - scaled)
    if advised and temperature is not None:
        assert ("less sure" in found[0].why) is (temperature < 1)


def test_a_healthy_run_that_is_too_sure_is_given_a_temperature_and_nothing_else() -> None:
    found = recommend(diagnosis(Verdict.HEALTHY), setup(temperature=np.full(POINTS, 2.0)))
    assert levers(found) == ["temperature", "nothing"]


def test_weight_decay_is_at_least_a_thousandth() -> None:
    assert of("weight_decay", recommend(OVERFITTING, setup(lr=1.0))).suggested == 0.001


def test_no_decay_is_advised_where_a_thousandth_forgets_too_fast() -> None:
    found = recommend(OVERFITTING, setup(lr=10.0))
    assert "weight_decay" not in levers(found)
    assert "dropout" in levers(found)


def test_dropout_of_feature_maps_never_exceeds_a_fifth() -> None:
    found = of(
        "spatial_dropout", recommend(OVERFITTING, setup(architecture="cnn", strengths={"spatial_dropout": 0.15}))
    )
    assert (found.suggested, found.range) == (0.2, (0.15, 0.2))


def test_the_decay_in_use_is_compared_with_the_way_to_validations_best() -> None:
    found = of("weight_decay", recommend(OVERFITTING, setup(strengths={"weight_decay": 0.01})))
    assert found.current == 0.01
    assert found.evidence["forgets_over_steps"] == pytest.approx(1 / (1e-3 * 0.01))
    assert found.evidence["forgets_over_t_star"] == pytest.approx(200)
    assert "200 times" in found.why


def test_a_run_that_regularizes_goes_one_step_up_and_is_told_to_make_a_trial() -> None:
    found = recommend(OVERFITTING, setup(strengths={"weight_decay": 0.4, "dropout": 0.2}))
    decay, dropout = of("weight_decay", found), of("dropout", found)
    assert (decay.suggested, dropout.suggested) == (pytest.approx(2.8 * 0.4), pytest.approx(0.3))
    assert "make a trial first" in decay.why
    assert decay.expected is None


def test_a_run_at_the_strongest_dose_is_not_pushed_further() -> None:
    assert not {"weight_decay", "dropout"} & set(
        levers(recommend(OVERFITTING, setup(strengths={"weight_decay": 1.4, "dropout": 0.3})))
    )


def test_a_second_estimate_that_agrees_is_shown_and_changes_nothing() -> None:
    known = {"lr_sum": np.full(POINTS, 0.05), "l2_norm": np.full(POINTS, 10.0)}
    plain = of("weight_decay", recommend(OVERFITTING, setup(**known)))
    found = of("weight_decay", recommend(OVERFITTING, setup(**known, update_norm=np.full(POINTS, 0.5))))
    assert found.evidence["wd_hat"] == pytest.approx(1.0)
    assert found.evidence["disagreement"] == pytest.approx(2.0)
    assert (found.suggested, found.range) == (plain.suggested, plain.range)


def test_a_second_estimate_that_disagrees_widens_the_range_and_is_said() -> None:
    known = {"lr_sum": np.full(POINTS, 0.05), "l2_norm": np.full(POINTS, 10.0)}
    found = of("weight_decay", recommend(OVERFITTING, setup(**known, update_norm=np.full(POINTS, 0.025))))
    assert found.evidence["disagreement"] == pytest.approx(10.0)
    assert found.range is not None
    assert found.range[0] == pytest.approx(0.05)
    assert "second estimate" in found.why


def test_more_is_expected_of_the_best_checkpoint_the_larger_its_gap_and_of_the_last_epoch_the_larger_its_rise() -> None:
    gaps = [of("weight_decay", recommend(OVERFITTING, setup(train_end=end))).expected for end in (0.9, 0.5, 0.1)]
    rises = [
        of("weight_decay", recommend(OVERFITTING, setup(turning(rise=rise)))).last_epoch for rise in (0.1, 0.5, 2.0)
    ]
    for effects in (gaps, rises):
        assert all(effect.low < effect.median < effect.high for effect in effects)
        assert effects[0].median > effects[1].median > effects[2].median
    assert gaps[1] == best_checkpoint_effect(0.5)
    assert rises[1] == last_epoch_effect(0.5)


def test_little_is_expected_where_training_is_hardly_better_than_validation_and_the_dose_is_still_named() -> None:
    for share, little in ((1.1, True), (0.95, True), (0.5, False)):
        found = recommend(OVERFITTING, setup(train=np.full(POINTS, share), train_is_clean=True))
        first = [each for each in found if each.in_first_dose]
        assert first
        assert all(each.expected is not None and each.expected.is_little is little for each in first)


def test_nothing_is_promised_of_the_best_checkpoint_where_its_gap_is_not_known() -> None:
    assert of("weight_decay", recommend(OVERFITTING, setup())).expected is None


@pytest.mark.parametrize(
    "known",
    [*({"architecture": kind} for kind in ("vit", "transformer", "fine_tuning")), {"higher_is_better": True}],
    ids=str,
)
def test_no_effect_is_promised_where_none_was_measured(known) -> None:
    assert all(one.expected is None for one in recommend(OVERFITTING, setup(**known)))


@pytest.mark.parametrize("scaled", [np.full(POINTS, 0.9), None], ids=["told by a temperature", "told by accuracy"])
def test_a_model_that_is_too_sure_hears_of_a_temperature_and_gets_the_dose(scaled) -> None:
    found = recommend(diagnosis(Verdict.OVERFITTING, "overconfident"), setup(val_scaled=scaled))
    assert levers(found)[:3] == ["temperature", "weight_decay", "dropout"]
    (smoothing,) = (one for one in found if one.lever == "label_smoothing")
    assert "temperature" in smoothing.why
    assert smoothing.source.startswith("literature")


def test_fine_tuning_is_first_told_of_fewer_steps_and_a_smaller_learning_rate() -> None:
    found = recommend(OVERFITTING, setup(architecture="fine_tuning", strengths={"dropout": 0.1}))
    assert levers(found) == ["stop_at_best", "dropout", "decay_to_start"]
    assert "learning rate" in found[0].why
    assert of("dropout", found).suggested == pytest.approx(0.2)
    assert "pretrained weights to 0" in of("dropout", found).why
    later = doses(OVERFITTING, setup(architecture="fine_tuning", strengths={"dropout": 0.1}))
    assert [dose.get("weight_decay", 0.0) for dose in later] == pytest.approx([0.0, 0.2, 0.56])


@pytest.mark.parametrize(
    ("in_use", "advised"), [({}, True), ({"augmentation": 1.0}, False), ({"randaugment": 9.0}, False)]
)
def test_images_that_are_augmented_already_need_no_augmentation(in_use, advised: bool) -> None:
    found = recommend(OVERFITTING, setup(architecture="cnn", strengths=in_use))
    assert ("augmentation" in levers(found)) is advised


def test_a_strength_in_use_and_a_tenth_are_a_number_that_people_write() -> None:
    found = recommend(OVERFITTING, setup(architecture="fine_tuning", strengths={"dropout": 0.2}))
    assert of("dropout", found).suggested == 0.3


@pytest.mark.parametrize("adapters", [False, True])
def test_adapters_are_pulled_to_the_pretrained_weights_by_plain_decay(adapters: bool) -> None:
    found = recommend(OVERFITTING, setup(architecture="fine_tuning", adapters=adapters))
    assert ("to 0" not in of("dropout", found).why) is adapters
    assert ("weight decay of the adapters" in of("decay_to_start", found).why) is adapters


@pytest.mark.parametrize("architecture", [*ARCHITECTURES, None])
@pytest.mark.parametrize(
    "known",
    [{}, {"val": turning(33)}, {"strengths": {"weight_decay": 100.0, "dropout": 0.5, "spatial_dropout": 0.4}}],
    ids=["a dose", "best at the end", "no dose left"],
)
def test_what_was_not_measured_or_does_little_never_comes_first(architecture, known) -> None:
    found = recommend(diagnosis(Verdict.OVERFITTING, "overconfident"), setup(**{"architecture": architecture, **known}))
    assert levers(found)[0] in ("temperature", "stop_at_best", "weight_decay", "dropout", "spatial_dropout")
    assert not {"l1", "ema"} & {*levers(found)}


BOOSTED = {"catboost": "l2_leaf_reg", "xgboost": "reg_lambda", "lightgbm": "lambda_l2"}


@pytest.mark.parametrize("library", BOOSTED)
def test_a_boosting_is_told_of_trees_and_never_of_what_networks_have(library: str) -> None:
    known = setup(architecture=None, boosting=library, strengths={})
    found = recommend(diagnosis(relative_rise=0.2), known)
    assert levers(found) == ["stop_at_best", "slower_boosting", "smaller_trees", "leaf_penalty", "row_sampling"]
    assert found[0].why.startswith("The best model ends with tree 10, with 1; validation is 20% worse now: ")
    assert BOOSTED[library] in of("leaf_penalty", found).why
    text = " ".join(one.why for one in found)
    assert not re.search(r"\bstep|epoch|weight decay|dropout|network", text)
    assert doses(OVERFITTING, known) == ()
    assert strengthening(found) == []


@pytest.mark.parametrize(
    ("verdict", "lever"),
    [(Verdict.IMPROVING, "train_longer"), (Verdict.HEALTHY, "nothing"), (Verdict.PLATEAU, "nothing")],
)
def test_a_boosting_that_does_not_overfit_hears_of_its_trees_alone(verdict: Verdict, lever: str) -> None:
    (found,) = recommend(diagnosis(verdict), setup(boosting="catboost"))
    assert found.lever == lever
    assert "tree" in found.why


def test_without_an_onset_the_way_is_that_to_near_the_best() -> None:
    memorized = recommend(diagnosis(Verdict.PLATEAU), setup(**MEMORIZED))
    assert "validation took to come near its best" in of("weight_decay", memorized).why
    assert "validation was near its best after" in of("dropout", memorized).why
    overfitting = recommend(replace(OVERFITTING, onset_step=10), setup())
    assert "validation took to reach its best" in of("weight_decay", overfitting).why
    assert "validation was best after" in of("dropout", overfitting).why


def test_the_rise_of_every_line_is_that_of_the_verdict() -> None:
    found = recommend(diagnosis(relative_rise=0.39), setup(turning(9, rise=0.41)))
    assert "validation is 39% worse now" in of("stop_at_best", found).why
    assert "41%" not in " ".join(one.why for one in found)


def test_pretraining_gets_a_decay_that_forgets_within_the_run() -> None:
    found = recommend(OVERFITTING, setup(architecture="language_model_pretraining"))
    (decay,) = [one for one in found if one.strengthens]
    assert 0.1 <= 1 / (1e-3 * decay.suggested * 50 * POINTS) <= 1
    assert "2405.13698" in decay.source


@pytest.mark.parametrize("architecture", [*ARCHITECTURES, None])
def test_the_learning_rate_is_never_changed(architecture) -> None:
    assert not {"lr", "learning_rate"} & set(levers(recommend(OVERFITTING, setup(architecture=architecture))))


HELD_BACK = {"train_end": 1.45, "train_is_clean": True, "strengths": {"dropout": 0.4, "weight_decay": 1.0}}


@pytest.mark.parametrize("verdict", [Verdict.HEALTHY, Verdict.IMPROVING, Verdict.PLATEAU], ids=str)
def test_a_run_held_back_by_its_regularization_gets_less(verdict: Verdict) -> None:
    found = recommend(diagnosis(verdict), setup(**HELD_BACK))
    assert (of("dropout", found).suggested, of("weight_decay", found).suggested) == (0.2, 0.25)


@pytest.mark.parametrize(
    "changed",
    [
        {"train_is_clean": False},
        {"train_end": 1.2},
        {"strengths": {"dropout": 0.0, "weight_decay": 0.0}},
        {"strengths": {}},
        {"architecture": "fine_tuning"},
        {"val_samples": 50},
    ],
    ids=["inflated training loss", "a gap", "nothing on", "nothing known", "fine-tuning", "too few samples"],
)
def test_regularization_is_weakened_on_evidence_alone(changed) -> None:
    found = recommend(diagnosis(Verdict.HEALTHY), setup(**HELD_BACK | changed))
    assert {"dropout", "weight_decay"}.isdisjoint(levers(found))


def test_best_at_the_very_end_under_strong_regularization_is_a_reason_to_weaken() -> None:
    falling = turning(POINTS - 1)
    strong = setup(falling, strengths={"dropout": 0.5})
    light = setup(falling, strengths={"dropout": 0.1})
    assert levers(recommend(diagnosis(Verdict.IMPROVING), strong)) == ["dropout", "train_longer"]
    assert levers(recommend(diagnosis(Verdict.IMPROVING), light)) == ["train_longer"]


def test_a_run_that_improves_is_told_to_train_longer_and_a_healthy_one_nothing() -> None:
    assert levers(recommend(diagnosis(Verdict.IMPROVING), setup())) == ["train_longer"]
    assert levers(recommend(diagnosis(Verdict.HEALTHY), setup())) == ["nothing"]


@pytest.mark.parametrize("architecture", ["mlp", "cnn", "transformer", None])
def test_the_first_dose_of_the_ladder_is_what_is_recommended(architecture) -> None:
    given = setup(architecture=architecture)
    recommended = {one.lever: one.suggested for one in recommend(OVERFITTING, given) if one.evidence.get("dose") == 1}
    assert doses(OVERFITTING, given)[0] == pytest.approx(recommended)


def test_the_ladder_of_an_mlp_is_the_measured_one() -> None:
    found = doses(OVERFITTING, setup(lr=2e-3))  # so that weight decay is u
    assert [(dose.get("dropout", 0), dose.get("weight_decay", 0)) for dose in found] == [
        (0.1, pytest.approx(0.25)),
        (0, pytest.approx(0.7)),
        (0.2, pytest.approx(0.25)),
        (0.2, pytest.approx(0.1)),
        (0.3, pytest.approx(0.25)),
    ]


def test_a_decay_above_the_guards_is_left_out_and_not_cut() -> None:
    short = setup(lr=1e-5)  # the dose would be a decay of 50
    assert [one.lever for one in recommend(OVERFITTING, short) if one.in_first_dose] == ["dropout"]
    assert "weight_decay" not in doses(OVERFITTING, short)[0]


@pytest.mark.parametrize("given", [setup(lr=None), setup(val_samples=20), setup(turning(38))])
def test_there_is_no_ladder_without_a_reason_or_a_number(given: Setup) -> None:
    assert doses(OVERFITTING, given) == ()


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [({"architecture": "rnn"}, "transformer"), ({"momentum": 1.0}, "below 1"), ({"steps": np.ones(3)}, "40 points")],
)
def test_a_setup_that_cannot_be_is_refused_with_what_is_needed(wrong, hint: str) -> None:
    with pytest.raises(SetupError, match=hint):
        setup(**wrong)


def test_every_recommendation_says_why_in_a_sentence_and_where_it_is_known_from() -> None:
    for architecture in (*ARCHITECTURES, None):
        for one in recommend(diagnosis(Verdict.OVERFITTING, "overconfident"), setup(architecture=architecture)):
            assert one.why.endswith(".")
            assert one.source.startswith(("measured", "literature", "not measured"))
            assert one.lever in ACTIONS or one.suggested is not None


def every_lever() -> set[str]:
    runs = [(OVERFITTING, setup(architecture=architecture)) for architecture in (*ARCHITECTURES, None)]
    runs += [
        (diagnosis(Verdict.OVERFITTING, "overconfident"), setup(val_scaled=np.full(POINTS, 0.9))),
        (OVERFITTING, setup(turning(1))),
    ]
    runs += [(diagnosis(verdict), setup(val_samples=20)) for verdict in Verdict]
    runs += [(diagnosis(verdict), setup(**HELD_BACK)) for verdict in Verdict]
    runs += [(diagnosis(Verdict.HEALTHY), setup()), (OVERFITTING, setup(boosting="catboost"))]
    return {one.lever for found, known in runs for one in recommend(found, known)}


def test_a_lever_is_a_regularizer_of_the_trainer_or_one_of_the_actions() -> None:
    assert every_lever() <= {*STRENGTHS, *ACTIONS}
    assert every_lever() >= set(ACTIONS)


def test_every_lever_has_a_heading_in_the_documentation() -> None:
    text = (Path(__file__).parent.parent / "docs" / "recommendations.md").read_text(encoding="utf-8")
    assert every_lever() <= set(re.findall(r"^### `(\w+)`$", text, re.MULTILINE))
