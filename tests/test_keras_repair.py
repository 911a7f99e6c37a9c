"""A model of Keras goes back to the very weights and moments of its best epoch, and takes its dose at every place."""

import os

import numpy as np
import pytest
import torch

os.environ.setdefault("KERAS_BACKEND", "torch")
keras = pytest.importorskip("keras", reason="keras is not installed")
if keras.backend.backend() != "torch":
    pytest.skip("keras has another backend here", allow_module_level=True)

from fitwatch.keras import KerasLog, description  # noqa: E402
from fitwatch.keras_repair import KerasRepair, places  # noqa: E402
from trainer.errors import ConfigError  # noqa: E402

pytestmark = pytest.mark.filterwarnings("default")  # those of other people's packages are theirs
PLAN = {"epochs": 60, "steps_per_epoch": 4, "architecture": "mlp", "val_samples": None, "strengths": {}}


def compiled(*hidden, optimizer=None):
    torch.set_num_threads(1)
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((6,)), *hidden, keras.layers.Dense(1)])
    model.compile(optimizer or keras.optimizers.AdamW(0.01, weight_decay=0.0), loss="mse")
    return model


def train(model, epochs=1):
    x = np.random.default_rng(0).standard_normal((40, 6)).astype("float32")
    model.fit(x, x[:, :1], batch_size=10, epochs=epochs, verbose=0)


def overfitting(epoch):
    return 0.9**epoch, 0.5 + 0.8**epoch + 0.02 * max(0, epoch - 8)


def repaired(model):
    """The plan after it has gone back once, and the weights and moments that were there in each epoch."""
    repair, states = KerasRepair(model, **PLAN), {}
    for epoch in range(1, 61):
        train(model)
        states[epoch] = repair.state()
        if repair.epoch(epoch, *overfitting(epoch)):
            return repair, states
    raise AssertionError("it never went back")


def test_weights_and_moments_are_those_of_the_best_epoch_and_the_dose_is_set():
    dropout = keras.layers.Dropout(0.0)
    model = compiled(keras.layers.Dense(8, activation="relu"), keras.layers.BatchNormalization(), dropout)
    repair, states = repaired(model)
    assert repair.best["epoch"] == 11
    for now, best in zip(repair.state(), states[11], strict=True):
        for value, expected in zip(now, best, strict=True):
            np.testing.assert_array_equal(value, expected)
    assert (dropout.rate, model.optimizer.weight_decay > 0) == (0.2, True)
    assert "back to the weights of epoch 11, and on with dropout 0.2, weight decay" in repair.sentence
    train(model)  # a Dropout that was made with 0 has nothing to draw its numbers from
    assert any(not np.array_equal(a, b) for a, b in zip(repair.state()[0], states[11][0], strict=True))


@pytest.mark.parametrize("rate", [0.01, keras.optimizers.schedules.ExponentialDecay(0.01, 10, 0.9)])
def test_a_schedule_of_the_learning_rate_goes_on_from_where_it_is(rate):
    hidden = keras.layers.Dense(8), keras.layers.Dropout(0.1)
    model = compiled(*hidden, optimizer=keras.optimizers.Adam(rate))
    repair = KerasRepair(model, **PLAN)
    train(model)
    best = repair.state()
    train(model, 3)
    if isinstance(rate, float):
        model.optimizer.learning_rate = 0.005  # as ReduceLROnPlateau does
    before = repair.rate()
    repair.put_back(best, {"dropout": 0.3, "weight_decay": 0.2})
    assert repair.rate() == before < 0.01
    assert model.optimizer.weight_decay == 0.2


def test_dropout_is_found_in_recurrent_cells_and_of_whole_feature_maps():
    layers = keras.layers
    model = compiled(layers.Reshape((6, 1)), layers.LSTM(4, dropout=0.1), layers.Dense(4), layers.Dropout(0.2))
    assert [getattr(layer, name) for layer, name in places(model, "dropout")] == [0.1, 0.2]
    assert not list(places(model, "spatial_dropout"))
    model = compiled(layers.Reshape((6, 1)), layers.Conv1D(4, 3), layers.SpatialDropout1D(0.3), layers.Flatten())
    assert [getattr(layer, name) for layer, name in places(model, "spatial_dropout")] == [0.3]
    assert not list(places(model, "dropout"))


@pytest.mark.parametrize(
    ("hidden", "kind"),
    [
        (lambda: (keras.layers.Reshape((6, 1)), keras.layers.Bidirectional(keras.layers.GRU(4))), "recurrent"),
        (lambda: (keras.layers.Reshape((6, 1)), keras.layers.Conv1D(4, 3), keras.layers.Flatten()), "cnn"),
        (lambda: (keras.layers.Dense(4),), "mlp"),
    ],
)
def test_the_kind_of_network_is_told_by_its_layers(hidden, kind):
    assert description(compiled(*hidden()))["architecture"] == kind


def test_what_takes_no_dose_is_refused_with_a_way_out(monkeypatch):
    with pytest.raises(ConfigError, match=r"no keras\.layers\.Dropout to set; put Dropout\(0\.0\)"):
        KerasRepair(compiled(keras.layers.Dense(4)), **PLAN)
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ConfigError, match=r'backend jax; .* set KERAS_BACKEND="torch", or leave out repair=True'):
        KerasRepair(compiled(keras.layers.Dropout(0.1)), **PLAN)


def test_an_epoch_of_unknown_length_is_refused_before_a_log_is_begun(tmp_path):
    model = compiled(keras.layers.Dropout(0.1))
    batches = ((np.ones((4, 6), "float32"), np.ones((4, 1), "float32")) for _ in range(9))
    with pytest.raises(ConfigError, match=r"give model\.fit steps_per_epoch"):
        model.fit(batches, shuffle=False, verbose=0, callbacks=[KerasLog(tmp_path / "run", repair=True)])
    assert not (tmp_path / "run").exists()
