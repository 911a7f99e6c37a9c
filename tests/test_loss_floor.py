import math

import numpy as np
import pytest
import torch
from torch import nn

from diagnostics.signals.floors import label_smoothing_floor, mixup_floor
from trainer.measure.loss_floor import loss_floor
from trainer.regularizers import make

torch.set_num_threads(1)
N, CLASSES = 1000, 10
IMAGES, TARGETS = torch.rand(N, 1, 8, 8), torch.arange(N) % CLASSES


def floor(settings, n=N):
    return loss_floor(make(settings), IMAGES[:n], TARGETS[:n], classes=CLASSES)


def test_without_smoothing_or_mixing_the_loss_may_be_nothing():
    assert floor({"dropout": {}}).mean == 0
    assert floor({}).finding(0.0, steps=100) is None


@pytest.mark.parametrize("smoothing", [0.1, 0.3])
def test_smoothing_alone_has_the_entropy_of_its_target(smoothing):
    assert floor({"label_smoothing": {"smoothing": smoothing}}).mean == pytest.approx(
        label_smoothing_floor(smoothing, CLASSES)
    )


@pytest.mark.parametrize("alpha", [0.2, 0.8])
def test_mixup_has_the_entropy_of_lam_where_the_classes_differ(alpha):
    not_itself = 1 - 1 / N
    assert floor({"mixup": {"alpha": alpha}}).mean == pytest.approx(not_itself * mixup_floor(alpha, CLASSES), rel=0.05)


@pytest.mark.parametrize(
    "settings",
    [
        {"mixup": {"alpha": 0.8}},
        {"cutmix": {"alpha": 1.0}},
        {"mixup": {"alpha": 0.8}, "cutmix": {"alpha": 1.0}, "label_smoothing": {"smoothing": 0.1}},
    ],
)
def test_outputs_that_know_the_targets_reach_the_floor_and_not_less(settings):
    regularizers, rng, n = make(settings), np.random.default_rng(1), 50
    criterion, losses = regularizers.criterion(nn.CrossEntropyLoss()), []
    smoothing = settings.get("label_smoothing", {}).get("smoothing", 0.0)
    for _ in range(500):
        _, targets = regularizers.batch(IMAGES[:n], TARGETS[:n], rng)
        rows = torch.full((n, CLASSES), smoothing / CLASSES)
        rows[torch.arange(n), targets.first] += targets.lam * (1 - smoothing)
        rows[torch.arange(n), targets.second] += (1 - targets.lam) * (1 - smoothing)
        losses.append(criterion(rows.clamp_min(1e-12).log(), targets).item())
    found = floor(settings, n)
    error = np.std(losses) / math.sqrt(len(losses)) + found.spread / math.sqrt(2000)
    assert np.mean(losses) == pytest.approx(found.mean, abs=4 * error)
    assert found.finding(float(np.mean(losses)), steps=500) is None


def test_a_loss_below_the_floor_proves_that_the_targets_are_plain():
    found = floor({"mixup": {"alpha": 0.8}, "label_smoothing": {"smoothing": 0.1}})
    assert "not applied" in found.finding(0.2, steps=500)
    assert found.finding(found.mean * 0.99, steps=500) is None


def test_a_few_batches_prove_less_than_many():
    found = floor({"mixup": {"alpha": 0.2}})
    assert found.finding(0.1, steps=4) is None
    assert found.finding(0.1, steps=400)


def test_a_loss_that_is_no_number_proves_nothing():
    assert floor({"label_smoothing": {}}).finding(math.nan, steps=10) is None


def test_numbers_to_predict_have_no_floor():
    found = loss_floor(make({"mixup": {}}), IMAGES, torch.rand(N), classes=1)
    assert (found.mean, found.spread) == (0, 0)
