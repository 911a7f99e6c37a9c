"""The configuration: what it refuses and that it survives JSON."""

import json
import os

import pytest

from trainer.config import Config, demonstration
from trainer.errors import ConfigError


def test_json_gives_an_equal_configuration_back():
    config = Config(dataset="breast_cancer", train_size=90, lr=0.5, optimizer="sgd", threads=2)
    assert Config.from_json(config.to_json()) == config
    assert Config.from_json(demonstration().to_json()) == demonstration()


def test_settings_that_are_not_named_keep_their_defaults():
    assert Config.from_json('{"epochs": 7}') == Config(epochs=7)


def test_a_whole_number_serves_as_a_real_one():
    assert Config.from_dict({"lr": 1}).lr == 1.0
    assert Config.from_dict({"epochs": 5.0}).epochs == 5


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"dataset": "digit"}, "there is no dataset 'digit'; did you mean 'digits'?"),
        ({"dataset": "breast-cancer"}, "did you mean 'breast_cancer'?"),
        ({"dataset": "???"}, "choose from digits, breast_cancer"),
        ({"model": "mpl"}, "did you mean 'mlp'?"),
        ({"epohcs": 3}, "there is no setting 'epohcs'; did you mean 'epochs'?"),
        ({"optimizer": "adan"}, "did you mean 'adam'?"),
        ({"device": "gpu"}, "there is no device 'gpu'"),
        ({"epochs": 0}, "epochs is 0; it must be at least 1"),
        ({"epochs": 2.5}, "epochs is 2.5; it must be a whole number"),
        ({"epochs": True}, "epochs is True; it must be a whole number"),
        ({"epochs": None}, "epochs is None; it must be a whole number"),
        ({"epochs": float("inf")}, "epochs is inf; it must be a whole number"),
        ({"lr": float("nan")}, "lr is nan; it must be a number"),
        ({"seed": 10**400}, "it must be a whole number"),
        ({"lr": 10**400}, "it must be a number"),
        ({"lr": 0}, "lr is 0.0; it must be above 0"),
        ({"lr": "fast"}, "lr is 'fast'; it must be a number"),
        ({"bf16": 1}, "bf16 is 1; it must be true or false"),
        ({"dataset": 3}, "dataset is 3; it must be a name"),
        ({"val_share": 0}, "val_share is 0.0; it must be above 0 and below 1"),
        ({"canary": 0.5}, "canary is 0.5; it must be at least 0 and below 0.5"),
        ({"label_noise": 1}, "label_noise is 1.0; it must be at least 0 and below 1"),
        ({"pace": -1}, "pace is -1.0; it must be 0 or more"),
        ({"val_share": 0.5, "test_share": 0.5}, "leave nothing to train on"),
        ({"schema": 99}, "schema 99"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_way_out(settings, sentence):
    with pytest.raises(ConfigError) as refused:
        Config.from_dict(settings)
    assert sentence in str(refused.value)


@pytest.mark.parametrize("text", ["", "{", "[1]", "3", b"\xff\xfe"])
def test_text_that_is_no_json_object_is_refused(text):
    with pytest.raises(ConfigError, match="configuration is"):
        Config.from_json(text)


def test_the_json_names_the_version_of_its_settings():
    assert json.loads(Config().to_json())["schema"] == 1


@pytest.mark.parametrize("setting", [{"dataset": "csv:a\0b"}, {"dataset": "images:\ud800"}, {"init_from": "a\0b"}])
def test_a_path_that_no_file_system_has_is_refused(setting):
    with pytest.raises(ConfigError, match="as the name of a file can hold it"):
        Config(**setting)


def test_a_name_of_a_file_that_is_no_utf_8_is_one():
    name = os.fsdecode(b"csv:caf\xe9.csv")
    assert Config(dataset=name).dataset == name
