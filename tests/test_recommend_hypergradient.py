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


def logged(cosines, sizes=None):
    """What a log has for gradients of these cosines and sizes: the slope of the loss, and the cosine."""
    sizes = np.ones(POINTS) if sizes is None else sizes
    return {"hypergradient": -cosines * sizes, "cosine": cosines}


def decay(cosines=None, sizes=None, **known):
    known |= {} if cosines is None else logged(cosines, sizes)
    return {one.lever: one for one in recommend(diagnosis(), setup(**known))}


@pytest.mark.parametrize("known", [{}, {"lr": None}], ids=["a number", "a formula"])
def test_its_mean_since_the_best_point_is_evidence_of_the_decay_alone(known) -> None:
    found = decay(np.where(AFTER, 0.1, -0.9) + NOISE, **known)
    assert found["weight_decay"].evidence["hypergradient"] == pytest.approx(0.1 + NOISE[9:].mean())
    assert "hypergradient" not in found["dropout"].evidence
    assert HURTS not in found["weight_decay"].why


def test_it_never_changes_the_number_but_says_when_it_contradicts() -> None:
    plain, against = decay()["weight_decay"], decay(np.where(AFTER, -0.1, 0.9) + NOISE)["weight_decay"]
    assert HURTS in against.why
    evidence = {name: value for name, value in against.evidence.items() if name != "hypergradient"}
    assert replace(against, why=plain.why, evidence=evidence) == plain


def test_few_large_gradients_that_ask_for_decay_outweigh_many_small_ones_that_do_not() -> None:
    rare = np.arange(POINTS) % 4 == 0
    found = decay(np.where(rare, 0.3, -0.15), np.where(rare, 9.0, 1.0))["weight_decay"]
    assert np.mean(np.where(rare, 0.3, -0.15)[9:]) < 0 < found.evidence["hypergradient"]
    assert HURTS not in found.why


@pytest.mark.parametrize(
    "cosines",
    [NOISE - NOISE[9:].mean() - 1e-4, np.full(POINTS, np.nan), np.where(np.arange(POINTS) == 20, -0.5, np.nan)],
    ids=["noise about 0", "no numbers", "one number"],
)
def test_what_is_within_its_noise_contradicts_nothing(cosines) -> None:
    assert HURTS not in decay(cosines)["weight_decay"].why


def test_values_that_are_no_numbers_are_left_out() -> None:
    found = decay(np.where(np.arange(POINTS) % 2, np.nan, 0.2))["weight_decay"]
    assert found.evidence["hypergradient"] == pytest.approx(0.2)
    for nothing in (np.inf, 0.0):
        assert "hypergradient" not in decay(np.full(POINTS, nothing))["weight_decay"].evidence


def test_a_run_held_back_is_told_when_validation_asks_for_more() -> None:
    held = {"train_end": 1.49, "train_is_clean": True, "strengths": {"weight_decay": 1.0}}
    for cosine, says in ((0.1, True), (-0.1, False)):
        found = recommend(diagnosis(Verdict.HEALTHY), setup(**logged(cosine + NOISE), **held))
        (one,) = (one for one in found if one.lever == "weight_decay")
        assert ("says otherwise" in one.why) is says
        assert one.evidence["hypergradient"] == pytest.approx(cosine, abs=0.02)


def test_it_needs_a_value_for_each_point() -> None:
    with pytest.raises(SetupError, match="hypergradient has 3 values"):
        setup(hypergradient=np.zeros(3))


def test_it_is_read_from_the_log_of_a_real_training(tmp_path) -> None:
    config = Config(train_size=100, width=128, batch_size=50, lr=3e-3, epochs=40, hypergrad=True)
    values = trained(tmp_path / "run", config)
    (run,) = open_logs(tmp_path).runs.values()
    found = recommend(diagnose_run(run), setup_of(run, tmp_path))
    (one,) = (one for one in found if one.lever == "weight_decay")
    losses = [epoch["loss/val"] for epoch in values]
    onset = losses.index(min(losses))
    slopes = np.array([epoch["hypergrad/weight_decay"] for epoch in values])[onset:]
    assert one.evidence["hypergradient"] * slopes.sum() < 0
    assert -1 <= one.evidence["hypergradient"] <= 1
