"""What validation's gradient adds to the advice on weight decay: evidence and a warning, never another number."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from diagnostics import Verdict, diagnose_run, open_logs, recommend, setup_of
from diagnostics.recommend import SetupError
from tests.overfitting import POINTS, diagnosis, setup
from tests.trained import trained
from trainer.config import Config

torch.set_num_threads(1)
NOISE = np.random.default_rng(0).normal(0, 0.02, POINTS)
AFTER = np.arange(POINTS) >= 9  # t* of tests.overfitting
HURTS = "more decay would hurt"


def decay(cosines=None, **known):
    found = recommend(diagnosis(), setup(hypergradient=cosines, **known))
    return {one.lever: one for one in found}


@pytest.mark.parametrize("known", [{}, {"lr": None}], ids=["a number", "a formula"])
def test_its_mean_since_the_best_point_is_evidence_of_the_decay_alone(known) -> None:
    found = decay(np.where(AFTER, 0.1, -5.0) + NOISE, **known)
    assert found["weight_decay"].evidence["hypergradient"] == pytest.approx(0.1 + NOISE[9:].mean())
    assert "hypergradient" not in found["dropout"].evidence
    assert HURTS not in found["weight_decay"].why


def test_it_never_changes_the_number_but_says_when_it_contradicts() -> None:
    plain, against = decay()["weight_decay"], decay(np.where(AFTER, -0.1, 5.0) + NOISE)["weight_decay"]
    assert HURTS in against.why
    evidence = {name: value for name, value in against.evidence.items() if name != "hypergradient"}
    assert replace(against, why=plain.why, evidence=evidence) == plain


@pytest.mark.parametrize(
    "cosines",
    [NOISE - NOISE[9:].mean() - 1e-4, np.full(POINTS, np.nan), np.where(np.arange(POINTS) == 20, -0.5, np.nan)],
    ids=["noise about 0", "no numbers", "one number"],
)
def test_what_is_within_its_noise_contradicts_nothing(cosines) -> None:
    assert HURTS not in decay(cosines)["weight_decay"].why


def test_values_that_are_no_numbers_are_left_out() -> None:
    assert decay(np.where(np.arange(POINTS) % 2, np.nan, 0.2))["weight_decay"].evidence["hypergradient"] == pytest.approx(0.2)
    assert "hypergradient" not in decay(np.full(POINTS, np.inf))["weight_decay"].evidence


def test_a_run_held_back_is_told_when_validation_asks_for_more() -> None:
    held = {"train_end": 1.49, "train_is_clean": True, "strengths": {"weight_decay": 1.0}}
    for cosine, says in ((0.1, True), (-0.1, False)):
        found = recommend(diagnosis(Verdict.HEALTHY), setup(hypergradient=cosine + NOISE, **held))
        (one,) = (one for one in found if one.lever == "weight_decay")
        assert ("says otherwise" in one.why) is says
        assert one.evidence["hypergradient"] == pytest.approx(cosine, abs=0.02)


def test_it_needs_a_value_for_each_point() -> None:
    with pytest.raises(SetupError, match="hypergradient has 3 values"):
        setup(hypergradient=np.zeros(3))


def test_it_is_read_from_the_log_of_a_real_training_and_asks_an_overfitting_run_for_more(tmp_path) -> None:
    config = Config(train_size=100, label_noise=0.2, width=128, batch_size=50, lr=3e-3, epochs=40, hypergrad=True)
    trained(tmp_path / "run", config)
    (run,) = open_logs(tmp_path).runs.values()
    found = recommend(diagnose_run(run), setup_of(run, tmp_path))
    (one,) = (one for one in found if one.lever == "weight_decay")
    assert 0 < one.evidence["hypergradient"] <= 1
