"""Canaries: training samples with random labels, whose accuracy tells when memorization begins."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from diagnostics import diagnose_run, open_logs
from tests.trained import trained
from trainer.config import Config
from trainer.data import load
from trainer.data.samples import DataError

torch.set_num_threads(1)
PLAIN = Config(train_size=400, canary=0.05)


@pytest.fixture(autouse=True)
def _own_signals(monkeypatch):
    monkeypatch.setattr("signal.signal", lambda *_: None)


def test_that_share_of_the_training_labels_is_random_and_nothing_else_changes():
    with_canaries, without = load(replace(PLAIN, canary=0.25)), load(replace(PLAIN, canary=0.0))
    assert with_canaries.canary.sum() == 100
    changed = with_canaries.train.y != without.train.y
    assert not (changed & ~with_canaries.canary).any()
    assert 75 <= changed.sum() < 100  # a tenth of the random labels is right by chance
    np.testing.assert_array_equal(with_canaries.train.x, without.train.x)
    np.testing.assert_array_equal(with_canaries.val.y, without.val.y)


def test_a_random_label_is_each_class_as_often():
    splits = load(Config(canary=0.4))
    counts = np.bincount(splits.canaries().y, minlength=10)
    expected = splits.canary.sum() / 10
    assert (abs(counts - expected) < 4 * expected**0.5).all()


def test_the_clean_subset_has_no_canary_and_is_as_large_as_validation():
    splits = load(Config(canary=0.1))
    assert len(splits.clean().y) == len(splits.val.y)
    rows = np.concatenate([splits.clean().x, splits.canaries().x]).reshape(-1, 64)
    assert len(np.unique(rows, axis=0)) == len(rows)


def test_label_noise_takes_its_share_of_the_other_samples():
    noisy = load(replace(PLAIN, canary=0.1, label_noise=0.2))
    plain = load(replace(PLAIN, canary=0.1))
    changed = noisy.train.y != plain.train.y
    assert changed.sum() == 72
    assert not (changed & noisy.canary).any()


def test_the_seed_decides_the_canaries():
    assert (load(PLAIN).canary == load(PLAIN).canary).all()
    assert (load(PLAIN).canary != load(replace(PLAIN, seed=1)).canary).any()


def test_too_few_canaries_are_refused_with_the_share_that_is_enough():
    with pytest.raises(DataError, match=r"which is 4 of 400 training samples; .* raise it to 0.013 or more"):
        load(replace(PLAIN, canary=0.01))
    assert load(replace(PLAIN, canary=0.013)).canary.sum() == 5


def test_accuracy_on_canaries_rises_above_chance_when_a_network_memorizes(tmp_path):
    epochs = trained(tmp_path / "run", replace(PLAIN, epochs=60, width=256, lr=3e-3, threads=1))
    canary = [values["accuracy/canary"] for values in epochs]
    assert canary[0] < 0.3
    assert canary[-1] > 0.9
    generalized = next(n for n, values in enumerate(epochs) if values["accuracy/val"] > 0.8)
    memorized = next(n for n, values in enumerate(epochs) if values["accuracy/canary"] > 0.5)
    assert generalized < memorized
    found = diagnose_run(open_logs(tmp_path / "run").runs["."])
    assert "memorizing" in found.notes
    assert generalized < found.signals["memorizing_since"] <= memorized + 5
    assert "loss/canary" not in epochs[-1]


def test_without_canaries_none_are_logged(tmp_path):
    epochs = trained(tmp_path / "run", Config(train_size=60, width=4, epochs=1))
    assert "accuracy/canary" not in epochs[0]
