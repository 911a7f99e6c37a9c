from pathlib import Path

import pytest

from trainer.__main__ import main, parser, read_settings
from trainer.options import named_folder
from trainer.strengths import STRENGTHS


def settings(*words):
    return read_settings(parser().parse_args(["train", *words])).regularizers


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], {}),
        (["--dropout", "0.3"], {"dropout": {"p": 0.3, "attention": None}}),
        (["--dropout"], {"dropout": {"p": 0.2, "attention": None}}),
        (["--dropout-attention", "0"], {"dropout": {"p": 0.2, "attention": 0}}),
        (["--dropout", "0.3", "--dropout-attention", "0.1"], {"dropout": {"p": 0.3, "attention": 0.1}}),
        (["--dropout", "off"], {}),
        (["--l1", "1e-3", "--l1-kind", "penalty"], {"l1": {"l1": 1e-3, "kind": "penalty"}}),
        (["--early-stopping", "3"], {"early_stopping": {"patience": 3, "min_delta": 0.0, "restore_best": True}}),
        (["--preset", "llm-pretraining", "--weight-decay", "off"], {}),
        (
            ["--preset", "fine-tuning", "--weight-decay", "off", "--dropout", "0.4"],
            {"dropout": {"p": 0.4, "attention": None}},
        ),
    ],
)
def test_flags_are_the_settings_they_name(words, expected):
    assert settings(*words) == expected


def test_a_switch_alone_is_on():
    assert settings("--weight-decay-norms")["weight_decay"]["norms"] is True
    assert settings("--weight-decay-norms", "false")["weight_decay"]["norms"] is False


@pytest.mark.parametrize("name", STRENGTHS)
def test_every_regularizer_has_a_flag_that_alone_takes_the_defaults(name):
    flag = f"--{name.replace('_', '-')}"
    assert settings(flag) == {name: {key: setting.default for key, setting in STRENGTHS[name].items()}}


def test_options_have_the_last_word_over_the_file_and_the_file_over_the_preset(tmp_path):
    file = tmp_path / "settings.json"
    file.write_text('{"lr": 0.5, "regularizers": {"dropout": {"p": 0.4}, "weight_decay": null}}')
    config = read_settings(
        parser().parse_args(["train", "--config", str(file), "--preset", "fine-tuning", "--dropout-attention", "0.1"])
    )
    assert config.lr == 0.5
    assert config.regularizers == {"dropout": {"p": 0.4, "attention": 0.1}}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--dropout", "0"], "leave dropout out to switch it off"),
        (["--dropout", "1.5"], "dropout p must be in (0, 1), found 1.5"),
        (["--dropout", "much"], "must be a number in (0, 1), found 'much'"),
        (["--mixpu", "0.2"], "did you mean '--mixup'?"),
        (["--preset", "vti"], "did you mean 'vit'?"),
        (["--weight-decay-kind", "adamw"], "must be one of decoupled, coupled, sgd"),
        (["--model", "mlp", "--preset", "vit"], "leave drop_path out"),
        (["--dataset", "breast_cancer", "--cutmix"], "leave cutmix out"),
        (["--model", "transformer"], "use another model, or dataset text"),
        (["--model", "cnn", "--dataset", "breast_cancer"], "cnn needs images"),
    ],
)
def test_what_cannot_be_had_is_one_sentence_and_code_2(tmp_path, capsys, words, sentence):
    assert main(["--logdir", str(tmp_path / "run"), *words]) == 2
    printed = capsys.readouterr().err
    assert sentence in printed
    assert len(printed.strip().splitlines()) == 1


@pytest.mark.parametrize("words", [["train", "--epochs", "1"], ["tune", "--budget", "1 runs"]])
def test_a_home_of_nobody_is_no_folder_to_make(tmp_path, monkeypatch, capsys, words):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main([*words, "--logdir", "~nobody-is-called-so/runs"])
    assert ended.value.code == 2
    assert "there is no user nobody-is-called-so" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_home_that_the_shell_left_alone_is_a_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert named_folder("~/runs") == tmp_path / "runs"
    assert named_folder("./~someone") == Path("~someone")
