"""Which kind of network a log says it trained, in the many ways that programs say it."""

import json

import pytest

from diagnostics.logs.run import Run
from diagnostics.recommend import setup_of
from tests.test_recommend_reading import NOWHERE


def of(settings: dict[str, object]) -> str | None:
    return setup_of(Run("exp", {}, texts={"config": json.dumps(settings)}), NOWHERE).architecture


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"model": "resnet50"}, "cnn"),
        ({"arch": "efficientnet_b0"}, "cnn"),
        ({"backbone": "convnext_tiny"}, "cnn"),
        ({"model": "vit_base_patch16_224"}, "vit"),
        ({"model": {"name": "ViT"}, "architecture": "deit"}, "vit"),
        ({"model_type": "bert"}, "transformer"),
        ({"architectures": ["GPT2LMHeadModel"], "num_train_epochs": 3.0}, "transformer"),
        ({"architectures": ["GPT2LMHeadModel"], "num_train_epochs": 1.0}, "language_model_pretraining"),
        ({"architectures": ["LlamaForCausalLM"], "num_train_epochs": 1, "_name_or_path": "x/llama"}, "fine_tuning"),
        ({"architectures": ["ViTForImageClassification"]}, "vit"),
        ({"architectures": ["BertForSequenceClassification"], "_name_or_path": "bert-base-uncased"}, "fine_tuning"),
        ({"architectures": ["BertForSequenceClassification"], "_name_or_path": ""}, "transformer"),
        ({"model": "mlp"}, "mlp"),
        ({"model": "mlp", "init_from": "runs/other"}, "fine_tuning"),
        ({"model": "mlp", "init_from": None}, "mlp"),
        *(({"model": "mlp", "init_from": start}, "mlp") for start in ("scratch", "random", "resume")),
        ({"init_from": "scratch", "n_layer": 6, "n_head": 6, "n_embd": 384}, "transformer"),
        ({"init_from": "gpt2-xl", "n_head": 25}, "fine_tuning"),
        ({"model_type": "llama", "lora_r": 8}, "fine_tuning"),
        ({"model_type": "llama", "lora_r": 0}, "transformer"),
        ({"d_model": 64, "nhead": 4, "patch_size": 8}, None),
        ({"model": "ours", "num_heads": 4}, None),
        ({"num_heads": 0}, None),
        ({"model": "resnet18", "pretrained": True}, "fine_tuning"),
        ({"model": "resnet18", "pretrained": False}, "cnn"),
        ({"model": "yolov8n.pt"}, "fine_tuning"),
        ({"model": "yolov8n.yaml", "pretrained": True}, "cnn"),
        *(
            ({"model": name}, "recurrent")
            for name in ("biLSTM", "bi-gru", "CharRNN", "GRUNet", "rnn", "seq_rnn", "CRNN")
        ),
        *(({"model": name}, None) for name in ("LearnNet", "congruent", "turn_net", "LinearNN")),
        ({"model": "fasterrcnn_resnet50_fpn"}, "cnn"),
        ({"model": "ours"}, None),
        ({"model": "evaluator", "dataset": "vitamins"}, None),
        ({}, None),
    ],
)
def test_a_network_has_many_names(settings: dict[str, object], expected: str | None) -> None:
    assert of(settings) == expected


def test_a_person_is_believed_over_every_name() -> None:
    from diagnostics import GivenSetup

    run = Run("exp", {}, hparams={"model": "resnet50"})
    assert setup_of(run, NOWHERE, GivenSetup(architecture="vit")).architecture == "vit"
