"""The benchmark of real trials: what it counts as better, and that one configuration runs through."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.benchmarks import real_trials
from tests.benchmarks.real_trials import Calibrated, Pair, Result, report
from trainer.config import Config

RUN = Calibrated(val=1.0, val_held_out=0.9, test=1.0, test_scaled=0.8, helps=True)


def test_a_temperature_is_used_only_where_it_helps_on_samples_it_was_not_fitted_on() -> None:
    assert RUN.test_used == 0.8
    assert RUN._replace(helps=False).test_used == 1.0


def test_each_part_of_a_gain_is_measured_on_test_data_beside_its_own_base() -> None:
    pair = Pair(RUN, RUN._replace(val=0.95, val_held_out=0.85, test=0.9, test_scaled=0.6))
    assert np.exp([pair.dose, pair.advised, pair.kept, pair.beyond_temperature]) == pytest.approx([0.9, 0.6, 0.6, 0.75])
    worse = Pair(RUN, Calibrated(1.2, 1.3, 1.1, 1.2, helps=False))
    assert np.exp([worse.dose, worse.advised, worse.kept]) == pytest.approx([1.1, 1.1, 0.8])


def test_the_table_counts_words_that_the_test_set_bears_out() -> None:
    better, worse = Pair(RUN, RUN._replace(test=0.9)), Pair(RUN, RUN._replace(test=1.1))
    result = Result("overfitting", "dropout 0.1", ("confirmed", "confirmed"), "confirmed", None, (better, worse), 2.0)
    text = report([("digits, a", result), ("cancer, b", Result("improving", "epochs 80"))])
    assert "| digits | 2 of 2, 1 | 0 of 2, 0 | 0 | 1 of 1, 1 | 0 of 1, 0 |" in text
    assert "Not tried, because no dose is prescribed: cancer, b (improving)." in text


def test_a_configuration_is_trained_tried_with_all_seeds_and_kept(tmp_path: Path, monkeypatch, capsys) -> None:
    torch.set_num_threads(1)
    monkeypatch.setattr(real_trials, "SEEDS", 2)
    quick = Config(train_size=100, width=64, batch_size=20, lr=3e-3, epochs=30, threads=1)
    monkeypatch.setattr(real_trials, "CONFIGS", {"digits, quick": quick})
    monkeypatch.setattr(real_trials, "draw_images", lambda folder: folder)
    for _ in range(2):
        assert real_trials.main(["--cache", str(tmp_path)]) == 0
        assert "| digits, quick | weight_decay" in capsys.readouterr().out
    kept = json.loads((tmp_path / "digits,_quick.json").read_text())
    assert len(kept["pairs"]) == len(kept["words"]) == 2
    assert not (tmp_path / "work").exists()
