"""Strengths before any run: what they follow from, for which optimizer they are, and what is refused."""

import json

import pytest

from diagnostics.recommend.prior import GETS_FAR, PlannedRun, prior
from diagnostics.recommend.setup import SetupError
from diagnostics.suggest import count, main
from fitwatch.command import main as fitwatch

RUN = {"samples": 1000, "batch_size": 50, "lr": 1e-3, "epochs": 100}
ARGUMENTS = ["--samples", "1000", "--batch-size", "50", "--lr", "0.001", "--epochs", "100"]


def start(lever: str, **changed: object):
    (found,) = (one for one in prior(PlannedRun(**{**RUN, **changed})) if one.lever == lever)
    return found


def test_the_decay_forgets_over_a_fixed_number_of_trainings() -> None:
    plain = start("weight_decay")
    assert plain.suggested == pytest.approx(1 / (3 * 1e-3 * 2000))
    assert plain.range == pytest.approx((1 / (10 * 2), 1 / 2))
    for changed in ({"lr": 2e-3}, {"epochs": 200}, {"samples": 2000}, {"batch_size": 25}):
        assert start("weight_decay", **changed).suggested == pytest.approx(plain.suggested / 2)


def test_a_batch_that_is_not_full_is_a_step_too() -> None:
    assert PlannedRun(**{**RUN, "samples": 1001}).steps_per_epoch == 21


def test_a_decay_that_goes_through_momentum_is_that_much_smaller() -> None:
    sgd = {"lr": 0.1, "epochs": 400}
    decoupled = start("weight_decay", **sgd, optimizer="sgdw", momentum=0.9)
    through = start("weight_decay", **sgd, optimizer="sgd", momentum=0.9)
    assert through.suggested == pytest.approx(decoupled.suggested / 10)
    assert "momentum 0.9" in through.why


def test_adams_coupled_decay_is_a_formula_and_no_number() -> None:
    found = start("weight_decay", optimizer="adam")
    assert (found.suggested, found.range) == (None, None)
    assert "Use AdamW with a weight decay of 0.167" in found.why
    assert found.evidence["adamw"] == pytest.approx(1 / 6)


def test_dropout_is_of_feature_maps_in_a_cnn() -> None:
    assert start("dropout").suggested == 0.1
    assert start("spatial_dropout", architecture="cnn").suggested == 0.1


@pytest.mark.parametrize(
    "changed",
    [
        {"epochs": 60},
        {"optimizer": "sgd", "momentum": 0.9, "lr": 0.01},
        {"optimizer": "sgd", "momentum": 0.0, "lr": 0.1},
    ],
)
def test_a_training_that_does_not_get_far_starts_without(changed) -> None:
    run = PlannedRun(**{**RUN, **changed})
    assert run.distance < GETS_FAR
    assert [one.lever for one in prior(run)] == ["nothing"]


def test_one_pass_takes_the_decay_of_the_power_law_and_no_dropout() -> None:
    pretraining = {"samples": 26 * 10**9, "batch_size": 500_000, "lr": 6e-4, "epochs": 1.0, "parameters": 1_300_000_000}
    (found,) = prior(PlannedRun(**pretraining))
    memory = 1.084 * 20**-0.527
    assert found.suggested == pytest.approx(1 / (memory * 6e-4 * 52_000))
    assert found.range[0] < found.suggested < found.range[1]
    assert "Bergsma" in found.source
    (asked,) = prior(PlannedRun(**{**pretraining, "parameters": None}))
    assert asked.lever == "nothing"
    assert "parameters" in asked.why


def test_a_pretrained_network_gets_no_plain_decay() -> None:
    (found,) = prior(PlannedRun(**RUN, architecture="fine_tuning"))
    assert found.lever == "stop_at_best"
    assert "toward the pretrained weights" in found.why


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"samples": 0}, "samples is 0; it must be a number above 0"),
        ({"lr": float("nan")}, "lr is nan"),
        ({"epochs": float("inf")}, "epochs is inf"),
        ({"parameters": -1}, "parameters is -1"),
        ({"batch_size": 1001}, "a batch of 1,001 is larger than the 1,000 training samples"),
        ({"optimizer": "lion"}, "there is no optimizer 'lion'; choose from adamw"),
        ({"optimizer": "sgd"}, "goes through its momentum, which is not said"),
        ({"momentum": 1.0}, "momentum is 1.0"),
        ({"architecture": "resnet"}, "there is no architecture 'resnet'"),
    ],
)
def test_a_run_that_cannot_be_is_refused_in_a_sentence(changed, sentence: str) -> None:
    with pytest.raises(SetupError, match=sentence):
        PlannedRun(**{**RUN, **changed})


def test_the_command_says_strengths_reasons_and_sources(capsys) -> None:
    assert fitwatch(["suggest", *ARGUMENTS]) == 0
    printed = capsys.readouterr().out
    assert "weight decay 0.167 (0.05 to 0.5)" in printed
    assert "dropout 0.1 (0 to 0.2)" in printed
    assert printed.count("Source:") == 2


def test_the_command_gives_the_same_to_a_program_and_as_code(capsys) -> None:
    assert main([*ARGUMENTS, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["run"]["steps"] == 2000
    assert [one["lever"] for one in found["starts"]] == ["weight_decay", "dropout"]
    assert found["starts"][0]["suggested"] == pytest.approx(1 / 6)
    assert main([*ARGUMENTS, "--code", "pytorch"]) == 0
    assert '"weight_decay": 0.167' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([*ARGUMENTS, "--optimizer", "sgd"], "which is not said"),
        ([*ARGUMENTS[:3], "2000", *ARGUMENTS[4:]], "a batch of 2,000 is larger"),
    ],
)
def test_what_cannot_be_is_one_sentence_and_code_2(arguments, sentence: str, capsys) -> None:
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert len(said.strip().splitlines()) == 1


@pytest.mark.parametrize("wrong", [["--samples", "many"], ["--lr", "0"], ["--epochs", "-1"], ["--momentum", "1"]])
def test_what_is_no_number_ends_with_2(wrong, capsys) -> None:
    with pytest.raises(SystemExit) as end:
        main([*ARGUMENTS, *wrong])
    assert end.value.code == 2
    assert "give a" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "number"), [("60000", 60_000), ("1.2e6", 1_200_000), ("26e9", 26 * 10**9), ("1,000", 1000)]
)
def test_a_count_may_be_written_short(text: str, number: int) -> None:
    assert count(text) == number
