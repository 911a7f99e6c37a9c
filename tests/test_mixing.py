"""Mixup, CutMix, both together, and label smoothing: formula, exactness and what they imply for the loss."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from diagnostics.signals.floors import label_smoothing_floor
from trainer.regularizers import Mixed, RegularizerError, make
from trainer.regularizers.cutmix import CutMix, cut_box, cutmix
from trainer.regularizers.mixup import MixedLoss, Mixup, mixup

torch.set_num_threads(1)


def rng(seed=0):
    return np.random.default_rng(seed)


def images(n=5, size=8):
    """Image i has the value i everywhere."""
    return torch.arange(n, dtype=torch.float).reshape(n, 1, 1, 1).expand(n, 2, size, size).contiguous()


def soft(targets, classes):
    first, second = (functional.one_hot(t, classes).float() for t in targets[:2])
    return first * targets.lam + second * (1 - targets.lam)


def test_mixup_is_the_weighted_mean():
    x, partners = torch.tensor([[1.0, 2.0], [3.0, 6.0]]), torch.tensor([1, 0])
    torch.testing.assert_close(mixup(x, partners, 0.75), torch.tensor([[1.5, 3.0], [2.5, 5.0]]))


@pytest.mark.parametrize("n", [1, 2, 3, 7])
@pytest.mark.parametrize("kind", [Mixup, CutMix])
def test_inputs_and_targets_are_mixed_alike_for_any_batch_size(kind, n):
    for seed in range(20):
        x, y = images(n), torch.arange(n)
        mixed, targets = kind(1.0).batch(x, y, rng(seed))
        expected = targets.first * targets.lam + targets.second * (1 - targets.lam)
        torch.testing.assert_close(mixed.mean((1, 2, 3)), expected)
        assert torch.equal(targets.first, y)
        assert torch.equal(targets.second.sort().values, y)


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_lam_follows_its_beta(alpha):
    generator, one = rng(), (torch.zeros(1, 1), torch.zeros(1))
    lams = [Mixup(alpha).batch(*one, generator)[1].lam for _ in range(4000)]
    variance = 1 / (4 * (2 * alpha + 1))
    assert np.mean(lams) == pytest.approx(0.5, abs=4 * (variance / 4000) ** 0.5)
    assert np.var(lams) == pytest.approx(variance, rel=0.1)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_mixed_loss_is_that_of_the_mixed_target(smoothing):
    torch.manual_seed(0)
    outputs = torch.randn(6, 4, requires_grad=True)
    targets = Mixed(torch.tensor([0, 1, 2, 3, 0, 1]), torch.tensor([3, 1, 0, 2, 2, 0]), 0.3)
    criterion = nn.CrossEntropyLoss(label_smoothing=smoothing)
    loss, reference = MixedLoss(criterion)(outputs, targets), criterion(outputs, soft(targets, 4))
    torch.testing.assert_close(loss, reference)
    torch.testing.assert_close(*(torch.autograd.grad(value, outputs)[0] for value in (loss, reference)))


def test_a_mixed_squared_error_has_the_gradient_of_the_mixed_target():
    outputs = torch.randn(6, requires_grad=True)
    first, second = torch.randn(6), torch.randn(6)
    loss = MixedLoss(nn.MSELoss())(outputs, Mixed(first, second, 0.3))
    reference = nn.MSELoss()(outputs, first * 0.3 + second * 0.7)
    torch.testing.assert_close(*(torch.autograd.grad(value, outputs)[0] for value in (loss, reference)))


@settings(max_examples=200)
@given(st.integers(1, 40), st.integers(1, 40), st.floats(0, 1), st.integers(0, 10_000))
def test_lam_is_the_share_of_the_image_really_kept(height, width, lam, seed):
    box = cut_box(height, width, lam, rng(seed))
    x = torch.stack([torch.zeros(1, height, width), torch.ones(1, height, width)])
    mixed, kept = cutmix(x, torch.tensor([1, 0]), box)
    assert mixed[1].mean().item() == pytest.approx(kept, abs=1e-5)
    assert kept >= lam - (height + width) / (height * width)


def test_an_unclipped_box_has_the_sides_of_the_formula():
    boxes = [cut_box(100, 100, 0.84, rng(seed)) for seed in range(200)]
    sides = [(rows.stop - rows.start, columns.stop - columns.start) for rows, columns in boxes]
    assert max(sides) == (40, 40)
    assert sides.count((40, 40)) > 50
    assert all(height <= 40 and width <= 40 for height, width in sides)


def test_the_pasted_pixels_come_from_the_same_place():
    x = torch.arange(2 * 1 * 4 * 4, dtype=torch.float).reshape(2, 1, 4, 4)
    mixed, kept = cutmix(x, torch.tensor([1, 0]), (slice(1, 3), slice(0, 2)))
    assert torch.equal(mixed[0, 0, 1:3, 0:2], x[1, 0, 1:3, 0:2])
    assert kept == 0.75
    assert (mixed != x).sum() == 8


def test_mixup_and_cutmix_together_take_turns_by_chance():
    regularizers = make({"mixup": {"alpha": 1.0}, "cutmix": {"alpha": 1.0}})
    generator, chosen = rng(), []
    for _ in range(400):
        mixed, _ = regularizers.batch(images(), torch.arange(5), generator)
        chosen.append("cutmix" if torch.equal(mixed, mixed.round()) else "mixup")
    assert 150 < chosen.count("mixup") < 250


def test_together_they_wrap_the_loss_once():
    criterion = make({"mixup": {}, "cutmix": {}, "label_smoothing": {}}).criterion(nn.CrossEntropyLoss())
    assert isinstance(criterion, MixedLoss)
    assert isinstance(criterion.criterion, nn.CrossEntropyLoss)
    assert criterion.criterion.label_smoothing == 0.1


def test_label_smoothing_is_the_formula_and_keeps_the_settings_of_the_loss():
    outputs, y = torch.randn(5, 3), torch.tensor([0, 1, 2, -100, 1])
    plain = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 3.0]), reduction="sum")
    smoothed = make({"label_smoothing": {"smoothing": 0.3}}).criterion(plain)
    reference = nn.CrossEntropyLoss(weight=plain.weight, reduction="sum", label_smoothing=0.3)
    assert torch.equal(smoothed(outputs, y), reference(outputs, y))
    target = functional.one_hot(torch.tensor([0, 1]), 3) * 0.7 + 0.3 / 3
    by_hand = -(target * outputs[:2].log_softmax(1)).sum(1).mean()
    mean = make({"label_smoothing": {"smoothing": 0.3}}).criterion(nn.CrossEntropyLoss())
    torch.testing.assert_close(mean(outputs[:2], y[:2]), by_hand)
    assert plain.label_smoothing == 0


def test_torchs_function_for_cross_entropy_is_smoothed_too():
    outputs, y = torch.randn(5, 3), torch.tensor([0, 1, 2, 0, 1])
    smoothed = make({"label_smoothing": {}}).criterion(functional.cross_entropy)
    assert torch.equal(smoothed(outputs, y), functional.cross_entropy(outputs, y, label_smoothing=0.1))


def test_the_smoothing_floor_is_reached_by_the_best_outputs_and_by_none_better():
    target = torch.full((1, 10), 0.01)
    target[0, 3] += 0.9
    smoothed = nn.CrossEntropyLoss(label_smoothing=0.1)
    assert smoothed(target.log(), torch.tensor([3])).item() == pytest.approx(label_smoothing_floor(0.1, 10), abs=1e-6)


@pytest.mark.parametrize(
    ("name", "inputs", "found"),
    [
        ("mixup", torch.zeros(2, 5, dtype=torch.long), "torch.int64"),
        ("cutmix", torch.zeros(2, 64), r"\(2, 64\)"),
    ],
)
def test_data_that_cannot_be_mixed_is_refused(name, inputs, found):
    with pytest.raises(RegularizerError, match=f"{found}.*leave {name} out"):
        make({name: {}}).check(inputs, torch.zeros(2))


def test_label_smoothing_of_a_regression_is_refused():
    with pytest.raises(RegularizerError, match="found MSELoss; leave label_smoothing out"):
        make({"label_smoothing": {}}).criterion(nn.MSELoss())
