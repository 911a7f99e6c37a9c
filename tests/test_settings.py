"""Settings: which strengths a run already has, from whatever its log folder says."""

import json
from pathlib import Path

import pytest

from diagnostics.logs import open_logs
from diagnostics.logs.matching.pairing import match
from diagnostics.logs.run import Run
from diagnostics.logs.settings import strengths
from tests.rows import epochs, rows
from tests.writers import LogWriter

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
