"""Settings: which strengths a run already has, from whatever its log folder says."""

import json
import os
from pathlib import Path

import pytest

from diagnostics.logs import open_logs
from diagnostics.logs.matching.pairing import match
from diagnostics.logs.run import Run
from diagnostics.logs.settings import contradictions, contradictions_in_words, strengths
from diagnostics.recommend import setup_of
from diagnostics.report import table
from diagnostics.run_diagnosis import diagnose_run
from tests.rows import epochs, rows
from tests.writers import LogWriter, write_run

NOWHERE = Path("there is no such folder")


def from_text(text: str, tag: str = "args/text_summary") -> dict[str, float]:
    return strengths(Run("exp", {}, texts={tag: text}), NOWHERE)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("dropout", 0.2, {"dropout": 0.2}),
        ("model/drop_rate", 0.2, {"dropout": 0.2}),
        ("hidden_dropout_prob", 0.1, {"dropout": 0.1}),
        ("drop_path_rate", 0.1, {"drop_path": 0.1}),
        ("optimizer.weight_decay", 0.01, {"weight_decay": 0.01}),
        ("wd", "1e-4", {"weight_decay": 1e-4}),
        ("gradient_clip_val", 1.0, {"gradient_clipping": 1.0}),
        ("label_smoothing_factor", 0.1, {"label_smoothing": 0.1}),
        ("early_stop_patience_steps", 5, {"early_stopping": 5}),
        ("augment", True, {"augmentation": 1}),
        ("augment", False, {"augmentation": 0}),
        ("ema_decay", 0.999, {"ema": 0.999}),
        ("rand_augment", "rand-m9-mstd0.5", {"randaugment": 9}),
        ("aa", "rand-m9-mstd0.5-inc1", {"randaugment": 9}),
        ("aa", "original", {}),
        ("mosaic", 1.0, {"augmentation": 1}),
        ("lora_dropout", 0.05, {"dropout": 0.05}),
        ("weight_decay", 0.0, {"weight_decay": 0}),
        ("early_stop_patience_steps", -1, {}),
        ("dropout", 1.5, {}),
        ("dropout", float("nan"), {}),
        ("dropout", "high", {}),
        ("dropout", "None", {}),
        ("dropout", True, {}),
        ("lr_scheduler/patience", 3, {}),
        ("attention_probs_dropout_prob", 0.1, {}),
        ("learning_rate", 0.1, {}),
    ],
)
def test_people_name_one_strength_in_many_ways(name: str, value: float | str, expected: dict[str, float]) -> None:
    assert strengths(Run("exp", {}, hparams={name: value}), NOWHERE) == expected


@pytest.mark.parametrize(
    "text",
    [
        '{"optim": {"weight_decay": 0.01}, "dropout": 0.1, "lr": 0.001}',
        '    {\n      "weight_decay": 0.01,\n      "dropout": 0.1\n    }',
        "weight_decay: 0.01\ndropout: 0.1  # of activations\n",
        "optim:\n  weight_decay: 1e-2\nmodel:\n  dropout: 0.1\n",
        "|name|value|\n|-|-|\n|weight_decay|0.01|\n|dropout|0.1|",
        "Namespace(lr=0.001, weight_decay=0.01, dropout=0.1)",
        "lr = 0.001\nweight_decay = 0.01\ndropout = 0.1",
        "\toptim:\t\n\t  weight_decay:\t0.01\n\tdropout:\t0.1",
    ],
    ids=["JSON", "JSON in a code block", "YAML", "nested YAML", "Markdown table", "argparse", "assignments", "tabs"],
)
def test_settings_are_read_from_any_text(text: str) -> None:
    assert from_text(text) == {"dropout": 0.1, "weight_decay": 0.01}


def test_a_patience_of_the_learning_rate_is_no_early_stopping() -> None:
    assert from_text("scheduler:\n  patience: 3\n") == {}
    assert from_text("patience: 100\n") == {"early_stopping": 100}


def test_our_own_configuration_gives_the_first_setting_of_each_regularizer() -> None:
    config = {
        "lr": 0.001,
        "regularizers": {
            "dropout": {"p": 0.3},
            "weight_decay": {"weight_decay": 0.1, "kind": "decoupled"},
            "mixup": {"alpha": 0.2},
            "early_stopping": {"patience": 7, "restore_best": True},
            "gradient_clipping": {"max_norm": 1.0},
        },
    }
    expected = {"dropout": 0.3, "weight_decay": 0.1, "early_stopping": 7, "mixup": 0.2, "gradient_clipping": 1.0}
    assert from_text(json.dumps(config), "config") == expected


def test_what_was_logged_while_training_is_believed_over_what_was_asked_for() -> None:
    run = match("exp", {"exp": [{"strength/dropout": rows(range(3), values=[0.1, 0.2, 0.3]), "loss/val": epochs()}]})
    asked = Run(run.name, run.curves, texts={"config": '{"dropout": 0.1}'})
    assert strengths(asked, NOWHERE) == {"dropout": 0.3}


def test_the_model_s_own_dropout_is_preferred_to_that_of_its_head() -> None:
    text = '{"classifier_dropout": 0.5, "hidden_dropout_prob": 0.1}'
    assert from_text(text, "model_config/text_summary") == {"dropout": 0.1}


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("hparams.yaml", "lr: 0.001\nweight_decay: 0.05\n", {"weight_decay": 0.05}),
        (
            "args.yaml",
            "task: detect\npatience: 100\ndropout: 0.0\nweight_decay: 0.0005\nmixup: 0.1\naugment: false\n",
            {"dropout": 0, "weight_decay": 0.0005, "early_stopping": 100, "augmentation": 0, "mixup": 0.1},
        ),
        ("config.json", '{"regularizers": {"l1": {"l1": 0.0001}}}', {"l1": 1e-4}),
    ],
)
def test_files_beside_the_log_are_read(tmp_path: Path, file: str, text: str, expected: dict[str, float]) -> None:
    with LogWriter(tmp_path / "exp") as writer:
        writer.scalar("train/loss", 1.0, 1)
    (tmp_path / "exp" / file).write_text(text)
    assert strengths(open_logs(tmp_path).runs["exp"], tmp_path) == expected


def test_real_event_files_give_their_texts_and_hyperparameters(tmp_path: Path) -> None:
    with LogWriter(tmp_path / "exp") as writer:
        writer.hparams({"dropout": 0.25, "optimizer": "adam"})
        writer.text("args/text_summary", '{"weight_decay": 0.1}')
        writer.scalar("train/loss", 1.0, 1)
    assert strengths(open_logs(tmp_path).runs["exp"], tmp_path) == {"dropout": 0.25, "weight_decay": 0.1}


@pytest.mark.parametrize("text", ["", "{", "null", "[1, 2]", "just words", "a: [1, 2", "\x00\ufffd", "[" * 5000])
def test_a_text_that_holds_no_settings_gives_none(text: str) -> None:
    assert from_text(text) == {}


def test_files_that_cannot_be_read_give_none(tmp_path: Path) -> None:
    (tmp_path / "args.yaml").mkdir()
    (tmp_path / "hparams.yaml").write_bytes(b"\xff\xfe dropout: 0.1")
    assert strengths(Run(".", {}), tmp_path) == {}


NESTED = "optimizer:\n  type: sgd\n  lr: 0.1\n  weight_decay: 0.01\nmodel:\n  dropout: 0.3\n"
FLAT = {"optim": "sgd", "optim_weight_decay": 0.01, "model_dropout": 0.3, "momentum": 0.9, "steps_per_epoch": 40}
WANDB = "wandb_version: 1\noptimizer:\n  desc: null\n  value: sgd\nweight_decay:\n  desc: null\n  value: 0.01\n" + (
    "model:\n  desc: null\n  value:\n    dropout: 0.3\n"
)
LAYOUTS = [
    ("exp/config.json", json.dumps(FLAT)),
    ("exp/args.json", json.dumps(FLAT)),
    ("exp/params.json", json.dumps({"optimizer": {"name": "SGD", "weight_decay": 0.01}, "net": {"p_dropout": 0.3}})),
    ("exp/training_args.json", json.dumps({"optim": "sgd", "weight_decay": 0.01, "hidden_dropout_prob": 0.3})),
    ("exp/hparams.json", json.dumps(FLAT)),
    ("exp/my_settings.json", json.dumps(FLAT)),
    ("exp/.hydra/config.yaml", "defaults:\n  - _self_\n" + NESTED),
    ("exp/config.yaml", NESTED),
    ("exp/config.yml", "optimizer: {type: sgd, weight_decay: 1e-2}\nmodel: {dropout: .3}\n"),
    ("exp/train_config.yaml", "optimizer: sgd\nweight_decay: 0.01\nmodel_dropout: 0.3\n"),
    ("exp/opt.yaml", "optimizer: SGD\nweight_decay: 0.01\ndropout: 0.3\nimgsz: [640, 640]\n"),
    ("exp/hyp.yaml", "optimizer: SGD\nlr0: 0.01\nweight_decay: 0.01\ndropout: 0.3  # segment\n"),
    ("exp/args.yaml", "optimizer: SGD\nweight_decay: 0.01\ndropout: 0.3\n"),
    ("exp/hparams.yaml", "device: !!python/object/apply:torch.device [cuda]\noptim: sgd\nwd: 0.01\ndropout: 0.3\n"),
    ("exp/config.yaml", "optimizer:\n  class_path: torch.optim.SGD\n  init_args:\n    weight_decay: 0.01\ndrop: 0.3\n"),
    ("exp/config.yaml", "opt:\n  _target_: torch.optim.SGD\n  weight_decay: 0.01\nmodel:\n  dropout: 0.3\n"),
    ("exp/config.toml", '[optimizer]\ntype = "sgd"\nweight_decay = 0.01\n\n[model]\ndropout = 0.3\n'),
    ("exp/args.txt", "Namespace(optimizer='sgd', betas=(0.9, 0.99), weight_decay=0.01, dropout=0.3, seed=None)"),
    ("exp/args.txt", "optimizer: sgd\nweight_decay: 0.01\ndropout: 0.3\n"),
    ("exp/args.txt", "{'optimizer': 'sgd', 'weight_decay': 0.01, 'dropout': 0.3, 'resume': None}"),
    ("exp/command.txt", "python train.py --optimizer sgd --weight-decay=0.01 --dropout 0.3 --amp\n"),
    ("exp/wandb/run-20240101_000000-abc/files/config.yaml", WANDB),
    ("config.json", json.dumps(FLAT)),
]


@pytest.mark.parametrize(("file", "text"), LAYOUTS)
def test_settings_are_found_in_every_usual_file(tmp_path: Path, file: str, text: str) -> None:
    write_run(tmp_path / "exp", {"train/loss": [2.0, 1.5, 1.0], "val/loss": [2.0, 1.5, 1.2]})
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(text)
    run = open_logs(tmp_path).runs["exp"]
    assert strengths(run, tmp_path) == {"dropout": 0.3, "weight_decay": 0.01}
    assert setup_of(run, tmp_path).optimizer == "sgd"


def test_momentum_and_steps_per_epoch_are_read_beside_the_log(tmp_path: Path) -> None:
    write_run(tmp_path / "exp", {"train/loss": [2.0, 1.5, 1.0], "val/loss": [2.0, 1.5, 1.2]})
    (tmp_path / "exp" / "args.json").write_text(json.dumps(FLAT))
    setup = setup_of(open_logs(tmp_path).runs["exp"], tmp_path)
    assert setup.momentum == 0.9
    assert setup.steps is not None
    assert setup.steps.tolist() == [40, 80, 120]


def test_the_settings_above_a_run_are_not_believed_over_its_own(tmp_path: Path) -> None:
    for run in ("exp", "other"):
        write_run(tmp_path / run, {"train/loss": [2.0, 1.5, 1.0]})
    (tmp_path / "config.json").write_text('{"dropout": 0.5}')
    (tmp_path / "exp" / "config.json").write_text('{"weight_decay": 0.1}')
    runs = open_logs(tmp_path).runs
    assert strengths(runs["exp"], tmp_path) == {"weight_decay": 0.1}
    assert strengths(runs["other"], tmp_path) == {"dropout": 0.5}


def test_the_settings_of_a_run_above_are_another_s(tmp_path: Path) -> None:
    write_run(tmp_path / "base", {"train/loss": [2.0, 1.5, 1.0], "val/loss": [2.0, 1.5, 1.0]})
    write_run(tmp_path / "base" / "again", {"train/loss": [2.0, 1.5, 1.0], "val/loss": [2.0, 1.5, 1.0]})
    (tmp_path / "base" / "config.json").write_text('{"dropout": 0.5}')
    assert strengths(open_logs(tmp_path).runs["base/again"], tmp_path) == {}


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("exp/dataset.json", '{"weight_decay": 0.1}'),
        ("exp/tokenizer_config.json", '{"dropout": 0.1}'),
        ("exp/config.py", "dropout = 0.1"),
        ("exp/notes.txt", "dropout: 0.1"),
        ("exp/config.yaml", "scheduler:\n  type: plateau\n  patience: 5\n"),
        (
            "exp/config.json",
            '{"attention_probs_dropout_prob": 0.1, "dropout": 1e400, "weight_decay": 1' + "0" * 400 + "}",
        ),
        ("exp/sub/other/config.json", '{"dropout": 0.1}'),
    ],
)
def test_what_is_no_setting_of_the_run_is_not_taken_for_one(tmp_path: Path, file: str, text: str) -> None:
    write_run(tmp_path / "exp", {"train/loss": [2.0, 1.5, 1.0]})
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(text)
    assert strengths(open_logs(tmp_path).runs["exp"], tmp_path) == {}


def test_settings_that_contradict_the_log_are_both_named(tmp_path: Path) -> None:
    with LogWriter(tmp_path / "exp") as writer:
        writer.hparams({"dropout": 0.25, "weight_decay": 0.1})
        writer.scalar("train/loss", 1.0, 1)
    (tmp_path / "exp" / "args.yaml").write_text("dropout: 0.5\nweight_decay: 1e-1\n")
    run = open_logs(tmp_path).runs["exp"]
    assert contradictions(run, tmp_path) == {"dropout": {"the logged hyperparameters": 0.25, "exp/args.yaml": 0.5}}
    assert contradictions_in_words(run, tmp_path) == [
        "dropout: 0.25 in the logged hyperparameters; 0.5 in exp/args.yaml. The first is used."
    ]
    (whole,) = open_logs(tmp_path / "exp").runs.values()
    (line,) = table.contradictions([(whole, diagnose_run(whole))], tmp_path / "exp")
    assert line.plain.startswith("exp: dropout: 0.25")


@pytest.mark.parametrize(
    ("logged", "setting", "both"),
    [
        ([0.125] * 3, 0.5, {"lr": {"what was logged": 0.125, "exp/config.json": 0.5}}),
        ([0.125] * 3, 0.125, {}),
        ([0.125, 0.0625, 0.03125], 0.5, {}),  # a schedule
        ([], 0.5, {}),
    ],
)
def test_a_learning_rate_that_contradicts_the_log_is_named(
    tmp_path: Path, logged: list[float], setting: float, both: dict[str, dict[str, float]]
) -> None:
    with LogWriter(tmp_path / "exp") as writer:
        writer.scalar("train/loss", 1.0, 1)
        for step, rate in enumerate(logged):
            writer.scalar("lr", rate, step)
    (tmp_path / "exp" / "config.json").write_text(json.dumps({"lr": setting, "scheduler": {"lr": 9}}))
    assert contradictions(open_logs(tmp_path).runs["exp"], tmp_path) == both


BOMB = "a0: &a0 {dropout: 0.1}\n" + "".join(
    f"a{i}: &a{i} {{{', '.join(f'b{j}: *a{i - 1}' for j in range(9))}}}\n" for i in range(1, 12)
)


@pytest.mark.parametrize("text", [BOMB, "[" * 100_000, "- " * 100_000, "a: &a [*a]", "a: &a {b: *a}", "x" * (2 << 20)])
def test_a_hostile_file_of_settings_costs_nothing(tmp_path: Path, text: str) -> None:
    write_run(tmp_path / "exp", {"train/loss": [2.0, 1.5, 1.0]})
    (tmp_path / "exp" / "config.yaml").write_text(text)
    os.mkfifo(tmp_path / "exp" / "args.yaml")
    assert strengths(open_logs(tmp_path).runs["exp"], tmp_path) in ({}, {"dropout": 0.1})
