"""Every place for dropout that real models have is set by the snippet, and what is left is listed with a reason."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from diagnostics import recommend
from diagnostics.recommend.snippets import FRAMEWORKS, has_code, snippet, snippets_of
from tests.overfitting import diagnosis, setup

torch.set_num_threads(1)
pytestmark = pytest.mark.filterwarnings("default")  # those of other people's packages are theirs


def execute(framework: str, strengths: dict[str, float], **yours: Any) -> dict[str, Any]:
    """The names after the snippet has run."""
    exec(compile(snippet(framework, strengths), f"<{framework} {strengths}>", "exec"), yours)
    return yours


def dropped(model: nn.Module, strength: float = 0.25, lever: str = "dropout") -> dict[str, Any]:
    return execute("pytorch", {lever: strength}, model=model)


def differs(model: nn.Module, *inputs: torch.Tensor) -> bool:
    """Does it drop something in training?"""
    outputs = [model.train()(*inputs) for _ in range(2)]
    first, second = (output[0] if isinstance(output, tuple) else output for output in outputs)
    return not torch.equal(first, second)


def test_an_lstm_of_several_layers_drops_between_them() -> None:
    model = nn.LSTM(3, 8, num_layers=2)
    names = dropped(model)
    assert model.dropout == 0.25
    assert names["done"] == {".dropout (LSTM)": "0 -> 0.25"}
    assert differs(model, torch.rand(5, 2, 3))


def test_a_single_recurrent_layer_is_left_and_named(capsys) -> None:
    model = nn.ModuleDict({"cells": nn.GRU(3, 8), "head": nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 2))})
    names = dropped(model)
    assert model["cells"].dropout == 0
    assert names["left"] == {"cells.dropout (GRU)": "drops between recurrent layers, and this has one"}
    assert names["done"] == {"head.1": "new nn.Dropout(0.25) after it"}
    assert "cells.dropout (GRU): drops between recurrent layers" in capsys.readouterr().out


def test_attention_and_all_layers_of_a_transformer_are_set() -> None:
    model = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True), 2)
    names = dropped(model)
    assert {layer.self_attn.dropout for layer in model.layers} == {0.25}
    assert {module.p for module in model.modules() if isinstance(module, nn.Dropout)} == {0.25}
    assert len(names["done"]) == 2 * 4
    assert names["left"] == {}
    assert differs(model, torch.rand(2, 5, 8))


class Functional(nn.Module):
    """Calls dropout as a function, with a rate that it keeps."""

    def __init__(self) -> None:
        super().__init__()
        self.attention_dropout, self.num_drops, self.drop_path_rate = 0.0, 3, 0.1

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.dropout(x, self.attention_dropout, self.training)


class Fixed(nn.Module):
    """Calls dropout as a function, with a rate that nobody can reach."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.dropout(x, 0.5, self.training)


def test_a_rate_that_a_module_keeps_is_set_and_a_rate_in_its_code_is_named() -> None:
    model = nn.Sequential(nn.Linear(8, 8), Functional(), Fixed(), nn.Dropout2d(0.1))
    names = dropped(model)
    assert model[1].attention_dropout == 0.25
    assert (model[1].num_drops, model[1].drop_path_rate, model[3].p) == (3, 0.1, 0.1)
    assert names["done"] == {"1.attention_dropout (Functional)": "0 -> 0.25"}
    assert names["left"] == {
        "1.num_drops (Functional)": "not known to be a rate of dropout",
        "1.drop_path_rate (Functional)": "drops whole branches, as drop_path does",
        "2 (Fixed)": "its forward() calls dropout with a rate of its own: change it there",
        "3.p (Dropout2d)": "drops whole feature maps, as spatial_dropout does",
    }
    assert differs(model[:2], torch.rand(4, 8))


def test_a_network_s_last_activation_is_not_dropped() -> None:
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2), nn.Tanh())
    assert dropped(model)["done"] == {".1": "new nn.Dropout(0.25) after it"}


def test_dropout_of_feature_maps_is_set_where_it_is_off_and_single_activations_are_left() -> None:
    model = nn.Sequential(nn.Sequential(nn.Conv2d(3, 4, 3), nn.Dropout2d(0.0)), nn.Dropout(0.5))
    names = dropped(model, 0.1, "spatial_dropout")
    assert (model[0][1].p, model[1].p) == (0.1, 0.5)
    assert names["left"] == {"1 (Dropout)": "drops single activations, as dropout does"}


class BranchDropPath(nn.Module):
    """As timm and transformers have it."""

    def __init__(self) -> None:
        super().__init__()
        self.drop_prob: float | None = None


def test_drop_path_that_is_there_rises_from_block_to_block() -> None:
    model = nn.Sequential(*(BranchDropPath() for _ in range(4)))
    names = dropped(model, 0.2, "drop_path")
    assert [module.drop_prob for module in model] == pytest.approx([0.05, 0.1, 0.15, 0.2])
    assert names["done"]["3"] == "0 -> 0.2"


SMALL = {"hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 8, "vocab_size": 11}
MODELS = {
    "BertModel": ("BertConfig", SMALL | {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}),
    "GPT2LMHeadModel": ("GPT2Config", {"n_embd": 8, "n_layer": 2, "n_head": 2, "vocab_size": 11, "resid_pdrop": 0.0}),
    "LlamaForCausalLM": ("LlamaConfig", SMALL),
    "BartForSequenceClassification": (
        "BartConfig",
        {"d_model": 8, "encoder_layers": 1, "decoder_layers": 1, "vocab_size": 11, "dropout": 0.0}
        | dict.fromkeys(("encoder_ffn_dim", "decoder_ffn_dim"), 8)
        | dict.fromkeys(("encoder_attention_heads", "decoder_attention_heads"), 2),
    ),
    "T5ForConditionalGeneration": (
        "T5Config",
        {"d_model": 8, "d_kv": 4, "d_ff": 8, "num_layers": 1, "num_heads": 2, "vocab_size": 11, "dropout_rate": 0.0},
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_models_of_transformers_are_set_with_their_configuration(name: str) -> None:
    hf = pytest.importorskip("transformers", reason="transformers is not installed")
    config, options = MODELS[name]
    model = getattr(hf, name)(getattr(hf, config)(**options))
    code = snippet("transformers", {"dropout": 0.25}).split("\narguments =")[0]
    names = {"model": model}
    exec(compile(code, name, "exec"), names)
    assert {module.p for module in model.modules() if isinstance(module, nn.Dropout)} <= {0.25}
    rates = {
        key: value for key, value in vars(model.config).items() if key.endswith(("dropout", "pdrop", "dropout_prob"))
    }
    assert {value for key, value in rates.items() if value is not None and "layer" not in key} == {0.25}
    tokens = torch.arange(1, 6)[None]
    extra = {"decoder_input_ids": tokens} if name.startswith("T5") else {}
    outputs = [model.train()(input_ids=tokens, **extra)[0] for _ in range(2)]
    assert not torch.equal(*outputs)
    assert torch.equal(*(model.eval()(input_ids=tokens, **extra)[0] for _ in range(2)))
    assert "encoder_layerdrop" in " ".join(names["left"]) or "Bart" not in name


@pytest.fixture
def keras(monkeypatch: pytest.MonkeyPatch) -> Any:
    if "keras" not in sys.modules:
        monkeypatch.setenv("KERAS_BACKEND", "torch")
    return pytest.importorskip("keras", reason="keras is not installed")


def in_keras(keras: Any, model: Any, lever: str = "dropout") -> dict[str, Any]:
    code = snippet("keras", {lever: 0.25}).split("\nmodel.compile")[0]
    names = {"model": model}
    exec(compile(code, "keras", "exec"), names)
    return names


def test_keras_layers_that_are_off_nested_or_inside_of_others_are_set(keras: Any) -> None:
    class Block(keras.layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.dense, self.drop = keras.layers.Dense(8), keras.layers.Dropout(0.0)
            self.attention, self.drop_rate = keras.layers.MultiHeadAttention(2, 4), 0.1

        def call(self, x: Any, training: bool | None = None) -> Any:
            y = self.drop(self.dense(x), training=training)
            return self.attention(y, y, training=training)

    inputs = keras.Input((5, 3))
    x = keras.layers.LSTM(6)(keras.layers.GaussianDropout(0.1)(Block()(inputs)))
    inner = keras.Model(inputs, keras.layers.Dense(2)(keras.layers.Dropout(0.0)(x)))
    model = keras.Sequential([keras.Input((5, 3)), inner])
    names = in_keras(keras, model)
    changes = {place.rpartition("/")[2].split(" ")[-1]: change for place, change in names["done"].items()}
    assert set(changes) == {"(Dropout)", "(Block)", "(MultiHeadAttention)", "(LSTMCell)"}
    assert len(names["done"]) == 6, "three of Dropout: of the model, of the block and of its attention"
    assert {place.split(" ")[-1]: why for place, why in names["left"].items()} == {
        "(GaussianDropout)": "another kind of dropout",
        "(LSTMCell)": "another kind of dropout",
    }
    x, y = np.random.default_rng(0).random((4, 5, 3), "float32"), np.zeros((4, 2))
    model.compile("adam", "mse")
    model.fit(x, y, verbose=0)
    first, second = (keras.ops.convert_to_numpy(model(x, training=True)) for _ in range(2))
    assert not np.allclose(first, second)


@pytest.mark.parametrize("lever", ["dropout", "spatial_dropout"])
def test_new_keras_layers_keep_the_weights(keras: Any, lever: str) -> None:
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((8, 8, 3)), layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(6), layers.Dense(2)]
    )
    x = np.random.default_rng(0).random((4, 8, 8, 3), "float32")
    names = in_keras(keras, model, lever)
    assert len(names["done"]) == 1
    assert names["model"] is not model
    assert np.allclose(names["model"].predict(x, verbose=0), model.predict(x, verbose=0), atol=1e-6)


def test_a_keras_model_that_cannot_be_reached_is_said(keras: Any) -> None:
    class Own(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = keras.layers.Dense(2)

    with pytest.raises(AssertionError, match="to the layers that your call"):
        in_keras(keras, Own())


def calibrated(folder: Path) -> None:
    (folder / "calibration.json").write_text(json.dumps({"temperature": 2.0}))


@pytest.mark.parametrize("framework", ["pytorch", "lightning"])
def test_the_temperature_of_the_file_divides_the_logits(framework: str, tmp_path: Path) -> None:
    calibrated(tmp_path)
    model, x = nn.Sequential(nn.Linear(4, 3), nn.Dropout(0.5)), torch.rand(5, 4)
    names = execute(framework, {"temperature": 1.7}, model=model, run=tmp_path)
    assert torch.allclose(names["probabilities"](x), torch.softmax(model[0](x) / 2, 1))


def test_the_temperature_of_a_model_of_transformers(tmp_path: Path) -> None:
    hf = pytest.importorskip("transformers", reason="transformers is not installed")
    calibrated(tmp_path)
    model = hf.BertForSequenceClassification(hf.BertConfig(**SMALL))
    names = execute("transformers", {"temperature": 1.7}, model=model, run=tmp_path)
    tokens = torch.arange(1, 6)[None]
    expected = torch.softmax(model.eval()(input_ids=tokens).logits / 2, -1)
    assert torch.allclose(names["probabilities"](input_ids=tokens), expected)


@pytest.mark.parametrize("from_logits", [True, False])
def test_the_temperature_of_a_keras_model_with_a_softmax_or_without(
    keras: Any, from_logits: bool, tmp_path: Path
) -> None:
    calibrated(tmp_path)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    x = np.random.default_rng(0).random((5, 4), "float32")
    logits = torch.tensor(model.predict(x, verbose=0))
    if not from_logits:
        model.add(keras.layers.Softmax())
    names = execute("keras", {"temperature": 1.7}, model=model, run=tmp_path, from_logits=from_logits)
    assert np.allclose(names["probabilities"](x), torch.softmax(logits / 2, 1), atol=1e-6)


def test_code_for_a_temperature_alone_trains_nothing() -> None:
    for framework in FRAMEWORKS:
        code = snippet(framework, {"temperature": 1.7})
        assert "calibration.json" in code
        assert "fit(" not in code
        assert "train" not in code.replace("after training", "").replace("trained", "")


def test_a_known_temperature_has_code_beside_that_of_the_dose() -> None:
    values = np.full(len(setup().val), 1.7)
    advice = recommend(diagnosis(), setup(temperature=values, val_scaled=0.8 * setup().val.values))
    assert advice[0].lever == "temperature"
    assert has_code(advice[0])
    code = snippets_of(advice)["pytorch"]
    assert code.index("set_dropout") < code.index("calibration.json")
