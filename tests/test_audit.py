"""The audit speaks when a regularizer is not really on, and is silent when it is."""

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.optim import SGD, Adam, AdamW

from trainer.audit import audit
from trainer.models import cnn, vit
from trainer.regularizers import make

torch.set_num_threads(1)


def network():
    return nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4), nn.Dropout(0.0), nn.Linear(4, 2))


def audited(settings, *, model=None, optimizer=Adam, lr=1e-2, epochs=10, steps=100, **options):
    """What the audit says of a training put together as the trainer does it."""
    model = network() if model is None else model
    regularizers = make(settings)
    model = regularizers.build(model)
    groups = regularizers.parameter_groups([{"params": list(model.parameters())}], optimizer)
    descent = optimizer(groups, lr=lr, weight_decay=0.0, **options)
    return audit(model, descent, regularizers, steps_per_epoch=steps, epochs=epochs)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"dropout": {"p": 0.2}},
        {"weight_decay": {"weight_decay": 0.1}},
        {"weight_decay": {"weight_decay": 0.1, "norms": True, "biases": True}},
        {"dropconnect": {}, "ema": {}, "l1": {}, "early_stopping": {}, "mixup": {}},
    ],
)
def test_what_is_on_is_not_talked_about(settings):
    assert audited(settings) == []


def test_every_dropout_of_the_networks_here_is_on():
    assert audited({"dropout": {}, "spatial_dropout": {}, "drop_path": {}}, model=cnn.build((1, 8, 8), 2)) == []
    assert audited({"dropout": {}, "drop_path": {}}, model=vit.build((1, 8, 8), 2)) == []


def test_a_dropout_that_the_model_ignores_is_a_warning():
    (warning,) = audited({"dropout": {"p": 0.2}}, model=nn.Sequential(nn.Linear(4, 2)))
    assert "dropout is on, but the model has no nn.Dropout" in warning


def test_a_dropout_that_something_has_set_back_is_a_warning():
    model, regularizers = network(), make({"dropout": {"p": 0.2}})
    regularizers.build(model)
    model[2].p = 0.0
    (warning,) = audit(model, Adam(model.parameters()), regularizers, steps_per_epoch=1, epochs=1)
    assert "probability 0" in warning


@pytest.mark.parametrize("module", [nn.LSTM(4, 4, 2), nn.MultiheadAttention(4, 2)])
def test_dropout_inside_torchs_own_layers_counts(module):
    assert audited({"dropout": {"p": 0.2}}, model=nn.Sequential(module)) == []


def test_decay_of_norms_biases_and_embeddings_is_a_warning_with_their_number():
    model = nn.Sequential(nn.Embedding(5, 4), *network())
    (warning,) = audit(model, AdamW(model.parameters(), weight_decay=0.1), make({}), steps_per_epoch=1, epochs=1)
    assert all(part in warning for part in ("1 embeddings", "2 biases", "2 norms"))


def test_decay_that_was_asked_of_norms_is_no_leak_but_of_biases_is():
    model, regularizers = network(), make({"weight_decay": {"weight_decay": 0.1, "norms": True}})
    regularizers.build(model)
    optimizer = AdamW(model.parameters(), lr=0.1, weight_decay=0.1)
    (warning,) = audit(model, optimizer, regularizers, steps_per_epoch=100, epochs=1)
    assert "2 biases" in warning
    assert "norms" not in warning


@pytest.mark.parametrize(
    ("kind", "optimizer", "warns"),
    [("coupled", Adam, True), ("coupled", AdamW, True), ("coupled", SGD, False), ("decoupled", Adam, False)],
)
def test_coupled_decay_under_adam_is_not_taken_for_adamws(kind, optimizer, warns):
    found = audited({"weight_decay": {"weight_decay": 0.1, "kind": kind}}, optimizer=optimizer)
    assert any("not AdamW's" in warning for warning in found) == warns


@pytest.mark.parametrize(("decoupled", "warns"), [(False, True), (True, False)])
def test_adams_own_weight_decay_is_recognized(decoupled, warns):
    model = nn.Sequential(nn.Linear(2, 2, bias=False))
    optimizer = Adam(model.parameters(), weight_decay=0.1, decoupled_weight_decay=decoupled)
    assert bool(audit(model, optimizer, make({}), steps_per_epoch=1, epochs=1)) == warns


@pytest.mark.parametrize(
    ("weight_decay", "momentum", "finding"),
    [
        (0.1, 0.0, None),
        (1.0, 0.0, None),
        (
            0.009,
            0.0,
            "lets past updates fade over 111 epochs, this run has 10: it hardly does anything; 0.1 over one run",
        ),
        (0.009, 0.9, None),
        (11.0, 0.0, "lets past updates fade within 0.091 epochs; 1 over one epoch"),
    ],
)
def test_a_decay_far_slower_than_the_run_or_faster_than_an_epoch_is_a_warning(weight_decay, momentum, finding):
    settings = {"weight_decay": {"weight_decay": weight_decay, "kind": "sgd"}}
    found = audited(settings, optimizer=SGD, momentum=momentum)
    assert found == [] if finding is None else finding in found[0]


def test_a_functional_dropout_is_none_that_a_setting_reaches():
    class Own(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(4, 2)

        def forward(self, x):
            return functional.dropout(self.layer(x), 0.1, self.training)

    assert "has no nn.Dropout" in audited({"dropout": {"p": 0.2}}, model=Own())[0]
